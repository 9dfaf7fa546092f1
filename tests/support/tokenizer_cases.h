// Reads the cases that tools/reference/make_tokenizer_cases.py writes: a word, a text in hex ("-"
// for none) and numbers, which are ids or sizes of pieces.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace ridge::testing {

struct TokenizerCase {
  std::string kind;
  std::string text;
  std::vector<int32_t> numbers;
};

inline std::string bytes_of_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

inline std::vector<TokenizerCase> read_tokenizer_cases(const std::filesystem::path& path) {
  std::vector<TokenizerCase> cases;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    TokenizerCase& c = cases.emplace_back();
    std::string hex;
    words >> c.kind >> hex;
    c.text = hex == "-" ? "" : bytes_of_hex(hex);
    c.numbers.assign(std::istream_iterator<int32_t>(words), {});
  }
  return cases;
}

}  // namespace ridge::testing
