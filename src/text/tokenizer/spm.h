// SentencePiece-style tokenizers: spaces become U+2581, merging runs over whole characters, and
// what the vocabulary lacks is spelled in byte tokens. tokenizer.ggml.model "llama" (Llama 2,
// Phi-3, Gemma 3: the piece with the best score merges first) and "gemma4" (a list of merges).
#pragma once

#include <bitset>
#include <optional>

#include "text/tokenizer/basic_tokenizer.h"
#include "text/tokenizer/merge_table.h"

namespace ridge::text {

// Pairs of neighbouring characters, told apart as far as they are ASCII or the space mark.
class JoinedPairs {
 public:
  void add_all_of(std::string_view piece);
  // The end of the first stretch of text, from begin on, whose neighbours are all joined.
  size_t end_of_joined(std::string_view text, size_t begin) const;

 private:
  static constexpr size_t kClasses = 130;
  struct Classified {
    size_t group = 0;
    size_t size = 0;
  };
  static Classified classify(std::string_view text, size_t begin);

  std::bitset<kClasses * kClasses> pairs_;
};

class SpmTokenizer final : public BasicTokenizer {
 public:
  enum class Order { kByScore, kByMerges };
  SpmTokenizer(const gguf::Metadata& metadata, Order order);

  std::string_view model() const override { return merges_ ? "bpe" : "spm"; }
  std::string_view pre_tokenizer() const override { return merges_ ? "gemma4" : "default"; }

 private:
  // Where pieces of type unused came from: they may merge on, but not come out.
  using Splits = std::unordered_map<std::string_view, size_t>;  // text to size of its left part

  void encode_text(std::string_view text, bool begins_run, Work& work) const override;
  std::string normal_piece(Token token) const override;
  bool adds_space_prefix() const override { return adds_space_prefix_; }

  void normalize(std::string_view text, bool begins_run, std::string& out) const;
  void encode_word(std::string_view word, std::vector<Symbol>& symbols,
                   std::vector<Token>& out) const;
  void split_characters(std::string_view word, std::vector<Symbol>& symbols) const;
  Merge merge_by_score(std::string_view both, size_t left_size, Splits& splits) const;
  void append_resegmented(std::string_view text, const Splits& splits,
                          std::vector<Token>& out) const;
  void append_unknown(std::string_view text, std::vector<Token>& out) const;

  Token mergeable(std::string_view text) const;  // -1: none
  bool is_mergeable(Token token) const;
  void rank_by_score();
  void find_joined_pairs();

  std::optional<MergeTable> merges_;
  std::vector<uint32_t> ranks_;  // by token, when there are no merges
  size_t max_piece_bytes_ = 0;
  JoinedPairs joined_;  // neighbours inside some piece: all between which merging can happen
  bool adds_space_prefix_ = true;
  bool collapses_spaces_ = false;
};

}  // namespace ridge::text
