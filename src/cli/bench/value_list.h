// Lists of values as llama-bench takes them: "512,1024", "128-512+128", "64-1024*2", and an option
// that is given several times. Pure functions; Error{kInvalidArgument} names option and value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ridge::cli {

struct NumberRange {
  int64_t least = 0;
  int64_t most = 0;
};

// All numbers of all words, in their order. A range without a step goes by 1.
std::vector<int64_t> numbers_of(const std::vector<std::string>& words, std::string_view option,
                                const NumberRange& allowed);

std::vector<std::string> texts_of(const std::vector<std::string>& words);  // at the commas

struct NumberPair {
  int64_t first = 0;
  int64_t second = 0;
};
// "512,128", one pair a word.
std::vector<NumberPair> pairs_of(const std::vector<std::string>& words, std::string_view option,
                                 const NumberRange& allowed);

}  // namespace ridge::cli
