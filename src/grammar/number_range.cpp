#include "grammar/number_range.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "grammar/char_set.h"

namespace ridge::grammar {
namespace {

// What has no upper limit ends after so many digits: 10^18 - 1 fits an int64.
constexpr int kMostDigits = 18;
constexpr int kMostFractionDigits = 17;

struct Decimal {
  bool negative = false;
  std::string whole;     // digits without leading zeros but "0"
  std::string fraction;  // digits without trailing zeros
  bool is_zero() const { return whole == "0" && fraction.empty(); }
};

Decimal parse_decimal(std::string_view text) {
  Decimal out;
  out.negative = text.starts_with('-');
  if (out.negative) text.remove_prefix(1);
  const size_t point = std::min(text.find('.'), text.size());
  out.whole = text.substr(0, point);
  out.fraction = point < text.size() ? text.substr(point + 1) : "";
  out.whole.erase(0, std::min(out.whole.find_first_not_of('0'), out.whole.size()));
  if (out.whole.empty()) out.whole = "0";
  while (out.fraction.ends_with('0')) out.fraction.pop_back();
  if (out.is_zero()) out.negative = false;
  return out;
}

std::string digit_class(char first, char last) {
  return first == last ? literal(std::string(1, first))
                       : CharSet({{char32_t(first), char32_t(last)}}).expression();
}

std::string any_digits(size_t n) {
  return repeat("[0-9]", int64_t(n), int64_t(n));
}

bool less_digits(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

// Digit strings of equal length from low to high: as the digits in front are the same, they stay;
// then the first that differs splits what follows into "at least", "any" and "at most".
std::string same_length(const std::string& low, const std::string& high) {
  if (low == high) return literal(low);
  size_t i = 0;
  while (low[i] == high[i]) ++i;
  const size_t rest = low.size() - i - 1;
  const std::string zeros(rest, '0');
  const std::string nines(rest, '9');
  std::vector<std::string> ways;
  char first = low[i];
  char last = high[i];
  if (low.substr(i + 1) != zeros) {
    ways.push_back(concat({digit_class(first, first), same_length(low.substr(i + 1), nines)}));
    ++first;
  }
  if (high.substr(i + 1) != nines) {
    ways.push_back(concat({digit_class(last, last), same_length(zeros, high.substr(i + 1))}));
    --last;
  }
  if (first <= last) ways.push_back(concat({digit_class(first, last), any_digits(rest)}));
  return concat({literal(low.substr(0, i)), choice(ways)});
}

// Whole numbers without sign from low to high.
std::string unsigned_between(const std::string& low, const std::string& high) {
  std::vector<std::string> ways;
  for (size_t n = low.size(); n <= high.size(); ++n) {
    const std::string smallest = n == 1 ? "0" : "1" + std::string(n - 1, '0');
    const std::string from = n == low.size() ? low : smallest;
    const std::string to = n == high.size() ? high : std::string(n, '9');
    ways.push_back(same_length(from, to));
  }
  return choice(ways);
}

std::string largest_like(const std::string& digits) {
  return std::string(std::max<size_t>(digits.size() + 1, kMostDigits), '9');
}

std::string plus_one(std::string digits) {
  for (size_t i = digits.size(); i-- > 0;) {
    if (digits[i] != '9') {
      ++digits[i];
      return digits;
    }
    digits[i] = '0';
  }
  return "1" + digits;
}

std::string minus_one(std::string digits) {  // of a number above 0
  for (size_t i = digits.size(); i-- > 0;) {
    if (digits[i] != '0') {
      --digits[i];
      break;
    }
    digits[i] = '9';
  }
  return parse_decimal(digits).whole;
}

enum class End { kIncluded, kExcluded };

struct Bound {
  std::string whole, fraction;
  End end = End::kIncluded;
};

std::string open_fraction() {
  return "(\".\" [0-9]{1,17})?";
}

// Digits after a point such that the fraction is at least, or beyond, this one; the point included.
std::string fraction_from(const std::string& digits, End end) {
  if (digits.empty()) {  // anything, or anything but zeros
    return end == End::kIncluded ? open_fraction() : "\".\" \"0\"{0,16} [1-9] [0-9]{0,16}";
  }
  std::vector<std::string> ways;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (digits[i] == '9') continue;
    ways.push_back(concat(
        {literal(digits.substr(0, i)), digit_class(char(digits[i] + 1), '9'), "[0-9]{0,16}"}));
  }
  if (end == End::kIncluded) {
    ways.push_back(concat({literal(digits), "[0-9]{0,16}"}));
  } else {
    ways.push_back(concat({literal(digits), "\"0\"{0,16} [1-9] [0-9]{0,16}"}));
  }
  return concat({"\".\"", choice(ways)});
}

// Exactly these digits after the point, and zeros.
std::string fraction_equal(const std::string& digits) {
  if (digits.empty()) return "(\".\" \"0\"{1,17})?";
  return concat({literal("." + digits), "\"0\"{0,16}"});
}

// … at most, or below. Empty: there is none.
std::string fraction_to(const std::string& digits, End end) {
  if (digits.empty()) return end == End::kIncluded ? fraction_equal("") : "";
  std::vector<std::string> ways = {"\"0\"{1,17}"};
  for (size_t i = 0; i < digits.size(); ++i) {
    // A shorter one is smaller; so is one that goes on with a smaller digit.
    if (i > 0) ways.push_back(literal(digits.substr(0, i)));
    if (digits[i] > '0') {
      ways.push_back(concat(
          {literal(digits.substr(0, i)), digit_class('0', char(digits[i] - 1)), "[0-9]{0,16}"}));
    }
  }
  if (end == End::kIncluded) ways.push_back(concat({literal(digits), "\"0\"{0,16}"}));
  return concat({"(\".\"", choice(ways), ")?"});
}

// The same digits without a point before them.
std::string without_point(std::string fraction) {
  if (const size_t at = fraction.find("\".\""); at != std::string::npos) fraction.erase(at, 3);
  return fraction;
}

// Fractions between those of two bounds with the same whole part, low not above high: the digits in
// front that are the same stay, the first that differs splits what follows.
std::string fraction_between(const std::string& low, End low_end, const std::string& high,
                             End high_end) {
  if (low == high) {
    const bool nothing = low_end == End::kExcluded || high_end == End::kExcluded;
    return nothing ? "" : fraction_equal(low);
  }
  const std::string padded =
      low + std::string(high.size() - std::min(low.size(), high.size()), '0');
  size_t i = 0;
  while (padded[i] == high[i]) ++i;  // high is the larger one, so it does not end before
  std::vector<std::string> ways;
  if (padded[i] + 1 < high[i]) {
    ways.push_back(concat({digit_class(char(padded[i] + 1), char(high[i] - 1)), "[0-9]{0,16}"}));
  }
  ways.push_back(concat(
      {literal(padded.substr(i, 1)), without_point(fraction_from(padded.substr(i + 1), low_end))}));
  const std::string below = fraction_to(high.substr(i + 1), high_end);
  if (!below.empty()) ways.push_back(concat({literal(high.substr(i, 1)), without_point(below)}));
  const std::string out = concat({literal("." + high.substr(0, i)), choice(ways)});
  // Low itself may be written with fewer digits.
  return low_end == End::kIncluded ? choice({out, fraction_equal(low)}) : out;
}

// Numbers without sign from low to high; no high: without limit. Nothing: there are none.
std::optional<std::string> unsigned_number(const Bound& low, const std::optional<Bound>& high) {
  std::vector<std::string> ways;
  const auto add = [&](const std::string& whole, const std::string& fraction) {
    if (!fraction.empty()) ways.push_back(concat({whole, fraction}));
  };
  if (high && high->whole == low.whole) {
    if (low.fraction > high->fraction) return std::nullopt;
    add(literal(low.whole), fraction_between(low.fraction, low.end, high->fraction, high->end));
  } else {
    if (high && less_digits(high->whole, low.whole)) return std::nullopt;
    add(literal(low.whole), fraction_from(low.fraction, low.end));
    const std::string from = plus_one(low.whole);
    const std::string to = high ? minus_one(high->whole) : largest_like(low.whole);
    if (!less_digits(to, from)) add(unsigned_between(from, to), open_fraction());
    if (high) add(literal(high->whole), fraction_to(high->fraction, high->end));
  }
  if (ways.empty()) return std::nullopt;
  return choice(ways);
}

}  // namespace

std::string any_integer() {
  return "\"-\"? (\"0\" | [1-9] [0-9]{0,17})";
}

std::string any_number() {
  return "\"-\"? (\"0\" | [1-9] [0-9]{0,17}) (\".\" [0-9]{1,17})? ([eE] [-+]? [0-9]{1,2})?";
}

std::string integer_between(Ebnf& ebnf, const std::string& low, const std::string& high) {
  ebnf.spend(16);
  const auto below = low.empty() ? std::nullopt : std::optional(parse_decimal(low));
  const auto above = high.empty() ? std::nullopt : std::optional(parse_decimal(high));
  std::vector<std::string> ways;
  if (!below || below->negative) {  // -1 and further down
    const std::string nearest = above && above->negative ? above->whole : "1";
    const std::string furthest = below ? below->whole : largest_like(nearest);
    if (!less_digits(furthest, nearest)) {
      ways.push_back(concat({"\"-\"", unsigned_between(nearest, furthest)}));
    }
  }
  if (!above || !above->negative) {
    const std::string nearest = below && !below->negative ? below->whole : "0";
    const std::string furthest = above ? above->whole : largest_like(nearest);
    if (!less_digits(furthest, nearest)) ways.push_back(unsigned_between(nearest, furthest));
  }
  return ways.empty() ? "" : choice(ways);
}

std::string number_between(Ebnf& ebnf, const NumberLimits& limits) {
  ebnf.spend(32);
  const auto bound = [](const Decimal& decimal, bool excluded) {
    return Bound{decimal.whole, decimal.fraction, excluded ? End::kExcluded : End::kIncluded};
  };
  const auto low = limits.low.empty() ? std::nullopt : std::optional(parse_decimal(limits.low));
  const auto high = limits.high.empty() ? std::nullopt : std::optional(parse_decimal(limits.high));
  std::vector<std::string> ways;
  if (!low || low->negative) {  // below zero, as sizes
    const Bound nearest = high && high->negative ? bound(*high, limits.high_excluded)
                                                 : Bound{"0", "", End::kExcluded};
    const auto furthest = low ? std::optional(bound(*low, limits.low_excluded)) : std::nullopt;
    if (const auto sizes = unsigned_number(nearest, furthest)) {
      ways.push_back(concat({"\"-\"", *sizes}));
    }
  }
  if (!high || !high->negative) {
    const Bound nearest =
        low && !low->negative ? bound(*low, limits.low_excluded) : Bound{"0", "", End::kIncluded};
    const auto furthest = high ? std::optional(bound(*high, limits.high_excluded)) : std::nullopt;
    if (const auto sizes = unsigned_number(nearest, furthest)) ways.push_back(*sizes);
  }
  return ways.empty() ? "" : choice(ways);
}

}  // namespace ridge::grammar
