// What all tokenizers share: the vocabulary, special tokens cut out before the rest is encoded, and
// the way back. A kind of tokenizer adds how it encodes ordinary text and reads a normal token.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "text/tokenizer/merge.h"
#include "text/tokenizer/special_tokens.h"
#include "text/tokenizer/tokenizer.h"
#include "text/tokenizer/vocabulary.h"
#include "text/tokenizer/word_cache.h"

namespace ridge::text {

class BasicTokenizer : public Tokenizer {
 public:
  std::vector<Token> encode(std::string_view text, SpecialTokens policy) const final;
  std::vector<Token> encode(std::string_view text, std::span<const Range> trusted) const final;

  std::string piece(Token token, SpecialTokens policy) const final;
  std::string decode(std::span<const Token> tokens, SpecialTokens policy) const final;

  int n_vocab() const final { return vocabulary_.size(); }
  std::string_view token_text(Token token) const final;
  TokenType type(Token token) const final;
  Token find(std::string_view token_text) const final { return vocabulary_.find(token_text); }

  Token bos() const final { return vocabulary_.bos; }
  Token eos() const final { return vocabulary_.eos; }
  bool adds_bos() const final { return adds_bos_; }
  bool adds_eos() const final { return adds_eos_; }
  bool ends_generation(Token token) const final;

 protected:
  // What one encode() call works with; the buffers spare an allocation for each word.
  struct Work {
    explicit Work(size_t text_bytes) : cache(text_bytes) {}
    std::vector<Token> tokens;  // the result so far
    WordCache cache;
    std::string text;
    std::vector<Symbol> symbols;
  };

  BasicTokenizer(const gguf::Metadata& metadata, Vocabulary vocabulary);

  const Vocabulary& vocabulary() const { return vocabulary_; }
  void set_default_adds_bos(const gguf::Metadata& metadata, bool fallback);
  // The original swallows the whitespace behind special tokens.
  void strip_behind_special_tokens();

 private:
  // Text without special tokens; begins_run: at the start of the text or behind a special token.
  virtual void encode_text(std::string_view text, bool begins_run, Work& work) const = 0;
  virtual std::string normal_piece(Token token) const = 0;
  // Decoding drops the space that encoding put at the front.
  virtual bool adds_space_prefix() const = 0;

  size_t end_of_special(std::string_view text, const SpecialTokenMatcher::Match& match) const;

  Vocabulary vocabulary_;
  SpecialTokenMatcher special_;
  std::vector<bool> ends_generation_;
  std::vector<bool> strips_behind_;  // by token; empty: none does
  bool adds_bos_ = false;
  bool adds_eos_ = false;
};

}  // namespace ridge::text
