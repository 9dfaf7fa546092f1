#include "grammar/regex.h"

#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/quote.h"
#include "base/utf8.h"

namespace ridge::grammar {
namespace {

const CharSet& digits() {
  static const CharSet set({{'0', '9'}});
  return set;
}

const CharSet& word_chars() {
  static const CharSet set({{'0', '9'}, {'A', 'Z'}, {'a', 'z'}, {'_', '_'}});
  return set;
}

// ECMA-262, WhiteSpace and LineTerminator.
const CharSet& spaces() {
  static const CharSet set({{'\t', '\r'},
                            {' ', ' '},
                            {0xa0, 0xa0},
                            {0x1680, 0x1680},
                            {0x2000, 0x200a},
                            {0x2028, 0x2029},
                            {0x202f, 0x202f},
                            {0x205f, 0x205f},
                            {0x3000, 0x3000},
                            {0xfeff, 0xfeff}});
  return set;
}

const CharSet& line_ends() {
  static const CharSet set({{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}});
  return set;
}

class RegexParser {
 public:
  RegexParser(std::string_view expression, int max_depth)
      : expression_(expression), text_(code_points(expression)), max_depth_(max_depth) {}

  Pattern parse(Anchoring anchoring) {
    Pattern out = parse_choice(anchoring, 0);
    if (!at_end()) refuse("a ) without its (");
    return out;
  }

 private:
  struct Anchors {
    bool begin = false;
    bool end = false;
  };

  [[noreturn]] void refuse(std::string_view why) const {
    fail(ErrorCode::kInvalidArgument, "the pattern ", in_quotes(expression_), " has ", why);
  }
  bool at_end() const { return at_ >= text_.size(); }
  char32_t look(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : 0;
  }
  bool skip(char32_t c) {
    if (at_end() || look() != c) return false;
    ++at_;
    return true;
  }
  char32_t take(std::string_view wanted) {
    if (at_end()) refuse(wanted);
    return text_[at_++];
  }

  Pattern parse_choice(Anchoring anchoring, int depth) {
    if (depth > max_depth_) {
      fail(ErrorCode::kInvalidArgument, "the pattern ", in_quotes(expression_),
           " nests groups deeper than the limit of ", max_depth_);
    }
    std::vector<Pattern> alternatives;
    do {
      alternatives.push_back(parse_sequence(anchoring, depth));
    } while (skip('|'));
    return Pattern::choice(std::move(alternatives));
  }

  Pattern parse_sequence(Anchoring anchoring, int depth) {
    Anchors anchors;
    std::vector<Pattern> parts;
    const bool outermost = depth == 0;
    if (outermost) anchors.begin = skip('^');
    while (!at_end() && look() != '|' && look() != ')') {
      if (outermost && look() == '$' && (at_ + 1 == text_.size() || look(1) == '|')) {
        ++at_;
        anchors.end = true;
        break;
      }
      parts.push_back(parse_repeated(depth));
    }
    if (outermost && anchoring == Anchoring::kSearch) pad(parts, anchors);
    return Pattern::sequence(std::move(parts));
  }

  static void pad(std::vector<Pattern>& parts, Anchors anchors) {
    const Pattern anything = Pattern::repeated(Pattern::one_of(CharSet::all()), 0, -1);
    if (!anchors.begin) parts.insert(parts.begin(), anything);
    if (!anchors.end) parts.push_back(anything);
  }

  Pattern parse_repeated(int depth) {
    Pattern part = parse_atom(depth);
    const auto count = parse_count();
    if (!count) return part;
    skip('?');  // lazy or not, the same texts match
    if (!at_end() && (look() == '*' || look() == '+' || look() == '?')) {
      refuse("two repetitions after each other");
    }
    return simplified(std::move(part), count->first, count->second);
  }

  // (a*)* and (a+)+ say what a* and a+ say, and are slow to follow.
  static Pattern simplified(Pattern part, int64_t min, int64_t max) {
    const bool inner_open = part.kind == Pattern::Kind::kRepeat && part.min <= 1 && part.max == -1;
    if (inner_open && min <= 1 && max == -1) {
      return Pattern::repeated(std::move(part.parts[0]), part.min * min, -1);
    }
    return Pattern::repeated(std::move(part), min, max);
  }

  std::optional<std::pair<int64_t, int64_t>> parse_count() {
    if (skip('*')) return {{0, -1}};
    if (skip('+')) return {{1, -1}};
    if (skip('?')) return {{0, 1}};
    if (look() != '{' || !digits().contains(look(1))) return std::nullopt;
    ++at_;
    const int64_t min = parse_number();
    int64_t max = min;
    if (skip(',')) max = look() == '}' ? -1 : parse_number();
    if (!skip('}')) refuse("a { without its }");
    if (max >= 0 && max < min) refuse("a repetition whose limits are the wrong way round");
    return {{min, max}};
  }

  int64_t parse_number() {
    if (at_end() || !digits().contains(look())) refuse("a repetition without a number");
    int64_t value = 0;
    while (!at_end() && digits().contains(look())) {
      value = value * 10 + int64_t(text_[at_++] - '0');
      if (value > 1000000000) refuse("a repetition beyond every limit");
    }
    return value;
  }

