// Remembers how the words of one text came out, since most words come again. Bounded: a word has
// two places, and a third drops the older one. Belongs to one call, so nothing is shared.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <string_view>
#include <vector>

#include "text/tokenizer/hash.h"
#include "text/tokenizer/tokenizer.h"

namespace ridge::text {

class WordCache {
 public:
  // Short texts repeat too little to pay for the memory.
  explicit WordCache(size_t text_bytes)
      : entries_(text_bytes < kMinTextBytes
                     ? 0
                     : std::bit_ceil(std::min(text_bytes / kBytesPerEntry, kMaxEntries))) {}

  // Appends the tokens of the word; false when they are not known.
  bool lookup(std::string_view word, std::vector<Token>& out) const {
    if (entries_.empty() || word.size() > kMaxBytes) return false;
    const size_t i = slot(word);
    const Entry* entry = &entries_[i];
    if (!entry->holds(word)) entry = &entries_[i ^ 1];
    if (!entry->holds(word)) return false;
    out.insert(out.end(), entry->tokens.begin(), entry->tokens.begin() + entry->n_tokens);
    return true;
  }

  void remember(std::string_view word, std::span<const Token> tokens) {
    if (entries_.empty() || word.size() > kMaxBytes || tokens.size() > kMaxTokens) return;
    const size_t i = slot(word);
    Entry& entry = entries_[i];
    entries_[i ^ 1] = entry;
    entry.n_bytes = static_cast<uint8_t>(word.size());
    entry.n_tokens = static_cast<uint8_t>(tokens.size());
    std::copy(word.begin(), word.end(), entry.word.begin());
    std::copy(tokens.begin(), tokens.end(), entry.tokens.begin());
  }

 private:
  static constexpr size_t kMinTextBytes = 2048;
  static constexpr size_t kBytesPerEntry = 32;
  static constexpr size_t kMaxEntries = 16384;
  static constexpr size_t kMaxBytes = 22;
  static constexpr size_t kMaxTokens = 6;

  struct Entry {
    uint8_t n_bytes = 0;  // no word is empty
    uint8_t n_tokens = 0;
    std::array<char, kMaxBytes> word{};
    std::array<Token, kMaxTokens> tokens{};

    bool holds(std::string_view text) const {
      return text == std::string_view(word.data(), n_bytes);
    }
  };

  size_t slot(std::string_view word) const { return hash_of(word) & (entries_.size() - 1); }

  std::vector<Entry> entries_;
};

}  // namespace ridge::text
