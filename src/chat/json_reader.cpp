#include "chat/json_reader.h"

#include <algorithm>
#include <cctype>

#include "base/utf8.h"

namespace ridge::chat {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_word_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x80 && std::isalnum(byte)) || c == '_' || c == '-' || c == '+' || c == '.' ||
         c == '$';
}

bool is_hex(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}

size_t skip_digits(std::string_view text, size_t at) {
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  return at;
}

// RFC 8259, section 6.
bool is_number(std::string_view text) {
  size_t at = text.starts_with('-') ? 1 : 0;
  const size_t whole = at;
  at = skip_digits(text, at);
  if (at == whole || (text[whole] == '0' && at > whole + 1)) return false;
  if (at < text.size() && text[at] == '.') {
    const size_t fraction = at + 1;
    at = skip_digits(text, fraction);
    if (at == fraction) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const size_t exponent = at;
    at = skip_digits(text, exponent);
    if (at == exponent) return false;
  }
  return at == text.size();
}

// JSON for a word that stands where a value should; empty: none.
std::string_view scalar_of(std::string_view word) {
  if (word == "true" || word == "True") return "true";
  if (word == "false" || word == "False") return "false";
  if (word == "null" || word == "None") return "null";
  return is_number(word) ? word : std::string_view();
}

void append_escaped(std::string& out, char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20) {
    out += "\\u00";
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  } else {
    out += c;
  }
}

int hex_digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    value = value * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

// Bytes that a character with this first byte has; 0: none begins so.
size_t character_bytes(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x80) return 1;
  if (byte < 0xc2) return 0;
  return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 0;
}

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

}  // namespace

size_t JsonReader::push(std::string_view bytes) {
  size_t taken = 0;
  while (taken < bytes.size() && state_ == State::kRunning && step(bytes[taken])) ++taken;
  return taken;
}

std::string JsonReader::take() {
  std::string out;
  out.swap(out_);
  return out;
}

std::string JsonReader::close() {
  std::string out = take();
  if (!begun_ || state_ == State::kDone) return out;
  if (expect_ == Expect::kString && !in_key_) out += '"';
  while (!levels_.empty()) {
    out += levels_.back() == '{' ? '}' : ']';
    levels_.pop_back();
  }
  return out;
}

void JsonReader::end_of_value() {
  if (state_ == State::kRunning && expect_ == Expect::kScalar) finish_scalar();
}

bool JsonReader::broken() {
  state_ = State::kBroken;
  return false;
}

bool JsonReader::step(char c) {
  switch (expect_) {
    case Expect::kValue:
    case Expect::kFirstItem:
      return step_value(c);
    case Expect::kFirstKey:
    case Expect::kKey:
      return step_key(c);
    case Expect::kColon:
      return step_colon(c);
    case Expect::kNext:
      return step_next(c);
    case Expect::kString:
      return step_string(c);
    case Expect::kBareKey:
      return step_bare_key(c);
    case Expect::kScalar:
      return step_scalar(c);
  }
  return false;
}

// What was held belongs to a value that is there now.
void JsonReader::release() {
  begun_ = true;
  out_ += held_;
  held_.clear();
}

bool JsonReader::step_value(char c) {
  if (is_space(c)) {
    if (!levels_.empty()) hold(c);
    return true;
  }
  if (c == '{' || c == '[') {
    if (levels_.size() >= kMostLevels) return broken();
    open(c);
    return true;
  }
  if (c == ']' && !levels_.empty() && levels_.back() == '[') {
    held_.clear();  // a comma before it is one too many
    end_container();
    return true;
  }
  const bool raw = !raw_quote_.empty() && c == raw_quote_[0];
  if (c == '"' || raw || (c == '\'' && raw_quote_.empty())) {
    in_key_ = false;
    begin_string(c);
    return true;
  }
  if (!is_word_char(c)) return broken();
  scalar_ = c;
  expect_ = Expect::kScalar;
  return true;
}

void JsonReader::open(char bracket) {
  release();
  out_ += bracket;
  levels_ += bracket;
  expect_ = bracket == '{' ? Expect::kFirstKey : Expect::kFirstItem;
}

void JsonReader::end_container() {
  out_ += levels_.back() == '{' ? '}' : ']';
  levels_.pop_back();
  end_value();
}

void JsonReader::end_value() {
  expect_ = Expect::kNext;
  if (levels_.empty()) state_ = State::kDone;
}

bool JsonReader::step_key(char c) {
  if (is_space(c)) {
    hold(c);
    return true;
  }
  if (c == '}') {
    held_.clear();
    end_container();
    return true;
  }
  const bool raw = !raw_quote_.empty() && c == raw_quote_[0];
  if (c == '"' || c == '\'' || raw) {
    in_key_ = true;
    begin_string(c);
    return true;
  }
  if (!is_word_char(c)) return broken();
  held_ += '"';
  held_ += c;
  expect_ = Expect::kBareKey;
  return true;
}

bool JsonReader::step_bare_key(char c) {
  if (is_word_char(c)) {
    hold(c);
    return true;
  }
  held_ += '"';
  expect_ = Expect::kColon;
  return step_colon(c);
}

