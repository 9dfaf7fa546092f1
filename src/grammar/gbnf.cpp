#include "grammar/gbnf.h"

#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/quote.h"
#include "base/utf8.h"

namespace ridge::grammar {
namespace {

// What is found out about rules takes up to as many rounds as there are rules.
constexpr size_t kMostRules = 1000;

bool is_name_char(char32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
         c == '_' || c == '.';
}

class GbnfParser {
 public:
  GbnfParser(std::string_view text, int max_depth)
      : text_(code_points(text)), max_depth_(max_depth) {}

  GbnfRules parse() {
    GbnfRules rules;
    skip_space(Lines::kAll);
    while (!at_end()) {
      const std::string name = parse_name();
      skip_space(Lines::kAll);
      if (!skip("::=")) refuse(cat("no ::= after the name of rule ", in_quotes(name)));
      skip_space(Lines::kAll);
      if (!rules.emplace(name, parse_choice(0)).second) {
        refuse(cat("the rule ", in_quotes(name), " twice"));
      }
      if (rules.size() > kMostRules) refuse(cat("more than ", kMostRules, " rules"));
      skip_space(Lines::kAll);
    }
    return rules;
  }

 private:
  enum class Lines { kAll, kThis };  // a rule ends where its line does, unless brackets are open

  [[noreturn]] void refuse(std::string_view why) const {
    size_t line = 1;
    for (size_t i = 0; i < at_ && i < text_.size(); ++i) line += text_[i] == '\n';
    fail(ErrorCode::kInvalidArgument, "the grammar has ", why, " (line ", line, ")");
  }
  bool at_end() const { return at_ >= text_.size(); }
  char32_t look(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : 0;
  }
  bool skip(std::string_view ascii) {
    for (size_t i = 0; i < ascii.size(); ++i) {
      if (at_ + i >= text_.size() || look(i) != char32_t(ascii[i])) return false;
    }
    at_ += ascii.size();
    return true;
  }
  void skip_space(Lines lines) {
    while (!at_end()) {
      if (look() == '#') {
        while (!at_end() && look() != '\n' && look() != '\r') ++at_;
      } else if (look() == ' ' || look() == '\t' ||
                 (lines == Lines::kAll && (look() == '\n' || look() == '\r'))) {
        ++at_;
      } else {
        return;
      }
    }
  }

  std::string parse_name() {
    std::string name;
    while (!at_end() && is_name_char(look())) name += char(text_[at_++]);
    if (name.empty()) refuse("something that is no rule where one should begin");
    return name;
  }

  Pattern parse_choice(int depth) {
    if (depth > max_depth_) {
      fail(ErrorCode::kInvalidArgument, "the grammar nests groups deeper than the limit of ",
           max_depth_);
    }
    std::vector<Pattern> alternatives;
    do {
      skip_space(Lines::kAll);  // a rule goes on after |
      alternatives.push_back(parse_sequence(depth));
    } while (next_alternative(depth));
    return Pattern::choice(std::move(alternatives));
  }

  // A line may begin with | too.
  bool next_alternative(int depth) {
    const size_t before = at_;
    skip_space(Lines::kAll);
    if (skip("|")) return true;
    if (depth == 0) at_ = before;
    return false;
  }

  Pattern parse_sequence(int depth) {
    std::vector<Pattern> parts;
    const Lines lines = depth > 0 ? Lines::kAll : Lines::kThis;
    for (skip_space(lines); starts_atom(); skip_space(lines)) {
      parts.push_back(parse_repeated(depth));
    }
    return Pattern::sequence(std::move(parts));
  }

  bool starts_atom() const {
    if (at_end()) return false;
    const char32_t c = look();
    if (c == '"' || c == '[' || c == '(' || c == '.') return true;
    return is_name_char(c) && !starts_rule();
  }

  // A name with ::= behind it is the next rule although no line end was needed.
  bool starts_rule() const {
    size_t i = at_;
    while (i < text_.size() && is_name_char(text_[i])) ++i;
    while (i < text_.size() && (text_[i] == ' ' || text_[i] == '\t')) ++i;
    return text_.substr(i, 3) == U"::=";
  }

