#include <array>
#include <charconv>
#include <cmath>

#include "text/template/semantics.h"
#include "text/template/unicode.h"

namespace ridge::text {
namespace {

void append_hex(std::string& out, char32_t code, int digits) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  for (int i = digits - 1; i >= 0; --i) out += kDigits[(code >> (4 * i)) & 15];
}

void append_repr_char(std::string& out, std::string_view text, size_t pos, char quote) {
  const Char c = char_at(text, pos);
  if (c.code == char32_t(quote) || c.code == '\\') {
    out += '\\';
    out += char(c.code);
  } else if (c.code == '\n') {
    out += "\\n";
  } else if (c.code == '\r') {
    out += "\\r";
  } else if (c.code == '\t') {
    out += "\\t";
  } else if (is_printable(c.code)) {
    out += text.substr(pos, c.length);
  } else if (c.code <= 0xff) {
    out += "\\x";
    append_hex(out, c.code, 2);
  } else if (c.code <= 0xffff) {
    out += "\\u";
    append_hex(out, c.code, 4);
  } else {
    out += "\\U";
    append_hex(out, c.code, 8);
  }
}

void append_string_repr(Runtime& rt, std::string& out, std::string_view text) {
  rt.make_bytes(text.size());
  const bool has_single = text.find('\'') != std::string_view::npos;
  const bool has_double = text.find('"') != std::string_view::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  out += quote;
  for (size_t pos = 0; pos < text.size(); pos += char_at(text, pos).length) {
    append_repr_char(out, text, pos, quote);
  }
  out += quote;
}

void append_repr(Runtime& rt, std::string& out, const Value& value);

void append_repr_items(Runtime& rt, std::string& out, const Value& value) {
  const bool is_tuple = value.is(Kind::kTuple);
  out += is_tuple ? '(' : '[';
  std::string_view separator;
  for (const Value& item : value.items()) {
    out += std::exchange(separator, ", ");
    append_repr(rt, out, item);
  }
  if (is_tuple && value.items().size() == 1) out += ',';
  out += is_tuple ? ')' : ']';
}

void append_repr_dict(Runtime& rt, std::string& out, const DictData& dict) {
  out += '{';
  std::string_view separator;
  for (const auto& [key, item] : dict.items()) {
    out += std::exchange(separator, ", ");
    append_repr(rt, out, key);
    out += ": ";
    append_repr(rt, out, item);
  }
  out += '}';
}

void append_repr(Runtime& rt, std::string& out, const Value& value) {
  rt.step();
  rt.check_size(out.size());
  switch (value.kind()) {
    case Kind::kUndefined:
      out += "Undefined";
      break;
    case Kind::kString:
      if (value.is_markup()) out += "Markup(";
      append_string_repr(rt, out, value.bytes());
      if (value.is_markup()) out += ')';
      break;
    case Kind::kList:
    case Kind::kTuple:
      append_repr_items(rt, out, value);
      break;
    case Kind::kDict:
      append_repr_dict(rt, out, value.dict());
      break;
    case Kind::kObject:
      out += value.object().repr(rt);
      break;
    default:
      out += to_text(rt, value).bytes;
  }
}

std::string_view escaped(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '\'':
      return "&#39;";
    case '"':
      return "&#34;";
    default:
      return {};
  }
}

}  // namespace

std::string_view type_name(const Value& value) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "Undefined", "NoneType", "bool", "int", "float", "str", "list", "tuple", "dict"};
  if (value.is(Kind::kObject)) return value.object().type_name();
  return value.is_markup() ? "Markup" : kNames[size_t(value.kind())];
}

bool truthy(Runtime& rt, const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
    case Kind::kNone:
      return false;
    case Kind::kBool:
      return value.as_bool();
    case Kind::kInt:
      return value.as_int() != 0;
    case Kind::kFloat:
      return value.as_float() != 0;
    case Kind::kString:
      return !value.bytes().empty();
    case Kind::kList:
    case Kind::kTuple:
      return !value.items().empty();
    case Kind::kDict:
      return !value.dict().items().empty();
    case Kind::kObject:
      break;
  }
  return value.object().length(rt).value_or(1) != 0;
}

// Python's repr: the shortest digits that read back, an exponent below 1e-4 and from 1e16 on.
std::string float_repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific)
                       .ptr;
  std::string_view text(buffer.data(), size_t(end - buffer.data()));
  const size_t e = text.find('e');
  int exponent = 0;
  const size_t sign = text[e + 1] == '+' ? 1 : 0;
  std::from_chars(text.data() + e + 1 + sign, text.data() + text.size(), exponent);
  if (exponent < -4 || exponent >= 16) return std::string(text);
  std::array<char, 48> fixed;
  const auto stop =
      std::to_chars(fixed.data(), fixed.data() + fixed.size(), value, std::chars_format::fixed).ptr;
  std::string out(fixed.data(), size_t(stop - fixed.data()));
  if (out.find('.') == std::string::npos) out += ".0";
  return out;
}

std::string repr(Runtime& rt, const Value& value) {
  std::string out;
  append_repr(rt, out, value);
  return out;
}

Text to_text(Runtime& rt, const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
      return {};
    case Kind::kNone:
      return {"None", {}};
    case Kind::kBool:
      return {value.as_bool() ? "True" : "False", {}};
    case Kind::kInt:
      return {cat(value.as_int()), {}};
    case Kind::kFloat:
      return {float_repr(value.as_float()), {}};
    case Kind::kString:
      rt.make_bytes(value.bytes().size());
      return value.text();
    default:
      return {repr(rt, value), {}};
  }
}

void append_text(Runtime& rt, TextBuilder& out, const Value& value) {
  if (value.is(Kind::kString)) {
    rt.make_bytes(value.bytes().size());
    out.append(value.text());
  } else {
    out.append(to_text(rt, value));
  }
  rt.check_size(out.size());
}

Text escape(Runtime& rt, const Value& value) {
  Text text = to_text(rt, value);
  if (value.is_markup()) return text;
  TextBuilder out;
  size_t done = 0;
  for (size_t pos = 0; pos < text.bytes.size(); ++pos) {
    const std::string_view with = escaped(text.bytes[pos]);
    if (with.empty()) continue;
    out.append(text, done, pos);
    out.append_like(with, text, pos);
    done = pos + 1;
  }
  if (done == 0) return text;
  out.append(text, done, text.bytes.size());
  rt.make_bytes(out.size());
  return out.take();
}

std::optional<double> as_number(const Value& value) {
  if (value.is(Kind::kFloat)) return value.as_float();
  const auto index = as_index(value);
  return index ? std::optional<double>(double(*index)) : std::nullopt;
}

std::optional<int64_t> as_index(const Value& value) {
  if (value.is(Kind::kInt)) return value.as_int();
  if (value.is(Kind::kBool)) return int64_t(value.as_bool());
  return std::nullopt;
}

int64_t require_int(const Value& value, std::string_view what) {
  if (const auto index = as_index(value)) return *index;
  if (value.is(Kind::kUndefined)) fail(ErrorCode::kInvalidArgument, value.undefined_message());
  type_error(what, " must be an integer, not '", type_name(value), "'");
}

const Text& require_text(const Value& value, std::string_view what) {
  if (value.is(Kind::kString)) return value.text();
  if (value.is(Kind::kUndefined)) fail(ErrorCode::kInvalidArgument, value.undefined_message());
  type_error(what, " must be a string, not '", type_name(value), "'");
}

}  // namespace ridge::text