  Pattern parse_atom(int depth) {
    const char32_t c = take("nothing");
    switch (c) {
      case '(':
        return parse_group(depth);
      case '[':
        return Pattern::one_of(parse_class());
      case '.':
        return Pattern::one_of(line_ends().complement());
      case '\\':
        return Pattern::one_of(parse_escape());
      case '^':
      case '$':
        refuse("^ or $ in its middle, which is not supported");
      case '*':
      case '+':
      case '?':
        refuse("a repetition of nothing");
      default:
        return Pattern::one_of(CharSet({{c, c}}));
    }
  }

  Pattern parse_group(int depth) {
    if (look() == '?') {
      if (look(1) == ':') {
        at_ += 2;
      } else if (look(1) == '<' && look(2) != '=' && look(2) != '!') {
        while (!at_end() && look() != '>') ++at_;
        take("a group whose name does not end");
      } else {
        refuse("a lookahead, a lookbehind or a flag, which are not supported");
      }
    }
    Pattern out = parse_choice(Anchoring::kWhole, depth + 1);
    if (!skip(')')) refuse("a ( without its )");
    return out;
  }

  CharSet parse_class() {
    const bool negated = skip('^');
    CharSet set;
    while (look() != ']' || at_end()) {
      const CharSet first = parse_class_member();
      const bool range = look() == '-' && look(1) != ']' && at_ + 1 < text_.size();
      if (!range) {
        set = set.united(first);
        continue;
      }
      ++at_;
      set = set.united(range_between(first, parse_class_member()));
    }
    ++at_;
    return negated ? set.complement() : set;
  }

  CharSet range_between(const CharSet& first, const CharSet& last) const {
    const auto single = [](const CharSet& set) {
      return set.ranges().size() == 1 && set.ranges()[0].first == set.ranges()[0].last;
    };
    if (!single(first) || !single(last)) refuse("a range between classes");
    const CodePointRange range = {first.ranges()[0].first, last.ranges()[0].first};
    if (range.first > range.last) refuse("a range whose ends are the wrong way round");
    return CharSet({range});
  }

  CharSet parse_class_member() {
    const char32_t c = take("a [ without its ]");
    if (c != '\\') return CharSet({{c, c}});
    if (skip('b')) return CharSet({{8, 8}});
    if (skip('-')) return CharSet({{'-', '-'}});
    return parse_escape();
  }

  CharSet parse_escape() {
    const char32_t c = take("a \\ at its end");
    switch (c) {
      case 'd':
        return digits();
      case 'D':
        return digits().complement();
      case 'w':
        return word_chars();
      case 'W':
        return word_chars().complement();
      case 's':
        return spaces();
      case 'S':
        return spaces().complement();
      default:
        return escaped_character(c);
    }
  }

  CharSet escaped_character(char32_t c) {
    switch (c) {
      case 'n':
        return CharSet::of("\n");
      case 'r':
        return CharSet::of("\r");
      case 't':
        return CharSet::of("\t");
      case 'f':
        return CharSet::of("\f");
      case 'v':
        return CharSet::of("\v");
      case '0':
        return CharSet({{0, 0}});
      case 'x':
        return code_point(2);
      case 'u':
        return skip('{') ? braced_code_point() : code_point(4);
      default:
        break;
    }
    if (word_chars().contains(c)) {
      std::string name;
      append_utf8(name, c);
      refuse(cat("\\", name, ", which is not supported"));
    }
    return CharSet({{c, c}});
  }

  static int hex_value(char32_t c) {
    if (c >= '0' && c <= '9') return int(c - '0');
    if (c >= 'a' && c <= 'f') return int(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') return int(c - 'A') + 10;
    return -1;
  }

  CharSet code_point(int n_digits) {
    char32_t value = 0;
    for (int i = 0; i < n_digits; ++i) {
      const int digit = hex_value(take("an escape that is cut"));
      if (digit < 0) refuse("an escape that is no hexadecimal number");
      value = value * 16 + char32_t(digit);
    }
    return CharSet({{value, value}});
  }

  CharSet braced_code_point() {
    char32_t value = 0;
    while (look() != '}') {
      const int digit = hex_value(take("an escape that is cut"));
      value = value * 16 + char32_t(digit);
      if (digit < 0 || value > kLastCodePoint) refuse("an escape that is no code point");
    }
    ++at_;
    return CharSet({{value, value}});
  }

  std::string_view expression_;
  std::u32string text_;
  size_t at_ = 0;
  int max_depth_;
};

}  // namespace

Pattern parse_regex(std::string_view expression, Anchoring anchoring, int max_depth) {
  if (!is_valid_utf8(expression)) {
    fail(ErrorCode::kInvalidArgument, "the pattern ", in_quotes(expression), " is not UTF-8");
  }
  return RegexParser(expression, max_depth).parse(anchoring);
}

}  // namespace ridge::grammar
