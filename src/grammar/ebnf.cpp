#include "grammar/ebnf.h"

#include <algorithm>

#include "base/error.h"
#include "base/quote.h"
#include "base/strcat.h"
#include "base/utf8.h"
#include "grammar/char_set.h"

namespace ridge::grammar {

std::string Ebnf::declare(std::string_view hint) {
  spend(1);
  return cat(hint, "-", n_names_++);
}

void Ebnf::define(const std::string& name, const std::string& expression) {
  append(rules_, name);
  append(rules_, " ::= ");
  append(rules_, expression);
  append(rules_, '\n');
}

std::string Ebnf::rule(std::string_view hint, const std::string& expression) {
  std::string name = declare(hint);
  define(name, expression);
  return name;
}

std::string Ebnf::shared(const std::string& key, const std::function<std::string()>& expression) {
  if (const auto found = shared_.find(key); found != shared_.end()) return found->second;
  const std::string name = declare(key);
  shared_.emplace(key, name);  // before its expression, which may refer to it
  define(name, expression());
  return name;
}

std::string Ebnf::count_mark(const CountedText& text) {
  constexpr size_t kMostCounts = kControlMark - kFirstCountMark;
  size_t i = size_t(std::find(counts_.begin(), counts_.end(), text) - counts_.begin());
  if (i == kMostCounts) {
    fail(ErrorCode::kInvalidArgument, "the schema has more than ", kMostCounts,
         " different pairs of minLength and maxLength");
  }
  if (i == counts_.size()) counts_.push_back(text);
  std::string mark;
  append_utf8(mark, kFirstCountMark + char32_t(i));
  return literal(mark);
}

std::string Ebnf::marked(std::string_view text) const {
  if (!is_valid_utf8(text)) {
    fail(ErrorCode::kInvalidArgument, "the text ", in_quotes(text), " is not UTF-8");
  }
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t n = control_name_at(text, at);
    if (n > 0) append_utf8(out, kControlMark);
    out.append(text, at, std::max<size_t>(n, 1));
    at += std::max<size_t>(n, 1);
  }
  return out;
}

// Length of the longest name that stands there; 0: none.
size_t Ebnf::control_name_at(std::string_view text, size_t at) const {
  size_t longest = 0;
  for (const std::string& name : control_) {
    if (name.size() > longest && text.compare(at, name.size(), name) == 0) longest = name.size();
  }
  return longest;
}

std::string Ebnf::marked_literal(std::string_view text) const {
  return literal(marked(text));
}

void Ebnf::spend(int64_t nodes) {
  spent_ += nodes;
  if (spent_ > limits_.nodes) {
    fail(ErrorCode::kInvalidArgument,
         "the grammar or schema is too large: written out it has more than the limit of ",
         limits_.nodes, " parts; repetitions count as often as they may occur");
  }
}

void Ebnf::check_depth(int64_t depth) const {
  if (depth > limits_.depth) {
    fail(ErrorCode::kInvalidArgument, "the grammar or schema is nested deeper than the limit of ",
         limits_.depth, " levels");
  }
}

std::string Ebnf::text(const std::string& root_expression) const {
  return cat("root ::= ", root_expression, "\n", rules_);
}

std::string literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      append_code_point_escape(out, byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string concat(const std::vector<std::string>& expressions) {
  std::string out;
  for (const std::string& expression : expressions) {
    if (expression.empty() || expression == "\"\"") continue;
    if (!out.empty()) out += ' ';
    out += expression;
  }
  return out.empty() ? "\"\"" : out;
}

std::string choice(const std::vector<std::string>& expressions) {
  if (expressions.size() == 1) return expressions[0];
  std::string out = "(";
  for (const std::string& expression : expressions) {
    if (out.size() > 1) out += " | ";
    out += expression;
  }
  return out + ")";
}

std::string repeat(const std::string& expression, int64_t min, int64_t max) {
  if (max == 0) return "\"\"";
  if (min == 1 && max == 1) return expression;
  const std::string group = cat("(", expression, ")");
  if (max < 0 && min == 0) return group + "*";
  if (max < 0 && min == 1) return group + "+";
  if (max == 1) return group + "?";
  if (max < 0) return cat(group, "{", min, ",}");
  return cat(group, "{", min, ",", max, "}");
}

}  // namespace ridge::grammar
