// Byte-level BPE: GPT-2 and what came of it. tokenizer.ggml.model "gpt2".
#pragma once

#include <array>

#include "text/tokenizer/basic_tokenizer.h"
#include "text/tokenizer/merge_table.h"
#include "text/tokenizer/pretokenize/pretokenizer.h"

namespace ridge::text {

class BpeTokenizer final : public BasicTokenizer {
 public:
  // Throws Error{kUnsupported} for a pre-tokenizer that is not in the table, naming it.
  explicit BpeTokenizer(const gguf::Metadata& metadata);

  std::string_view model() const override { return "bpe"; }
  std::string_view pre_tokenizer() const override { return name_; }

 private:
  void encode_text(std::string_view text, bool begins_run, Work& work) const override;
  std::string normal_piece(Token token) const override;
  bool adds_space_prefix() const override { return adds_space_prefix_; }

  void encode_word(std::string_view word, std::vector<Symbol>& symbols,
                   std::vector<Token>& out) const;
  Token whole_word(std::string_view word) const;

  std::string name_;
  PreTokenizer rules_;
  Pieces pieces_;
  MergeTable merges_;
  std::array<Token, 256> bytes_;  // -1: the vocabulary lacks the byte, and text loses it
  bool adds_space_prefix_ = false;
};

}  // namespace ridge::text
