#include "text/tokenizer/special_tokens.h"

#include <algorithm>

namespace ridge::text {
namespace {

// Files mark the turn markers of some models as user-defined, so that they show up in the output;
// <|x|>, <|x>, <x|> and DeepSeek's <｜x｜> are markup all the same.
bool looks_like_markup(std::string_view text) {
  if (text.size() < 4 || text.front() != '<' || text.back() != '>') return false;
  constexpr std::string_view wide_bar = "\xEF\xBD\x9C";
  const std::string_view inner = text.substr(1, text.size() - 2);
  return inner.front() == '|' || inner.back() == '|' || inner.starts_with(wide_bar) ||
         inner.ends_with(wide_bar);
}

bool is_untrustworthy(const Vocabulary& vocabulary, Token token) {
  const TokenType type = vocabulary.type(token);
  return type == TokenType::kControl || type == TokenType::kUnknown ||
         (type == TokenType::kUserDefined && looks_like_markup(vocabulary.text(token)));
}

}  // namespace

SpecialTokenMatcher::SpecialTokenMatcher(const Vocabulary& vocabulary)
    : needs_trust_(static_cast<size_t>(vocabulary.size())) {
  for (Token token = 0; token < vocabulary.size(); ++token) {
    const bool untrustworthy = is_untrustworthy(vocabulary, token);
    needs_trust_[static_cast<size_t>(token)] = untrustworthy;
    const bool special = untrustworthy || vocabulary.type(token) == TokenType::kUserDefined;
    if (special && !vocabulary.text(token).empty()) insert(vocabulary.text(token), token);
  }
}

uint32_t SpecialTokenMatcher::add_node() {
  ends_.push_back(-1);
  return static_cast<uint32_t>(ends_.size() - 1);
}

void SpecialTokenMatcher::insert(std::string_view text, Token token) {
  uint32_t& root = roots_[static_cast<unsigned char>(text.front())];
  if (root == 0) root = add_node();
  uint32_t node = root;
  for (const char byte : text.substr(1)) {
    const auto [it, is_new] = edges_.try_emplace(edge(node, byte));
    if (is_new) it->second = add_node();
    node = it->second;
  }
  ends_[node] = token;
}

SpecialTokenMatcher::Match SpecialTokenMatcher::longest_at(std::string_view text, size_t begin,
                                                           size_t trusted_end) const {
  Match best;
  uint32_t node = roots_[static_cast<unsigned char>(text[begin])];
  for (size_t i = begin; node != 0; ++i) {
    const Token token = ends_[node];
    if (token >= 0 && (i < trusted_end || !needs_trust(token))) best = {begin, i + 1, token};
    if (i + 1 == text.size()) break;
    const auto next = edges_.find(edge(node, text[i + 1]));
    node = next == edges_.end() ? 0 : next->second;
  }
  return best;
}

SpecialTokenMatcher::Match SpecialTokenMatcher::find(std::string_view text, size_t begin,
                                                     std::span<const Range> trusted) const {
  auto range = std::partition_point(trusted.begin(), trusted.end(),
                                    [&](const Range& r) { return r.end <= begin; });
  for (size_t i = begin; i < text.size(); ++i) {
    if (roots_[static_cast<unsigned char>(text[i])] == 0) continue;
    while (range != trusted.end() && range->end <= i) ++range;
    const bool inside = range != trusted.end() && range->begin <= i;
    const Match match = longest_at(text, i, inside ? range->end : 0);
    if (match.token >= 0) return match;
  }
  return {text.size(), text.size(), -1};
}

}  // namespace ridge::text
