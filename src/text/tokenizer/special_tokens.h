// Finds the tokens that are cut out of a text before anything else happens to it: control tokens,
// where the caller trusts the text, and the user-defined ones, everywhere. At each position the
// longest wins, the leftmost position first, as in Hugging Face's added tokens. Refers to the
// vocabulary it is made from. Immutable, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/tokenizer/tokenizer.h"
#include "text/tokenizer/vocabulary.h"

namespace ridge::text {

class SpecialTokenMatcher {
 public:
  struct Match {
    size_t begin = 0;
    size_t end = 0;
    Token token = -1;  // -1: none up to the end
  };

  explicit SpecialTokenMatcher(const Vocabulary& vocabulary);

  // The first match at or behind `begin`.
  Match find(std::string_view text, size_t begin, std::span<const Range> trusted) const;

  // Control tokens, unknown ones, and user-defined ones whose text is markup of a chat format
  // ("<|START_OF_TURN_TOKEN|>"): nothing that untrusted text may spell.
  bool needs_trust(Token token) const { return needs_trust_[static_cast<size_t>(token)]; }

 private:
  void insert(std::string_view text, Token token);
  uint32_t add_node();
  Match longest_at(std::string_view text, size_t begin, size_t trusted_end) const;

  static uint64_t edge(uint32_t node, char byte) {
    return uint64_t{node} << 8 | static_cast<unsigned char>(byte);
  }

  std::array<bool, 256> starts_{};                // bytes that some token begins with
  std::array<uint32_t, 256> roots_{};             // first byte to node; 0 for none
  std::unordered_map<uint64_t, uint32_t> edges_;  // (node, byte) to node
  std::vector<Token> ends_{-1};                   // per node, the token that ends there
  std::vector<bool> needs_trust_;
};

}  // namespace ridge::text
