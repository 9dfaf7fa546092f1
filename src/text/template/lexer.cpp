#include "text/template/lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "text/template/string_literal.h"
#include "text/template/unicode.h"

namespace ridge::text {
namespace {

constexpr size_t kMaxSource = 8 << 20;
constexpr size_t npos = std::string_view::npos;

constexpr std::array<std::string_view, 6> kLongOperators = {"//", "**", "==", "!=", ">=", "<="};
constexpr std::string_view kShortOperators = "+-/*%~[](){}><=.:|,;";

bool is_digit_char(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_char(char c) {
  return (c & 0x80) != 0 || is_digit_char(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         c == '_';
}

std::string normalize_newlines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      out += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    } else {
      out += source[i];
    }
  }
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

class Lexer {
 public:
  explicit Lexer(std::string source) : storage_(std::move(source)), source_(storage_) {}

  std::vector<LexToken> run() {
    while (pos_ < source_.size()) lex_root();
    push(TokenKind::kEnd, {});
    return std::move(tokens_);
  }

 private:
  void push(TokenKind kind, std::string_view value) {
    tokens_.push_back({kind, line_, std::string(value)});
  }

  bool at(std::string_view text) const { return source_.substr(pos_).starts_with(text); }

  void advance(size_t n) {
    line_ += int(std::count(source_.begin() + pos_, source_.begin() + pos_ + n, '\n'));
    pos_ += n;
  }

  size_t spaces_from(size_t pos) const {
    const size_t begin = pos;
    while (pos < source_.size()) {
      const Char c = char_at(source_, pos);
      if (!is_space(c.code)) break;
      pos += c.length;
    }
    return pos - begin;
  }

  // Emits the text up to the tag at `tag` as data, stripped as the tag's sign and place demand.
  void emit_data(size_t tag, bool is_variable) {
    std::string_view text = source_.substr(pos_, tag - pos_);
    const char sign = tag + 2 < source_.size() ? source_[tag + 2] : '\0';
    if (sign == '-') {
      text = stripped_end(text);
    } else if (sign != '+' && !is_variable) {
      const size_t newline = text.rfind('\n');
      const size_t line_begin = newline == npos ? 0 : newline + 1;
      const size_t indent = text.size() - line_begin;
      if ((line_begin > 0 || line_starting_) && indent > 0 && all_space(text.substr(line_begin))) {
        text = text.substr(0, line_begin);
      }
    }
    if (!text.empty()) push(TokenKind::kData, text);
    advance(tag - pos_);
  }

  static bool all_space(std::string_view text) {
    for (size_t pos = 0; pos < text.size();) {
      const Char c = char_at(text, pos);
      if (!is_space(c.code)) return false;
      pos += c.length;
    }
    return true;
  }

  static std::string_view stripped_end(std::string_view text) {
    size_t end = 0;
    for (size_t pos = 0; pos < text.size();) {
      const Char c = char_at(text, pos);
      pos += c.length;
      if (!is_space(c.code)) end = pos;
    }
    return text.substr(0, end);
  }

  size_t find_tag(size_t from) const {
    for (size_t at = source_.find('{', from); at != npos; at = source_.find('{', at + 1)) {
      if (at + 1 >= source_.size()) return npos;
      const char next = source_[at + 1];
      if (next == '{' || next == '%' || next == '#') return at;
    }
    return npos;
  }

  void lex_root() {
    const size_t tag = find_tag(pos_);
    if (tag == npos) {
      push(TokenKind::kData, source_.substr(pos_));
      advance(source_.size() - pos_);
      return;
    }
    const char type = source_[tag + 1];
    if (type == '%') {
      if (const size_t body = raw_body(tag); body != npos) {
        lex_raw(tag, body);
        return;
      }
    }
    emit_data(tag, type == '{');
    if (type == '#') {
      lex_comment();
    } else {
      lex_tag(type == '{');
    }
  }

