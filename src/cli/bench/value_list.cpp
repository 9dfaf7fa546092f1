#include "cli/bench/value_list.h"

#include <charconv>

#include "base/error.h"

namespace ridge::cli {
namespace {

constexpr size_t kMostValues = 1000;

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view option, const NumberRange& allowed)
      : text_(text), option_(option), allowed_(allowed) {}

  // number | number '-' number [('+' | '*') number]
  void read(std::vector<int64_t>& out) {
    const int64_t first = number();
    if (at_ == text_.size()) return out.push_back(first);
    if (text_[at_++] != '-') refuse();
    const int64_t last = number();
    char sign = '+';
    int64_t step = 1;
    if (at_ < text_.size()) {
      sign = text_[at_++];
      step = number(0);
    }
    if (at_ != text_.size() || !is_step(sign, step, first)) refuse();
    for (int64_t n = first; n <= last; n = sign == '+' ? n + step : n * step) {
      if (out.size() >= kMostValues) refuse();
      out.push_back(n);
    }
    if (first > last) refuse();
  }

 private:
  static bool is_step(char sign, int64_t step, int64_t first) {
    return (sign == '+' && step >= 1) || (sign == '*' && step >= 2 && first >= 1);
  }

  int64_t number() { return number(allowed_.least); }
  int64_t number(int64_t least) {
    int64_t value = -1;
    const auto read = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    at_ = size_t(read.ptr - text_.data());
    if (read.ec != std::errc() || value < least || value > allowed_.most) refuse();
    return value;
  }

  [[noreturn]] void refuse() const {
    fail(ErrorCode::kInvalidArgument, option_, " ", text_, ": wanted are numbers from ",
         allowed_.least, " to ", allowed_.most,
         ", separated by commas, or ranges like 128-512+128 and 64-1024*2, at most ", kMostValues);
  }

  std::string_view text_;
  std::string_view option_;
  NumberRange allowed_;
  size_t at_ = 0;
};

}  // namespace

std::vector<int64_t> numbers_of(const std::vector<std::string>& words, std::string_view option,
                                const NumberRange& allowed) {
  std::vector<int64_t> values;
  for (const std::string& part : texts_of(words)) Reader(part, option, allowed).read(values);
  return values;
}

std::vector<std::string> texts_of(const std::vector<std::string>& words) {
  std::vector<std::string> parts;
  for (const std::string& word : words) {
    for (std::string& part : split(word)) parts.push_back(std::move(part));
  }
  return parts;
}

std::vector<NumberPair> pairs_of(const std::vector<std::string>& words, std::string_view option,
                                 const NumberRange& allowed) {
  std::vector<NumberPair> pairs;
  for (const std::string& word : words) {
    const std::vector<int64_t> both = numbers_of({word}, option, allowed);
    if (both.size() != 2) {
      fail(ErrorCode::kInvalidArgument, option, " ", word,
           ": wanted are two numbers, as in 512,128 (prompt and generated tokens)");
    }
    pairs.push_back({both[0], both[1]});
  }
  return pairs;
}

}  // namespace ridge::cli
