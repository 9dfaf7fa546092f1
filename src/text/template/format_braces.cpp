// Python's str.format: "{} {0} {name.attribute[key]!r:>8}".

#include <algorithm>
#include <charconv>
#include <cmath>

#include "text/template/number_format.h"
#include "text/template/semantics.h"
#include "text/template/string_ops.h"
#include "text/template/unicode.h"

namespace ridge::text {
namespace {

std::optional<int64_t> parse_index(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = !text.empty() && end == text.data() + text.size() && error == std::errc{};
  return whole && value >= 0 ? std::optional(value) : std::nullopt;
}

int64_t read_number(std::string_view spec, size_t& pos) {
  int64_t n = 0;
  for (; pos < spec.size() && spec[pos] >= '0' && spec[pos] <= '9'; ++pos) {
    n = n * 10 + (spec[pos] - '0');
    if (n > INT32_MAX) value_error("too many decimal digits in format string");
  }
  return n;
}

bool is_align(char c) {
  return c == '<' || c == '>' || c == '^' || c == '=';
}

// [[fill]align][sign][#][0][width][grouping][.precision][type]
FieldSpec parse_spec(std::string_view spec) {
  FieldSpec out;
  size_t pos = 0;
  const auto at = [&](char c) { return pos < spec.size() && spec[pos] == c; };
  if (!spec.empty()) {
    const size_t fill = char_at(spec, 0).length;
    if (fill < spec.size() && is_align(spec[fill])) {
      out.fill = spec.substr(0, fill);
      out.align = spec[fill];
      pos = fill + 1;
    } else if (is_align(spec[0])) {
      out.align = spec[0];
      pos = 1;
    }
  }
  if (at('+') || at('-') || at(' ')) out.sign = spec[pos++];
  if (at('#')) {
    out.alternate = true;
    ++pos;
  }
  if (at('0')) {
    if (out.align == '\0') {
      out.fill = "0";
      out.align = '=';
    }
    ++pos;
  }
  out.width = read_number(spec, pos);
  if (at(',') || at('_')) out.grouping = spec[pos++];
  if (at('.')) {
    const size_t digits = ++pos;
    out.precision = int(std::min<int64_t>(read_number(spec, pos), kMaxPrecision));
    if (pos == digits) value_error("format specifier missing precision");
  }
  if (pos < spec.size()) out.type = spec[pos++];
  if (pos < spec.size()) value_error("invalid format specifier '", spec, "'");
  return out;
}

class BraceFormatter {
 public:
  BraceFormatter(Runtime& rt, const CallArgs& args, bool escaping)
      : rt_(rt), args_(args), escaping_(escaping) {}

  // depth: fields may stand inside the format of a field, but not deeper.
  Text format(const Text& text, int depth) {
    if (depth > 1) value_error("max string recursion exceeded");
    rt_.make_bytes(text.bytes.size());
    const std::string_view bytes = text.bytes;
    TextBuilder out;
    size_t done = 0;
    for (size_t at = bytes.find_first_of("{}"); at != std::string_view::npos;
         at = bytes.find_first_of("{}", done)) {
      out.append(text, done, at);
      if (at + 1 < bytes.size() && bytes[at + 1] == bytes[at]) {
        out.append(text, at, at + 1);
        done = at + 2;
        continue;
      }
      if (bytes[at] == '}') value_error("single '}' encountered in format string");
      done = field_end(bytes, at);
      out.append(format_field(slice(text, at + 1, done - 1), depth));
      rt_.check_size(out.size());
    }
    out.append(text, done, bytes.size());
    return out.take();
  }

 private:
  // Behind the brace that closes the one at `at`.
  static size_t field_end(std::string_view bytes, size_t at) {
    int open = 0;
    for (size_t pos = at; pos < bytes.size(); ++pos) {
      if (bytes[pos] == '{') ++open;
      if (bytes[pos] == '}' && --open == 0) return pos + 1;
    }
    value_error("expected '}' before end of string");
  }

  Text format_field(const Text& field, int depth) {
    const std::string_view bytes = field.bytes;
    // Brackets may hold any character.
    size_t end = 0;
    for (bool inside = false; end < bytes.size(); ++end) {
      if (bytes[end] == '[') inside = true;
      if (bytes[end] == ']') inside = false;
      if (!inside && (bytes[end] == '!' || bytes[end] == ':')) break;
    }
    Value value = find_value(bytes.substr(0, end));
    char conversion = '\0';
    if (end < bytes.size() && bytes[end] == '!') {
      if (end + 1 >= bytes.size()) value_error("unmatched '{' in format spec");
      conversion = bytes[end + 1];
      end += 2;
      if (end < bytes.size() && bytes[end] != ':') value_error("expected ':' after conversion");
    }
    Text spec;
    if (end < bytes.size()) spec = format(slice(field, end + 1, bytes.size()), depth + 1);
    if (conversion == 's') value = Value::string(to_text(rt_, value));
    if (conversion == 'r' || conversion == 'a') value = Value::string(repr(rt_, value));
    Text out = format_value(value, parse_spec(spec.bytes), spec.bytes.empty());
    return escaping_ ? escape(rt_, like(value, std::move(out))) : out;
  }

