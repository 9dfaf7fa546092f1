#include "grammar/counted_text.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "sample/constraint.h"

namespace ridge::grammar {
namespace {

bool begins_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return (c | 0x20) - 'a' + 10;
}

bool is_first_of_pair(int unit) {
  return unit >= 0xd800 && unit < 0xdc00;
}

}  // namespace

TextCounter::TextCounter(const CountedText& text) : text_(&text) {}

TextCounter::State TextCounter::push(char byte) {
  return text_->end == CountedText::kJsonEnd ? push_json(byte) : push_raw(byte);
}

TextCounter::State TextCounter::push(std::string_view bytes) {
  for (const char byte : bytes) {
    if (const State state = push(byte); state != State::kInside) return state;
  }
  return State::kInside;
}

TextCounter::State TextCounter::push_json(char byte) {
  switch (phase_) {
    case Phase::kBackslash:
      phase_ = byte == 'u' ? Phase::kHex : Phase::kPlain;
      n_hex_ = 0;
      hex_ = 0;
      return State::kInside;
    case Phase::kHex:
      hex_ = uint16_t(hex_ << 4 | hex_digit(byte));
      if (++n_hex_ == 4) phase_ = is_first_of_pair(hex_) ? Phase::kSecondOfPair : Phase::kPlain;
      return State::kInside;
    case Phase::kSecondOfPair:  // its backslash, which begins no further character
      phase_ = Phase::kBackslash;
      return State::kInside;
    case Phase::kPlain:
      break;
  }
  if (byte == '"') return end();
  if (byte == '\\') phase_ = Phase::kBackslash;
  count_ += begins_character(byte);
  return inside();
}

TextCounter::State TextCounter::push_raw(char byte) {
  const std::string& mark = text_->end;
  if (n_matched_ > 0 && byte != mark[n_matched_]) {  // it was text after all
    count_ += n_matched_;
    n_matched_ = 0;
  }
  if (byte == mark[n_matched_]) {
    ++n_matched_;
    return n_matched_ == mark.size() ? end() : inside();
  }
  count_ += begins_character(byte);
  return inside();
}

TextCounter::State TextCounter::end() const {
  return count_ >= text_->min && count_ <= text_->max ? State::kEnded : State::kBroken;
}

TextCounter::State TextCounter::inside() const {
  return count_ <= text_->max ? State::kInside : State::kBroken;
}

TokenLengths::TokenLengths(const std::vector<std::string>& bytes, const std::string& end)
    : bytes_(bytes) {
  CountedText any;
  any.end = end;
  for (size_t token = 0; token < bytes.size(); ++token) {
    TextCounter counter(any);
    const bool ends = counter.push(bytes[token]) == TextCounter::State::kEnded;
    const Entry entry{int32_t(token), int32_t(counter.count())};
    longest_first_.push_back(entry);
    if (ends) ending_.push_back(entry);
    most_ = std::max(most_, int64_t(bytes[token].size() + end.size()));
  }
  std::stable_sort(longest_first_.begin(), longest_first_.end(),
                   [](const Entry& a, const Entry& b) { return a.n_chars > b.n_chars; });
}

void TokenLengths::forbid_breaking(const CountedText& text, const TextCounter& counter,
                                   std::span<uint32_t> bits) const {
  const int64_t left = text.max - counter.count();
  if (left >= most_ && counter.count() >= text.min) return;
  if (!counter.is_between()) return forbid_by_trying(counter, bits);
  for (const Entry& entry : longest_first_) {
    if (entry.n_chars <= left) break;
    forbid(bits, entry.token);
  }
  for (const Entry& entry : ending_) {
    if (counter.count() + entry.n_chars < text.min) forbid(bits, entry.token);
  }
}

void TokenLengths::forbid_by_trying(const TextCounter& counter, std::span<uint32_t> bits) const {
  for (size_t word = 0; word < bits.size(); ++word) {
    for (uint32_t left = bits[word]; left != 0; left &= left - 1) {
      const auto token = int32_t(word * 32 + size_t(std::countr_zero(left)));
      if (size_t(token) >= bytes_.size()) return;
      TextCounter trial = counter;
      if (trial.push(bytes_[size_t(token)]) == TextCounter::State::kBroken) {
        forbid(bits, token);
      }
    }
  }
}

}  // namespace ridge::grammar
