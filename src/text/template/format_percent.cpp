// Python's "%" on a string: "%s has %d items" % (name, n).

#include <cmath>

#include "text/template/number_format.h"
#include "text/template/semantics.h"
#include "text/template/string_ops.h"
#include "text/template/unicode.h"

namespace ridge::text {
namespace {

class PercentFormatter {
 public:
  PercentFormatter(Runtime& rt, const Text& format, const Value& argument, bool escaping)
      : rt_(rt), format_(format), bytes_(format.bytes), argument_(argument), escaping_(escaping) {}

  Text run() {
    rt_.make_bytes(bytes_.size());
    size_t done = 0;
    for (size_t at = bytes_.find('%'); at != std::string_view::npos; at = bytes_.find('%', done)) {
      out_.append(format_, done, at);
      pos_ = at + 1;
      format_field(at);
      done = pos_;
      rt_.check_size(out_.size());
    }
    out_.append(format_, done, bytes_.size());
    const bool any_number = argument_.is(Kind::kTuple);
    const size_t given = any_number ? argument_.items().size() : is_mapping() ? used_ : 1;
    if (used_ < given) type_error("not all arguments converted during string formatting");
    return out_.take();
  }

 private:
  // What Python takes for a mapping needs not be used up.
  bool is_mapping() const {
    return argument_.is(Kind::kDict) || argument_.is(Kind::kList) || argument_.is(Kind::kUndefined);
  }

  char peek() const {
    if (pos_ >= bytes_.size()) value_error("incomplete format");
    return bytes_[pos_];
  }

  Value next_argument() {
    const size_t index = used_++;
    if (argument_.is(Kind::kTuple)) {
      if (index >= argument_.items().size()) type_error("not enough arguments for format string");
      return argument_.items()[index];
    }
    if (index > 0) type_error("not enough arguments for format string");
    return argument_;
  }

  Value keyed_argument() {
    const size_t end = bytes_.find(')', pos_);
    if (end == std::string_view::npos) value_error("incomplete format key");
    const std::string_view key = bytes_.substr(pos_ + 1, end - pos_ - 1);
    pos_ = end + 1;
    if (!argument_.is(Kind::kDict)) type_error("format requires a mapping");
    const Value* found = argument_.dict().find(key);
    if (!found) fail(ErrorCode::kInvalidArgument, "KeyError: '", key, "'");
    return *found;
  }

  int64_t number_or_star() {
    if (peek() == '*') {
      ++pos_;
      return require_int(next_argument(), "a field width");
    }
    int64_t n = 0;
    for (; pos_ < bytes_.size() && bytes_[pos_] >= '0' && bytes_[pos_] <= '9'; ++pos_) {
      n = n * 10 + (bytes_[pos_] - '0');
      if (n > INT32_MAX) value_error("width too big");
    }
    return n;
  }

  void read_flags(FieldSpec& spec) {
    for (;; ++pos_) {
      switch (peek()) {
        case '-':
          spec.align = '<';
          break;
        case '+':
          spec.sign = '+';
          break;
        case ' ':
          if (spec.sign == '-') spec.sign = ' ';
          break;
        case '#':
          spec.alternate = true;
          break;
        case '0':
          if (spec.align == '\0') spec.align = '=';
          break;
        default:
          return;
      }
    }
  }

  void format_field(size_t begin) {
    std::optional<Value> keyed;
    if (peek() == '(') keyed = keyed_argument();
    FieldSpec spec;
    read_flags(spec);
    spec.width = number_or_star();
    if (spec.width < 0) {
      spec.align = '<';
      spec.width = -spec.width;
    }
    if (peek() == '.') {
      ++pos_;
      spec.precision =
          int(std::min<int64_t>(std::max<int64_t>(number_or_star(), 0), kMaxPrecision));
    }
    while (peek() == 'h' || peek() == 'l' || peek() == 'L') ++pos_;
    spec.type = peek();
    ++pos_;
    if (spec.type == '%') return out_.append(format_, begin, begin + 1);
    const Value value = keyed ? *keyed : next_argument();
    format_value(value, spec);
  }

  void format_value(const Value& value, FieldSpec spec) {
    switch (spec.type) {
      case 's':
        return format_text(escaping_ ? escape(rt_, value) : to_text(rt_, value), spec);
      case 'r':
      case 'a':
        return format_text({repr(rt_, value), {}}, spec);
      case 'c':
        return format_char(value, spec);
      case 'd':
      case 'i':
      case 'u':
      case 'o':
      case 'x':
      case 'X':
        return format_int(value, spec);
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        return format_float(value, spec);
      default:
        value_error("unsupported format character '", spec.type, "'");
    }
  }

  void format_text(const Text& text, FieldSpec spec) {
    if (spec.align != '<') spec.align = '>';
    const size_t end =
        spec.precision < 0 ? text.bytes.size() : byte_of_char(text.bytes, size_t(spec.precision));
    out_.append(place_text(rt_, slice(text, 0, end), spec));
  }

  void format_char(const Value& value, const FieldSpec& spec) {
    if (value.is(Kind::kString) && count_chars(value.bytes()) == 1) {
      return format_text(value.text(), spec);
    }
    const int64_t code = require_int(value, "the argument of %c");
    if (code < 0 || code > 0x10ffff) {
      fail(ErrorCode::kInvalidArgument, "OverflowError: %c arg not in range(0x110000)");
    }
    Text text;
    append_utf8(text.bytes, char32_t(code));
    format_text(text, spec);
  }

  void place(bool negative, std::string digits, FieldSpec spec) {
    if (spec.align == '=') spec.fill = "0";
    out_.append_untrusted(place_number(rt_, negative, std::move(digits), spec));
  }

  void format_int(const Value& value, const FieldSpec& spec) {
    std::optional<int64_t> number = as_index(value);
    if (!number && value.is(Kind::kFloat) && spec.type != 'x' && spec.type != 'X' &&
        spec.type != 'o') {
      if (!(std::abs(value.as_float()) < 0x1p63)) {
        fail(ErrorCode::kUnsupported, "a number too large for %d in a template");
      }
      number = int64_t(value.as_float());
    }
    if (!number)
      type_error("%", spec.type, " format: a number is required, not ", type_name(value));
    const uint64_t magnitude = *number < 0 ? 0 - uint64_t(*number) : uint64_t(*number);
    std::string digits = int_digits(magnitude, spec);
    if (spec.precision > int(digits.size())) {
      digits.insert(0, size_t(spec.precision) - digits.size(), '0');
    }
    place(*number < 0, std::move(digits), spec);
  }

  void format_float(const Value& value, const FieldSpec& spec) {
    const auto number = as_number(value);
    if (!number) type_error("must be real number, not ", type_name(value));
    place(std::signbit(*number), float_digits(std::abs(*number), spec), spec);
  }

  Runtime& rt_;
  const Text& format_;
  std::string_view bytes_;
  const Value& argument_;
  bool escaping_;
  TextBuilder out_;
  size_t pos_ = 0;
  size_t used_ = 0;
};

}  // namespace

Text format_percent(Runtime& rt, const Text& format, const Value& argument, bool escaping) {
  return PercentFormatter(rt, format, argument, escaping).run();
}

}  // namespace ridge::text
