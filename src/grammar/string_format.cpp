#include "grammar/string_format.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/strcat.h"

namespace ridge::grammar {
namespace {

constexpr std::string_view kDate = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
constexpr std::string_view kTime =
    "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
constexpr std::string_view kHours =
    "T([0-9]{1,9}H([0-9]{1,9}M([0-9]{1,9}S)?)?|[0-9]{1,9}M([0-9]{1,9}S)?|[0-9]{1,9}S)";
constexpr std::string_view kDays =
    "([0-9]{1,9}Y([0-9]{1,9}M([0-9]{1,9}D)?)?|[0-9]{1,9}M([0-9]{1,9}D)?|[0-9]{1,9}D)";
constexpr std::string_view kMailbox = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
constexpr std::string_view kLabel = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
constexpr std::string_view kByte = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
constexpr std::string_view kGroup = "[0-9a-fA-F]{1,4}";
constexpr std::string_view kUriChar = "([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})";

// Every number of groups before the gap with every number that then still fits behind it.
std::string ipv6() {
  std::string out = cat("(", kGroup, ":){7}", kGroup, "|::|(", kGroup, ":){1,7}:|::", kGroup,
                        "(:", kGroup, "){0,6}");
  for (int before = 1; before <= 6; ++before) {
    append(out, cat("|(", kGroup, ":){", before, "}(:", kGroup, "){1,", 7 - before, "}"));
  }
  return out;
}

}  // namespace

// RFC 3339 (dates and durations), 5321 (mail, dot-strings), 1123 (hosts), 2673 and 4291
// (addresses), 3986 (URIs), 9562 (UUIDs).
std::optional<std::string> format_pattern(std::string_view format) {
  const std::array<std::pair<std::string_view, std::string>, 10> known = {{
      {"date", std::string(kDate)},
      {"time", std::string(kTime)},
      {"date-time", cat(kDate, "T", kTime)},
      {"duration", cat("P([0-9]{1,9}W|", kDays, "(", kHours, ")?|", kHours, ")")},
      {"email", cat(kMailbox, "(\\.", kMailbox, ")*@", kLabel, "(\\.", kLabel, ")+")},
      {"hostname", cat(kLabel, "(\\.", kLabel, ")*")},
      {"ipv4", cat(kByte, "(\\.", kByte, "){3}")},
      {"ipv6", ipv6()},
      {"uuid", "[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"},
      {"uri", cat("[A-Za-z][A-Za-z0-9+.-]*:", kUriChar, "+(#", kUriChar, "*)?")},
  }};
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const auto& entry) { return entry.first == format; });
  if (found == known.end()) return std::nullopt;
  return cat("^(", found->second, ")$");
}

bool is_annotating_format(std::string_view format) {
  constexpr std::array<std::string_view, 8> kAnnotating = {
      "int32", "int64", "uint32", "uint64", "float", "double", "password", "markdown"};
  return std::find(kAnnotating.begin(), kAnnotating.end(), format) != kAnnotating.end();
}

}  // namespace ridge::grammar
