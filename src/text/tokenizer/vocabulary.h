// The vocabulary of a GGUF file: texts, types, scores and special ids, checked against each other.
// Owns its strings. Immutable, any thread may read. from_metadata throws Error{kInvalidFile} for
// whatever contradicts itself; nothing in the file is trusted.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gguf/metadata.h"
#include "text/tokenizer/tokenizer.h"

namespace ridge::text {

// Text to id by open addressing; the texts belong to the vocabulary.
class TokenIndex {
 public:
  explicit TokenIndex(size_t n_tokens);
  // False when the text is there already.
  bool insert(const std::vector<std::string>& texts, Token token);
  Token find(const std::vector<std::string>& texts, std::string_view text) const;

 private:
  struct Slot {
    uint32_t tag = 0;  // bits of the hash, to spare most comparisons
    Token token = -1;  // -1: free
  };
  size_t slot(const std::vector<std::string>& texts, std::string_view text, uint64_t hash) const;

  std::vector<Slot> slots_;  // a power of two of them
};

class Vocabulary {
 public:
  static Vocabulary from_metadata(const gguf::Metadata& metadata);

  int size() const { return static_cast<int>(texts_.size()); }
  bool contains(Token token) const { return token >= 0 && token < size(); }
  const std::string& text(Token token) const { return texts_[static_cast<size_t>(token)]; }
  TokenType type(Token token) const { return types_[static_cast<size_t>(token)]; }
  bool has_scores() const { return !scores_.empty(); }
  float score(Token token) const { return scores_[static_cast<size_t>(token)]; }
  Token find(std::string_view text) const { return index_.find(texts_, text); }

  // The token of type kByte for a byte, -1 for none; and the byte of such a token.
  Token byte_token(unsigned char byte) const { return byte_tokens_[byte]; }
  unsigned char byte_of(Token token) const;

  Token bos = -1;
  Token eos = -1;
  Token eot = -1;
  Token eom = -1;
  Token unknown = -1;

 private:
  explicit Vocabulary(std::vector<std::string> texts);
  void read_types(const gguf::Metadata& metadata);
  void read_scores(const gguf::Metadata& metadata);
  void read_special_ids(const gguf::Metadata& metadata);
  void add_byte_token(Token token);

  std::vector<std::string> texts_;
  std::vector<TokenType> types_;
  std::vector<float> scores_;
  TokenIndex index_;
  std::array<Token, 256> byte_tokens_;
};

}  // namespace ridge::text