  Pattern parse_repeated(int depth) {
    Pattern part = parse_atom(depth);
    const auto count = parse_count();
    if (!count) return part;
    if (parse_count()) refuse("two repetitions after each other");
    return Pattern::repeated(std::move(part), count->first, count->second);
  }

  std::optional<std::pair<int64_t, int64_t>> parse_count() {
    if (skip("*")) return {{0, -1}};
    if (skip("+")) return {{1, -1}};
    if (skip("?")) return {{0, 1}};
    if (!skip("{")) return std::nullopt;
    skip_space(Lines::kAll);
    const int64_t min = parse_number();
    int64_t max = min;
    if (skip(",")) {
      skip_space(Lines::kAll);
      max = look() == '}' ? -1 : parse_number();
    }
    if (!skip("}")) refuse("a { without its }");
    if (max >= 0 && max < min) refuse("a repetition whose limits are the wrong way round");
    return {{min, max}};
  }

  int64_t parse_number() {
    int64_t value = -1;
    while (look() >= '0' && look() <= '9') {
      value = (value < 0 ? 0 : value) * 10 + int64_t(text_[at_++] - '0');
      if (value > 1000000000) refuse("a repetition beyond every limit");
    }
    if (value < 0) refuse("a repetition without a number");
    skip_space(Lines::kAll);
    return value;
  }

  Pattern parse_atom(int depth) {
    if (skip(".")) return Pattern::one_of(CharSet::all());
    if (skip("\"")) return parse_text();
    if (skip("[")) return Pattern::one_of(parse_class());
    if (skip("(")) {
      Pattern out = parse_choice(depth + 1);
      skip_space(Lines::kAll);
      if (!skip(")")) refuse("a ( without its )");
      return out;
    }
    Pattern out;
    out.kind = Pattern::Kind::kRule;
    out.rule = parse_name();
    return out;
  }

  Pattern parse_text() {
    std::vector<Pattern> parts;
    while (look() != '"') {
      const char32_t c = parse_char("a text without its closing \"");
      parts.push_back(Pattern::one_of(CharSet({{c, c}})));
    }
    ++at_;
    return Pattern::sequence(std::move(parts));
  }

  CharSet parse_class() {
    const bool negated = skip("^");
    std::vector<CodePointRange> ranges;
    while (look() != ']' || at_end()) {
      CodePointRange range;
      range.first = range.last = parse_char("a [ without its ]");
      if (look() == '-' && look(1) != ']') {
        ++at_;
        range.last = parse_char("a [ without its ]");
      }
      if (range.first > range.last) refuse("a range whose ends are the wrong way round");
      ranges.push_back(range);
    }
    ++at_;
    const CharSet set(std::move(ranges));
    return negated ? set.complement() : set;
  }

  char32_t parse_char(std::string_view problem) {
    if (at_end() || look() == '\n') refuse(problem);
    const char32_t c = text_[at_++];
    return c == '\\' ? parse_escape() : c;
  }

  char32_t parse_escape() {
    if (at_end()) refuse("a \\ at its end");
    const char32_t c = text_[at_++];
    switch (c) {
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'x':
        return parse_hex(2);
      case 'u':
        return parse_hex(4);
      case 'U':
        return parse_hex(8);
      case '"':
      case '\\':
      case '[':
      case ']':
      case '^':
      case '-':
        return c;
      default:
        refuse("an escape that it does not know");
    }
  }

  char32_t parse_hex(int n_digits) {
    char32_t value = 0;
    for (int i = 0; i < n_digits; ++i) {
      const char32_t c = look();
      const bool decimal = c >= '0' && c <= '9';
      const char32_t lower = c | 0x20;
      if (!decimal && (lower < 'a' || lower > 'f')) refuse("an escape that is no number");
      value = value * 16 + (decimal ? c - '0' : lower - 'a' + 10);
      ++at_;
    }
    if (value > kLastCodePoint) refuse("an escape that is no code point");
    return value;
  }