  // Position after "{% raw %}" when that is what stands at `tag`.
  size_t raw_body(size_t tag) const {
    size_t pos = tag + 2;
    if (pos < source_.size() && (source_[pos] == '-' || source_[pos] == '+')) ++pos;
    pos += spaces_from(pos);
    if (!source_.substr(pos).starts_with("raw")) return npos;
    pos += 3;
    pos += spaces_from(pos);
    if (source_.substr(pos).starts_with("%}")) return pos + 2;
    if (!source_.substr(pos).starts_with("-%}")) return npos;
    return pos + 3 + spaces_from(pos + 3);
  }

  void lex_raw(size_t tag, size_t body) {
    emit_data(tag, false);
    advance(body - pos_);
    line_starting_ = source_[pos_ - 1] == '\n';
    for (size_t at = source_.find("{%", pos_); at != npos; at = source_.find("{%", at + 1)) {
      size_t pos = at + 2;
      if (pos < source_.size() && (source_[pos] == '-' || source_[pos] == '+')) ++pos;
      pos += spaces_from(pos);
      if (!source_.substr(pos).starts_with("endraw")) continue;
      pos += 6;
      pos += spaces_from(pos);
      const size_t end = block_end(pos);
      if (end == npos) continue;
      emit_data(at, false);
      leave(end);
      return;
    }
    fail_syntax(line_, "missing end of raw directive");
  }

  // Position after a block's end tag at `pos`, npos when there is none.
  size_t block_end(size_t pos) const {
    const std::string_view rest = source_.substr(pos);
    if (rest.starts_with("+%}")) return pos + 3;
    if (rest.starts_with("-%}")) return pos + 3 + spaces_from(pos + 3);
    if (!rest.starts_with("%}")) return npos;
    return pos + 2 + (rest.size() > 2 && rest[2] == '\n' ? 1 : 0);
  }

  size_t variable_end(size_t pos) const {
    const std::string_view rest = source_.substr(pos);
    if (rest.starts_with("-}}")) return pos + 3 + spaces_from(pos + 3);
    return rest.starts_with("}}") ? pos + 2 : npos;
  }

  void leave(size_t end) {
    advance(end - pos_);
    line_starting_ = source_[pos_ - 1] == '\n';
  }

  void lex_comment() {
    const size_t close = source_.find("#}", pos_ + 2);
    if (close == npos) fail_syntax(line_, "missing end of comment tag");
    size_t end = close + 2;
    const char sign = close > pos_ + 2 ? source_[close - 1] : '\0';
    if (sign == '-') {
      end += spaces_from(end);
    } else if (sign != '+' && end < source_.size() && source_[end] == '\n') {
      ++end;
    }
    leave(end);
  }

  void lex_tag(bool is_variable) {
    push(is_variable ? TokenKind::kVariableBegin : TokenKind::kBlockBegin, {});
    advance(2);
    if (at("-") || at("+")) advance(1);
    std::vector<char> open;
    for (;;) {
      advance(spaces_from(pos_));
      if (pos_ >= source_.size()) {
        push(TokenKind::kEnd, {});
        return;
      }
      const size_t end = is_variable ? variable_end(pos_) : block_end(pos_);
      if (open.empty() && end != npos) {
        push(is_variable ? TokenKind::kVariableEnd : TokenKind::kBlockEnd, {});
        leave(end);
        return;
      }
      lex_expression_token(open);
    }
  }

  void lex_expression_token(std::vector<char>& open) {
    const char c = source_[pos_];
    if (is_digit_char(c)) {
      lex_number();
    } else if (is_name_char(c)) {
      size_t end = pos_;
      while (end < source_.size() && is_name_char(source_[end])) ++end;
      take(TokenKind::kName, end - pos_);
    } else if (c == '\'' || c == '"') {
      lex_string(c);
    } else {
      lex_operator(open);
    }
  }

  void take(TokenKind kind, size_t length) {
    push(kind, source_.substr(pos_, length));
    advance(length);
  }