bool JsonReader::step_colon(char c) {
  if (is_space(c)) {
    hold(c);
    return true;
  }
  if (c != ':') return broken();
  hold(c);
  expect_ = Expect::kValue;
  return true;
}

bool JsonReader::step_next(char c) {
  if (is_space(c)) {
    hold(c);
    return true;
  }
  if (c == ',') {
    hold(c);
    expect_ = levels_.back() == '{' ? Expect::kKey : Expect::kValue;
    return true;
  }
  if (c != (levels_.back() == '{' ? '}' : ']')) return broken();
  release();
  end_container();
  return true;
}

// ---- numbers and words

bool JsonReader::step_scalar(char c) {
  if (is_word_char(c)) {
    scalar_ += c;
    return true;
  }
  if (!finish_scalar()) return false;
  return state_ == State::kDone ? false : step(c);
}

bool JsonReader::finish_scalar() {
  const std::string_view value = scalar_of(scalar_);
  if (value.empty()) return broken();
  release();
  out_ += value;
  scalar_.clear();
  end_value();
  return true;
}

// ---- strings

void JsonReader::begin_string(char quote) {
  quote_ = quote;
  expect_ = Expect::kString;
  quote_end_.clear();
  escape_.clear();
  character_.clear();
  if (!raw_quote_.empty() && quote == raw_quote_[0] && quote != '"') {
    quote_ = 0;
    quote_end_ = quote;  // the opening mark, until it is whole
  }
  if (in_key_) {
    held_ += '"';
  } else {
    release();
    out_ += '"';
  }
}

void JsonReader::string_text(std::string_view text) {
  (in_key_ ? held_ : out_) += text;
}

void JsonReader::end_string() {
  finish_character();
  string_text("\"");
  if (in_key_) {
    expect_ = Expect::kColon;
  } else {
    end_value();
  }
}

bool JsonReader::step_string(char c) {
  if (quote_ == 0 || quote_ == 1) {  // raw: 0 while the opening mark is read, 1 afterwards
    if (quote_ == 0) {
      if (c != raw_quote_[quote_end_.size()]) return broken();
      quote_end_ += c;
      if (quote_end_ == raw_quote_) {
        quote_ = 1;
        quote_end_.clear();
      }
      return true;
    }
    quote_end_ += c;
    if (quote_end_ == raw_quote_) {
      quote_end_.clear();
      end_string();
      return true;
    }
    while (!raw_quote_.starts_with(quote_end_)) {
      string_byte(quote_end_[0]);
      quote_end_.erase(0, 1);
    }
    return true;
  }
  if (!escape_.empty()) return step_escape(c);
  if (c == '\\') {
    finish_character();
    escape_ = c;
  } else if (c == quote_) {
    end_string();
  } else {
    string_byte(c);
  }
  return true;
}

void JsonReader::string_byte(char c) {
  if (character_.empty() || (static_cast<unsigned char>(c) & 0xc0) != 0x80) {
    finish_character();
    if (character_bytes(c) == 0) {
      string_text(kReplacement);
    } else if (character_bytes(c) == 1) {
      std::string text;
      append_escaped(text, c);
      string_text(text);
    } else {
      character_ = c;
    }
    return;
  }
  character_ += c;
  if (character_.size() == character_bytes(character_[0])) finish_character();
}

void JsonReader::finish_character() {
  if (character_.empty()) return;
  string_text(is_valid_utf8(character_) ? std::string_view(character_) : kReplacement);
  character_.clear();
}

// escape_ holds \, \u…, or a high surrogate that waits for its low one.
bool JsonReader::step_escape(char c) {
  const bool pair = escape_.size() >= 6;
  const size_t at = escape_.size() % 6;  // position in the \uXXXX that is read
  if (pair && ((at == 0 && c != '\\') || (at == 1 && c != 'u'))) {  // no second half follows
    const std::string rest = escape_.substr(6);
    string_text(kReplacement);
    escape_ = rest;
    return step_string(c);
  }
  if (at == 0) {
    escape_ += c;
    return true;
  }
  if (at == 1 && c != 'u') {
    const bool known = std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    escape_.clear();
    if (known) {
      string_text(std::string{'\\', c});
    } else if (c == '\'') {
      string_text("'");
    } else {  // a backslash that was meant
      string_text("\\\\");
      string_byte(c);
    }
    return true;
  }
  if (at > 1 && !is_hex(c)) {
    std::string text;
    for (const char held : escape_.substr(pair ? 6 : 0)) append_escaped(text, held);
    if (pair) string_text(kReplacement);
    escape_.clear();
    string_text(text);
    return step_string(c);
  }
  escape_ += c;
  if (escape_.size() % 6 != 0) return true;
  const int unit = hex_digits(std::string_view(escape_).substr(escape_.size() - 4));
  const bool high = unit >= 0xd800 && unit < 0xdc00;
  const bool low = unit >= 0xdc00 && unit < 0xe000;
  if (pair && !low) {  // the first half stays alone, the second is read anew
    string_text(kReplacement);
    escape_.erase(0, 6);
  }
  if (high && (!pair || !low)) return true;
  string_text(low && escape_.size() == 6 ? kReplacement : std::string_view(escape_));
  escape_.clear();
  return true;
}

}  // namespace ridge::chat