  std::u32string text_;
  size_t at_ = 0;
  int max_depth_;
};

void for_each_rule_reference(const Pattern& pattern,
                             const std::function<void(const std::string&)>& visit) {
  if (pattern.kind == Pattern::Kind::kRule) visit(pattern.rule);
  for (const Pattern& part : pattern.parts) for_each_rule_reference(part, visit);
}

// What holds of a pattern if it holds of these rules.
bool all_parts(const Pattern& pattern, const std::set<std::string>& rules, bool of_chars) {
  const auto holds = [&](const Pattern& part) { return all_parts(part, rules, of_chars); };
  switch (pattern.kind) {
    case Pattern::Kind::kChars:
      return of_chars;
    case Pattern::Kind::kSequence:
      return std::all_of(pattern.parts.begin(), pattern.parts.end(), holds);
    case Pattern::Kind::kChoice:
      return std::any_of(pattern.parts.begin(), pattern.parts.end(), holds);
    case Pattern::Kind::kRepeat:
      return pattern.min == 0 || pattern.max == 0 || holds(pattern.parts[0]);
    case Pattern::Kind::kRule:
      return rules.contains(pattern.rule);
  }
  return false;
}

// The least set of rules of which it holds: those that can end (of_chars), or be empty (not).
std::set<std::string> least_rules(const GbnfRules& rules, bool of_chars) {
  std::set<std::string> found;
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [name, pattern] : rules) {
      if (!found.contains(name) && all_parts(pattern, found, of_chars)) {
        found.insert(name);
        grew = true;
      }
    }
  }
  return found;
}

// Rules that may stand at the very beginning of the pattern.
void add_first_rules(const Pattern& pattern, const std::set<std::string>& nullable,
                     std::set<std::string>& out) {
  if (pattern.kind == Pattern::Kind::kRule) out.insert(pattern.rule);
  for (const Pattern& part : pattern.parts) {
    add_first_rules(part, nullable, out);
    if (pattern.kind == Pattern::Kind::kSequence && !all_parts(part, nullable, false)) return;
  }
}

void refuse_left_recursion(const GbnfRules& rules) {
  const std::set<std::string> nullable = least_rules(rules, false);
  std::map<std::string, std::set<std::string>> first;
  for (const auto& [name, pattern] : rules) add_first_rules(pattern, nullable, first[name]);
  for (const auto& [name, direct] : first) {
    std::set<std::string> reached;
    std::vector<std::string> open(direct.begin(), direct.end());
    while (!open.empty()) {
      const std::string next = std::move(open.back());
      open.pop_back();
      if (next == name) {
        fail(ErrorCode::kInvalidArgument, "the rule ", in_quotes(name),
             " of the grammar begins with itself (left recursion); put something before it");
      }
      if (!reached.insert(next).second) continue;
      open.insert(open.end(), first[next].begin(), first[next].end());
    }
  }
}

void check_rules(const GbnfRules& rules) {
  if (!rules.contains("root")) {
    fail(ErrorCode::kInvalidArgument, "the grammar has no rule root, which an answer begins with");
  }
  for (const auto& [name, pattern] : rules) {
    for_each_rule_reference(pattern, [&, &user = name](const std::string& used) {
      if (!rules.contains(used)) {
        fail(ErrorCode::kInvalidArgument, "the rule ", in_quotes(user), " of the grammar uses ",
             in_quotes(used), ", which is not defined");
      }
    });
  }
  const std::set<std::string> ending = least_rules(rules, true);
  for (const auto& [name, pattern] : rules) {
    if (!ending.contains(name)) {
      fail(ErrorCode::kInvalidArgument, "the rule ", in_quotes(name),
           " of the grammar never comes to an end");
    }
  }
  refuse_left_recursion(rules);
}

}  // namespace

GbnfRules parse_gbnf(std::string_view text, int max_depth) {
  if (!is_valid_utf8(text)) {
    fail(ErrorCode::kInvalidArgument, "the grammar is not UTF-8");
  }
  GbnfRules rules = GbnfParser(text, max_depth).parse();
  check_rules(rules);
  return rules;
}

std::string write_gbnf(Ebnf& ebnf, const GbnfRules& rules) {
  std::map<std::string, std::string> names;
  for (const auto& [name, pattern] : rules) names[name] = ebnf.declare("rule");
  for (const auto& [name, pattern] : rules) {
    ebnf.define(names[name], write_pattern(ebnf, pattern, Spelling::kPlain, names));
  }
  return names.at("root");
}

}  // namespace ridge::grammar