  // The end of digits with single underscores between them, from a digit on.
  template <class IsDigit>
  size_t digits_end(size_t pos, const IsDigit& is_part) const {
    while (pos < source_.size()) {
      const bool gap = source_[pos] == '_' && pos + 1 < source_.size() && is_part(source_[pos + 1]);
      if (!is_part(source_[pos]) && !gap) break;
      ++pos;
    }
    return pos;
  }

  size_t fraction_end(size_t pos) const {
    const bool has =
        pos + 1 < source_.size() && source_[pos] == '.' && is_digit_char(source_[pos + 1]);
    return has ? digits_end(pos + 1, is_digit_char) : pos;
  }

  size_t exponent_end(size_t pos) const {
    if (pos >= source_.size() || (source_[pos] | 0x20) != 'e') return pos;
    size_t digits = pos + 1;
    if (digits < source_.size() && (source_[digits] == '+' || source_[digits] == '-')) ++digits;
    const bool has = digits < source_.size() && is_digit_char(source_[digits]);
    return has ? digits_end(digits, is_digit_char) : pos;
  }

  void lex_number() {
    const size_t whole = digits_end(pos_, is_digit_char);
    const bool after_dot = pos_ > 0 && source_[pos_ - 1] == '.';
    const size_t end = exponent_end(fraction_end(whole));
    if (end > whole && !after_dot) return take(TokenKind::kFloat, end - pos_);
    const auto based = [&](char letter, auto is_part) {
      return source_[pos_] == '0' && pos_ + 2 < source_.size() &&
             (source_[pos_ + 1] | 0x20) == letter && is_part(source_[pos_ + 2]);
    };
    const auto is_hex = [](char c) {
      return is_digit_char(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
    };
    const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
    const auto is_bit = [](char c) { return c == '0' || c == '1'; };
    if (based('x', is_hex)) return take(TokenKind::kInteger, digits_end(pos_ + 2, is_hex) - pos_);
    if (based('o', is_octal))
      return take(TokenKind::kInteger, digits_end(pos_ + 2, is_octal) - pos_);
    if (based('b', is_bit)) return take(TokenKind::kInteger, digits_end(pos_ + 2, is_bit) - pos_);
    take(TokenKind::kInteger, whole - pos_);
  }

  void lex_string(char quote) {
    size_t end = pos_ + 1;
    while (end < source_.size() && source_[end] != quote) end += source_[end] == '\\' ? 2 : 1;
    if (end >= source_.size())
      fail_syntax(line_, cat("a string that starts with ", quote, " has no end"));
    push(TokenKind::kString, unescape(source_.substr(pos_ + 1, end - pos_ - 1), line_));
    advance(end + 1 - pos_);
  }

  void lex_operator(std::vector<char>& open) {
    for (const std::string_view op : kLongOperators) {
      if (at(op)) return take(TokenKind::kOperator, 2);
    }
    const char c = source_[pos_];
    if (kShortOperators.find(c) == npos) fail_syntax(line_, cat("unexpected character '", c, "'"));
    if (c == '{' || c == '(' || c == '[') {
      open.push_back(c == '{' ? '}' : c == '(' ? ')' : ']');
    } else if (c == '}' || c == ')' || c == ']') {
      if (open.empty()) fail_syntax(line_, cat("unexpected '", c, "'"));
      if (open.back() != c)
        fail_syntax(line_, cat("unexpected '", c, "', expected '", open.back(), "'"));
      open.pop_back();
    }
    take(TokenKind::kOperator, 1);
  }

  std::string storage_;
  std::string_view source_;
  size_t pos_ = 0;
  int line_ = 1;
  bool line_starting_ = true;
  std::vector<LexToken> tokens_;
};

}  // namespace

void fail_syntax(int line, std::string_view reason) {
  fail(ErrorCode::kInvalidFile, "template line ", line, ": ", reason);
}

std::vector<LexToken> tokenize(std::string_view source) {
  if (source.size() > kMaxSource) {
    fail(ErrorCode::kUnsupported, "the template has ", source.size(), " bytes, the limit is ",
         kMaxSource);
  }
  return Lexer(normalize_newlines(source)).run();
}

}  // namespace ridge::text
