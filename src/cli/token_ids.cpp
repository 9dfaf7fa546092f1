#include "cli/token_ids.h"

#include <charconv>

#include "base/error.h"
#include "base/quote.h"

namespace ridge::cli {

std::vector<int32_t> parse_token_ids(std::string_view text) {
  constexpr std::string_view kSeparators = " \t\r\n,[]";
  std::vector<int32_t> ids;
  for (size_t begin = text.find_first_not_of(kSeparators); begin != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(kSeparators, begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    int32_t id = 0;
    const auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), id);
    if (error != std::errc() || rest != word.data() + word.size() || id < 0) {
      fail(ErrorCode::kInvalidArgument, in_quotes(word), " is no token id");
    }
    ids.push_back(id);
    begin = text.find_first_not_of(kSeparators, end);
  }
  return ids;
}

void check_token_ids(std::span<const int32_t> ids, int64_t n_vocab) {
  for (int32_t id : ids) {
    if (id >= 0 && id < n_vocab) continue;
    fail(ErrorCode::kInvalidArgument, "token id ", id,
         " is not in the vocabulary, which goes from 0 to ", n_vocab - 1);
  }
}

}  // namespace ridge::cli
