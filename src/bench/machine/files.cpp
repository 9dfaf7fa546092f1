#include "bench/machine/files.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace ridge {
namespace {

namespace fs = std::filesystem;

// Sensors count in thousandths of a degree.
void raise(double& hottest, const fs::path& sensor) {
  const auto thousandths = first_number(read_text(sensor));
  const bool plausible = thousandths && *thousandths > 1000 && *thousandths < 150000;
  if (plausible) hottest = std::max(hottest, *thousandths / 1000);
}

}  // namespace

std::optional<double> first_number(std::string_view text) {
  const auto begin = text.find_first_of("0123456789");
  if (begin == std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto read = std::from_chars(text.data() + begin, text.data() + text.size(), value);
  if (read.ec != std::errc()) return std::nullopt;
  return begin > 0 && text[begin - 1] == '-' ? -value : value;
}

std::optional<std::string> field(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.starts_with(key)) continue;
    const auto value = line.find_first_not_of(": \t", key.size());
    if (value == key.size()) continue;  // a longer key
    return value == std::string_view::npos ? std::string() : std::string(line.substr(value));
  }
  return std::nullopt;
}

double hottest_celsius(const fs::path& root) {
  double hottest = 0;
  std::error_code none;
  for (const auto& zone : fs::directory_iterator(root / "sys/class/thermal", none)) {
    if (zone.path().filename().string().starts_with("thermal_zone")) {
      raise(hottest, zone.path() / "temp");
    }
  }
  for (const auto& chip : fs::directory_iterator(root / "sys/class/hwmon", none)) {
    for (const auto& file : fs::directory_iterator(chip.path(), none)) {
      const std::string name = file.path().filename().string();
      if (name.starts_with("temp") && name.ends_with("_input")) raise(hottest, file.path());
    }
  }
  return hottest;
}

}  // namespace ridge