  Value find_value(std::string_view path) {
    const size_t first_end = std::min(path.find_first_of(".["), path.size());
    Value value = first_value(path.substr(0, first_end));
    for (size_t pos = first_end; pos < path.size();) {
      rt_.step();
      const bool bracket = path[pos] == '[';
      if (!bracket && path[pos] != '.')
        value_error("only '.' or '[' may follow ']' in format field");
      const size_t end =
          bracket ? path.find(']', pos) : std::min(path.find_first_of(".[", pos + 1), path.size());
      if (end == std::string_view::npos) value_error("missing ']' in format string");
      const std::string_view key = path.substr(pos + 1, end - pos - 1);
      if (key.empty()) value_error("empty attribute in format string");
      const auto index = bracket ? parse_index(key) : std::nullopt;
      if (bracket) {
        value = get_item(rt_, value, index ? Value(*index) : Value::string(std::string(key)));
      } else {
        value = get_attribute(rt_, value, key);
      }
      pos = bracket ? end + 1 : end;
    }
    return value;
  }

  Value first_value(std::string_view name) {
    const auto index = name.empty() ? std::optional(next_index_++) : parse_index(name);
    if (index) {
      (name.empty() ? automatic_ : manual_) = true;
      if (automatic_ && manual_) value_error("cannot mix automatic and manual field numbering");
      if (*index >= int64_t(args_.positional.size())) {
        fail(ErrorCode::kInvalidArgument, "IndexError: replacement index ", *index,
             " out of range for positional args");
      }
      return args_.positional[size_t(*index)];
    }
    for (const auto& [known, value] : args_.named) {
      if (known == name) return value;
    }
    fail(ErrorCode::kInvalidArgument, "KeyError: '", name, "'");
  }

  Text format_value(const Value& value, FieldSpec spec, bool plain) {
    if (plain) return to_text(rt_, value);
    switch (value.kind()) {
      case Kind::kString: {
        if (spec.type != '\0' && spec.type != 's') {
          value_error("unknown format code '", spec.type, "' for object of type 'str'");
        }
        const Text& text = value.text();
        const size_t end = spec.precision < 0 ? text.bytes.size()
                                              : byte_of_char(text.bytes, size_t(spec.precision));
        return place_text(rt_, slice(text, 0, end), spec);
      }
      case Kind::kBool:
      case Kind::kInt:
        return {format_int(*as_index(value), spec), {}};
      case Kind::kFloat:
        return {format_float(value.as_float(), spec), {}};
      default:
        type_error("unsupported format string passed to ", type_name(value), ".__format__");
    }
  }

  std::string format_int(int64_t value, const FieldSpec& spec) {
    if (spec.type != '\0' &&
        std::string_view("eEfFgG%").find(spec.type) != std::string_view::npos) {
      return format_float(double(value), spec);
    }
    if (spec.type == 'c') {
      std::string out;
      append_utf8(out, char32_t(value));
      return place_text(rt_, {out, {}}, spec).bytes;
    }
    if (spec.type != '\0' && std::string_view("bdnoxX").find(spec.type) == std::string_view::npos) {
      value_error("unknown format code '", spec.type, "' for object of type 'int'");
    }
    if (spec.precision >= 0) value_error("precision not allowed in integer format specifier");
    const uint64_t magnitude = value < 0 ? 0 - uint64_t(value) : uint64_t(value);
    return place_number(rt_, value < 0, with_grouping(int_digits(magnitude, spec), spec), spec);
  }

  std::string format_float(double value, FieldSpec spec) {
    if (spec.type != '\0' &&
        std::string_view("eEfFgGn%").find(spec.type) == std::string_view::npos) {
      value_error("unknown format code '", spec.type, "' for object of type 'float'");
    }
    const double magnitude = std::abs(value);
    std::string digits = spec.type == '\0' && spec.precision < 0 ? float_repr(magnitude)
                                                                 : float_digits(magnitude, spec);
    const bool bare = spec.type == '\0' && digits.find_first_of(".en") == std::string::npos;
    if (bare) digits += ".0";
    return place_number(rt_, std::signbit(value), with_grouping(std::move(digits), spec), spec);
  }

  Runtime& rt_;
  const CallArgs& args_;
  bool escaping_;
  int64_t next_index_ = 0;
  bool automatic_ = false;
  bool manual_ = false;
};

}  // namespace

Text format_braces(Runtime& rt, const Text& format, const CallArgs& args, bool escaping) {
  return BraceFormatter(rt, args, escaping).format(format, 0);
}

}  // namespace ridge::text
