#include "grammar/pattern.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "grammar/json_rules.h"

namespace ridge::grammar {
namespace {

// A place that many characters may take costs a look at many tokens: 70 ms of compiling where it is
// nearly all of 150,000, some ms for the letters. One in a loop is looked at once.
int64_t cost_of_place(const CharSet& chars, int64_t times) {
  int64_t n = 0;
  for (const CodePointRange& range : chars.ranges()) n += int64_t(range.last - range.first) + 1;
  if (times <= 1 || n <= 10) return 1;
  return n > 1000 ? 250 : 20;
}

constexpr std::array<std::pair<char, char>, 7> kEscapes = {
    {{'"', '"'}, {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}}};

class PatternWriter {
 public:
  PatternWriter(Ebnf& ebnf, Spelling spelling, const std::map<std::string, std::string>& rules)
      : ebnf_(ebnf), spelling_(spelling), rules_(rules) {}

  std::string write(const Pattern& pattern, int64_t times) {
    switch (pattern.kind) {
      case Pattern::Kind::kChars:
        ebnf_.spend(times * cost_of_place(pattern.chars, times));
        return write_chars(pattern.chars);
      case Pattern::Kind::kSequence:
        return concat(write_parts(pattern, times));
      case Pattern::Kind::kChoice:
        return grammar::choice(write_parts(pattern, times));
      case Pattern::Kind::kRepeat:
        return write_repeat(pattern, times);
      case Pattern::Kind::kRule:
        ebnf_.spend(times);
        return rules_.at(pattern.rule);
    }
    return {};
  }

 private:
  std::vector<std::string> write_parts(const Pattern& pattern, int64_t times) {
    std::vector<std::string> out;
    for (const Pattern& part : pattern.parts) out.push_back(write(part, times));
    return out;
  }

  std::string write_chars(const CharSet& chars) const {
    const std::string out = spelling_ == Spelling::kPlain
                                ? (chars.empty() ? "" : chars.expression())
                                : json_char(chars);
    if (out.empty()) {
      fail(ErrorCode::kInvalidArgument, "the pattern has a class that no character belongs to");
    }
    return out;
  }

  std::string write_repeat(const Pattern& pattern, int64_t times) {
    const int64_t count = std::max(pattern.min, pattern.max);
    if (count > ebnf_.limits().repetitions) {
      fail(ErrorCode::kInvalidArgument, "a pattern repeats something ", count,
           " times, and the limit is ", ebnf_.limits().repetitions);
    }
    ebnf_.spend(times);
    // A counted repetition is unrolled up to 128 times, and counts itself beyond.
    const int64_t unrolled = std::clamp<int64_t>(count, 1, 256);
    const std::string part = write(pattern.parts.at(0), times * unrolled);
    return grammar::repeat(part, pattern.min, pattern.max);
  }

  Ebnf& ebnf_;
  Spelling spelling_;
  const std::map<std::string, std::string>& rules_;
};

}  // namespace

Pattern Pattern::one_of(CharSet chars) {
  Pattern out;
  out.kind = Kind::kChars;
  out.chars = std::move(chars);
  return out;
}

Pattern Pattern::sequence(std::vector<Pattern> parts) {
  Pattern out;
  out.parts = std::move(parts);
  return out;
}

Pattern Pattern::choice(std::vector<Pattern> parts) {
  if (parts.size() == 1) return std::move(parts[0]);
  Pattern out;
  out.kind = Kind::kChoice;
  out.parts = std::move(parts);
  return out;
}

Pattern Pattern::repeated(Pattern part, int64_t min, int64_t max) {
  Pattern out;
  out.kind = Kind::kRepeat;
  out.min = min;
  out.max = max;
  out.parts.push_back(std::move(part));
  return out;
}

std::string write_pattern(Ebnf& ebnf, const Pattern& pattern, Spelling spelling,
                          const std::map<std::string, std::string>& rules) {
  return PatternWriter(ebnf, spelling, rules).write(pattern, 1);
}

namespace {

// The parts of a sequence, and of those in it; false: there is a choice or a rule.
bool flatten(const Pattern& pattern, std::vector<const Pattern*>& out) {
  if (pattern.kind == Pattern::Kind::kSequence) {
    return std::all_of(pattern.parts.begin(), pattern.parts.end(),
                       [&](const Pattern& part) { return flatten(part, out); });
  }
  out.push_back(&pattern);
  return pattern.kind == Pattern::Kind::kChars || pattern.kind == Pattern::Kind::kRepeat;
}

const CharSet* repeated_chars(const Pattern& repeat) {
  std::vector<const Pattern*> parts;
  const bool one = repeat.parts.size() == 1 && flatten(repeat.parts[0], parts) &&
                   parts.size() == 1 && parts[0]->kind == Pattern::Kind::kChars;
  return one ? &parts[0]->chars : nullptr;
}

}  // namespace

std::optional<ClassRun> class_run(const Pattern& pattern) {
  std::vector<const Pattern*> parts;
  if (!flatten(pattern, parts) || parts.empty()) return std::nullopt;
  const Pattern& last = *parts.back();
  if (last.kind != Pattern::Kind::kRepeat) return std::nullopt;
  const CharSet* rest = repeated_chars(last);
  if (rest == nullptr) return std::nullopt;
  ClassRun out{{}, *rest, last.min, last.max};
  parts.pop_back();
  for (const Pattern* part : parts) {
    if (part->kind != Pattern::Kind::kChars) return std::nullopt;
    out.first.push_back(part->chars);
  }
  return out;
}

std::string json_char(const CharSet& chars) {
  std::vector<std::string> ways;
  const CharSet plain = chars.without(json_plain_chars().complement());
  if (!plain.empty()) ways.push_back(plain.expression());
  std::string escapes;
  for (const auto& [character, name] : kEscapes) {
    if (chars.contains(char32_t(character))) escapes += name;
  }
  if (!escapes.empty()) {
    ways.push_back(concat({literal("\\"), CharSet::of(escapes).expression()}));
  }
  return ways.empty() ? "" : choice(ways);
}

}  // namespace ridge::grammar
