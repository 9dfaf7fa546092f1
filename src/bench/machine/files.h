// Small text files of /proc and /sys, as text. Internal to this folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace ridge {

// Without the white space at its end; empty where it cannot be read.
inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto end = text.find_last_not_of(" \t\n");
  text.erase(end == std::string::npos ? 0 : end + 1);
  return text;
}

// The first number in the text; nullopt when there is none.
std::optional<double> first_number(std::string_view text);

// What follows "key:" (or "key" and blanks) on the first line that begins with it.
std::optional<std::string> field(std::string_view text, std::string_view key);

// The highest temperature that a sensor below /sys shows, in °C; 0: none does.
double hottest_celsius(const std::filesystem::path& root);

}  // namespace ridge
