#include "text/template/tojson.h"

#include <algorithm>
#include <cmath>

#include "text/template/merge_sort.h"
#include "text/template/semantics.h"
#include "text/template/unicode.h"

namespace ridge::text {
namespace {

struct JsonStyle {
  bool ensure_ascii = false;
  bool sort_keys = false;
  bool indented = false;
  std::string indent;
  std::string item_separator = ", ";
  std::string key_separator = ": ";
};

class JsonWriter {
 public:
  JsonWriter(Runtime& rt, JsonStyle style) : rt_(rt), style_(std::move(style)) {}

  std::string run(const Value& value) {
    write(value, 0);
    return std::move(out_);
  }

 private:
  void write(const Value& value, int depth) {
    rt_.step();
    rt_.check_size(out_.size());
    switch (value.kind()) {
      case Kind::kNone:
        out_ += "null";
        return;
      case Kind::kBool:
        out_ += value.as_bool() ? "true" : "false";
        return;
      case Kind::kInt:
        append(out_, value.as_int());
        return;
      case Kind::kFloat:
        out_ += float_text(value.as_float());
        return;
      case Kind::kString:
        return write_string(value.bytes());
      case Kind::kList:
      case Kind::kTuple:
        return write_list(value.items(), depth);
      case Kind::kDict:
        return write_dict(value.dict(), depth);
      default:
        type_error("Object of type ", type_name(value), " is not JSON serializable");
    }
  }

  static std::string float_text(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
    return float_repr(value);
  }

  void new_line(int depth) {
    if (!style_.indented) return;
    rt_.make_bytes(style_.indent.size() * size_t(depth));
    out_ += '\n';
    for (int i = 0; i < depth; ++i) out_ += style_.indent;
  }

  void write_list(const std::vector<Value>& items, int depth) {
    out_ += '[';
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += style_.item_separator;
      new_line(depth + 1);
      write(items[i], depth + 1);
    }
    if (!items.empty()) new_line(depth);
    out_ += ']';
  }

  void write_dict(const DictData& dict, int depth) {
    std::vector<const DictData::Item*> items;
    for (const auto& item : dict.items()) items.push_back(&item);
    if (style_.sort_keys) {
      merge_sort(items,
                 [&](const auto* a, const auto* b) { return less(rt_, a->first, b->first); });
    }
    out_ += '{';
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += style_.item_separator;
      new_line(depth + 1);
      write_string(key_text(items[i]->first));
      out_ += style_.key_separator;
      write(items[i]->second, depth + 1);
    }
    if (!items.empty()) new_line(depth);
    out_ += '}';
  }

  static std::string key_text(const Value& key) {
    switch (key.kind()) {
      case Kind::kString:
        return std::string(key.bytes());
      case Kind::kNone:
        return "null";
      case Kind::kBool:
        return key.as_bool() ? "true" : "false";
      case Kind::kInt:
        return cat(key.as_int());
      case Kind::kFloat:
        return float_text(key.as_float());
      default:
        type_error("keys must be str, int, float, bool or None, not ", type_name(key));
    }
  }

  void write_unit(uint32_t unit) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    out_ += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out_ += kDigits[(unit >> shift) & 15];
  }

  void write_string(std::string_view text) {
    rt_.make_bytes(text.size());
    out_ += '"';
    for (size_t pos = 0; pos < text.size();) {
      const Char c = char_at(text, pos);
      write_char(c.code, text.substr(pos, c.length));
      pos += c.length;
    }
    out_ += '"';
  }

  void write_char(char32_t code, std::string_view bytes) {
    static constexpr std::string_view kShort = "\"\\\n\r\t\f\b";
    static constexpr std::string_view kNames = "\"\\nrtfb";
    const size_t named = code < 0x80 ? kShort.find(char(code)) : std::string_view::npos;
    if (named != std::string_view::npos) {
      out_ += '\\';
      out_ += kNames[named];
    } else if (code < 0x20 || (style_.ensure_ascii && code >= 0x7f && code <= 0xffff)) {
      write_unit(code);
    } else if (style_.ensure_ascii && code > 0xffff) {
      write_unit(0xd800 + ((code - 0x10000) >> 10));
      write_unit(0xdc00 + ((code - 0x10000) & 0x3ff));
    } else {
      out_ += bytes;
    }
  }

  Runtime& rt_;
  JsonStyle style_;
  std::string out_;
};

void read_indent(Runtime& rt, const Value& indent, JsonStyle& style) {
  if (indent.is(Kind::kNone)) return;
  style.indented = true;
  style.item_separator.assign(1, ',');
  if (indent.is(Kind::kString)) {
    style.indent = indent.bytes();
    return;
  }
  const int64_t n = std::max<int64_t>(require_int(indent, "indent"), 0);
  rt.make_bytes(size_t(n));
  style.indent.assign(size_t(n), ' ');
}

void read_separators(Runtime& rt, const Value& separators, JsonStyle& style) {
  if (separators.is(Kind::kNone)) return;
  const std::vector<Value> parts = to_items(rt, separators);
  if (parts.size() != 2) value_error("separators must be a pair of strings");
  style.item_separator = require_text(parts[0], "a separator").bytes;
  style.key_separator = require_text(parts[1], "a separator").bytes;
}

}  // namespace

Value filter_tojson(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"tojson", {"ensure_ascii", "indent", "separators", "sort_keys"}});
  JsonStyle style;
  if (bound[0]) style.ensure_ascii = truthy(rt, *bound[0]);
  if (bound[1]) read_indent(rt, *bound[1], style);
  if (bound[2]) read_separators(rt, *bound[2], style);
  if (bound[3]) style.sort_keys = truthy(rt, *bound[3]);
  return Value::string(JsonWriter(rt, std::move(style)).run(input));
}

}  // namespace ridge::text
