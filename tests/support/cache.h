// Where models and third-party material lie on this machine; tests that need them skip without.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace ridge::testing {

inline std::filesystem::path cache_folder() {
  if (const char* set = std::getenv("RIDGE_CACHE"); set && *set) return set;
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home ? home : "") / ".cache" / "ridgeline";
}

inline std::filesystem::path model_file(const std::string& short_name) {
  return cache_folder() / "models" / (short_name + ".gguf");
}

}  // namespace ridge::testing
