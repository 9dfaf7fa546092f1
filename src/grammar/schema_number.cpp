// Numbers: limits and multiples.
#include <charconv>
#include <cmath>

#include "grammar/number_range.h"
#include "grammar/schema_writer.h"

namespace ridge::grammar {
namespace {

// multipleOf in states of an automaton, or in values written out.
constexpr int64_t kMostMultipleOf = 256;
constexpr int64_t kMostMultiples = 1000;

}  // namespace

std::optional<double> SchemaWriter::number_of(const Json& schema, const char* keyword,
                                              const Place& place) {
  const auto found = schema.find(keyword);
  if (found == schema.end() || found->is_boolean()) return std::nullopt;  // draft 4's flags
  if (!found->is_number()) refuse(place, cat("has a ", keyword, " that is no number"));
  const double value = found->get<double>();
  if (!(std::abs(value) < 1e18)) {
    refuse(place, cat("has the ", keyword, " ", found->dump(), ", beyond the limit of 1e18"));
  }
  return value;
}

// The stricter of the inclusive and the exclusive one; sign -1 for upper limits.
SchemaWriter::Limit SchemaWriter::limit_of(const Json& schema, const char* included,
                                           const char* excluded, int sign, const Place& place) {
  Limit limit{number_of(schema, included, place), false};
  const auto strict = number_of(schema, excluded, place);
  if (strict && (!limit.value || sign * *strict >= sign * *limit.value)) limit = {strict, true};
  if (schema.contains(excluded) && schema.at(excluded) == true) limit.excluded = true;
  return limit;
}

SchemaWriter::Limit SchemaWriter::lower_limit(const Json& schema, const Place& place) {
  return limit_of(schema, "minimum", "exclusiveMinimum", 1, place);
}

SchemaWriter::Limit SchemaWriter::upper_limit(const Json& schema, const Place& place) {
  return limit_of(schema, "maximum", "exclusiveMaximum", -1, place);
}

std::string SchemaWriter::write_number(const Json& schema, const Place& place) {
  if (schema.contains("multipleOf")) {
    refuse(place, "has multipleOf for a number that need not be whole, which is not supported");
  }
  const Limit low = lower_limit(schema, place);
  const Limit high = upper_limit(schema, place);
  if (!low.value && !high.value) return any_number();
  const std::string out =
      number_between(ebnf_, {decimal(low.value), decimal(high.value), low.excluded, high.excluded});
  if (out.empty()) refuse(place, "leaves no number between its limits");
  return out;
}

// Without exponent, as short as it can be told from its neighbours.
std::string SchemaWriter::decimal(std::optional<double> value) {
  if (!value) return {};
  char digits[400];
  const auto end =
      std::to_chars(digits, digits + sizeof digits, *value, std::chars_format::fixed).ptr;
  return std::string(digits, end);
}

std::string SchemaWriter::write_integer(const Json& schema, const Place& place) {
  const Limit low = lower_limit(schema, place);
  const Limit high = upper_limit(schema, place);
  std::optional<int64_t> from, to;
  if (low.value) from = int64_t(std::ceil(*low.value));
  if (low.value && low.excluded && double(*from) == *low.value) ++*from;
  if (high.value) to = int64_t(std::floor(*high.value));
  if (high.value && high.excluded && double(*to) == *high.value) --*to;
  if (schema.contains("multipleOf")) return write_multiples(schema, from, to, place);
  if (!from && !to) return any_integer();
  const std::string out = integer_between(ebnf_, from ? cat(*from) : "", to ? cat(*to) : "");
  if (out.empty()) refuse(place, "leaves no integer between its limits");
  return out;
}

std::string SchemaWriter::write_multiples(const Json& schema, std::optional<int64_t> from,
                                          std::optional<int64_t> to, const Place& place) {
  const auto of = number_of(schema, "multipleOf", place);
  const bool whole = of && std::trunc(*of) == *of;
  if (!whole || *of < 1) refuse(place, "has a multipleOf that is no positive integer");
  const auto step = int64_t(*of);
  if (from && to) return write_listed_multiples(step, *from, *to, place);
  if (from || to) {
    refuse(place, "has multipleOf with one limit; two limits or none are supported");
  }
  if (step > kMostMultipleOf) {
    refuse(place, cat("has the multipleOf ", step, ", and the limit is ", kMostMultipleOf));
  }
  return write_remainders(step);
}

std::string SchemaWriter::write_listed_multiples(int64_t step, int64_t from, int64_t to,
                                                 const Place& place) {
  int64_t first = from / step * step;
  if (first < from) first += step;
  if (first > to) refuse(place, "leaves no multiple between its limits");
  if ((to - first) / step > kMostMultiples) {
    refuse(place, cat("has more than ", kMostMultiples, " multiples between its limits"));
  }
  std::vector<std::string> ways;
  for (int64_t value = first; value <= to; value += step) ways.push_back(literal(cat(value)));
  ebnf_.spend(int64_t(ways.size()));
  return choice(ways);
}

// A rule for each remainder that the digits so far may leave.
std::string SchemaWriter::write_remainders(int64_t step) {
  std::vector<std::string> rules;
  for (int64_t i = 0; i < step; ++i) rules.push_back(ebnf_.declare("remainder"));
  const auto next = [&](int64_t remainder, int64_t first_digit) {
    std::vector<std::string> ways;
    for (int64_t digit = first_digit; digit < 10; ++digit) {
      ways.push_back(concat({literal(cat(digit)), rules[(remainder * 10 + digit) % step]}));
    }
    return ways;
  };
  for (int64_t i = 0; i < step; ++i) {
    ebnf_.spend(10);
    std::vector<std::string> ways = next(i, 0);
    if (i == 0) ways.push_back("\"\"");
    ebnf_.define(rules[i], choice(ways));
  }
  return choice({literal("0"), concat({"\"-\"?", choice(next(0, 1))})});
}

}  // namespace ridge::grammar
