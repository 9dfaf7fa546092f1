#include "text/tokenizer/tokenizer.h"
#include "text/tokenizer/unicode.h"

namespace ridge::text {
namespace {

// Moves what is decided out of `pending`: whole characters, and U+FFFD for bytes that no further
// byte can make one.
std::string take_decided(std::string& pending) {
  std::string out;
  std::string_view rest = pending;
  while (!rest.empty()) {
    const Utf8Front front = utf8_front(rest);
    if (front.state == Utf8Front::State::kCut) break;
    const bool whole = front.state == Utf8Front::State::kWhole;
    out += whole ? rest.substr(0, front.size) : kReplacementText;
    rest.remove_prefix(front.size);
  }
  pending.erase(0, pending.size() - rest.size());
  return out;
}

}  // namespace

StreamDecoder::StreamDecoder(const Tokenizer& tokenizer, SpecialTokens policy)
    : tokenizer_(tokenizer), policy_(policy) {}

std::string StreamDecoder::push(Token token) {
  const std::string piece = tokenizer_.piece(token, policy_);
  pending_ += at_start_ ? tokenizer_.decode(std::span(&token, 1), policy_) : piece;
  at_start_ = at_start_ && piece.empty();
  return take_decided(pending_);
}

std::string StreamDecoder::finish() {
  std::string out = take_decided(pending_);
  if (!pending_.empty()) out += kReplacementText;
  pending_.clear();
  return out;
}

}  // namespace ridge::text
