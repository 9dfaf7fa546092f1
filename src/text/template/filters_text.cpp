// Filters on strings.

#include "text/template/filter_tables.h"
#include "text/template/search.h"
#include "text/template/semantics.h"
#include "text/template/string_ops.h"
#include "text/template/tojson.h"
#include "text/template/unicode.h"

namespace ridge::text {
namespace {

// What markupsafe.soft_str does: strings as they are, others by str().
Value soft(Runtime& rt, const Value& input) {
  return input.is(Kind::kString) ? input : Value::string(to_text(rt, input));
}

template <CaseMap kMap>
Value filter_case(Runtime& rt, const Value& input, const CallArgs& args) {
  bind(args, {"a case filter", {}});
  const Value text = soft(rt, input);
  return like(text, map_case(rt, text.text(), kMap));
}

Value filter_title(Runtime& rt, const Value& input, const CallArgs& args) {
  bind(args, {"title", {}});
  return Value::string(title_words(rt, soft(rt, input).text()));
}

Value filter_trim(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"trim", {"chars"}});
  const std::string* chars = nullptr;
  if (bound[0] && !bound[0]->is(Kind::kNone)) chars = &require_text(*bound[0], "chars").bytes;
  const Value text = soft(rt, input);
  return like(text, strip(rt, text.text(), chars, Sides::kBoth));
}

Value filter_replace(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"replace", {"old", "new", "count"}, 2});
  const bool counted = bound[2] && !bound[2]->is(Kind::kNone);
  const int64_t count = counted ? require_int(*bound[2], "count") : -1;
  const Text old = to_text(rt, *bound[0]);
  return Value::string(replace(rt, to_text(rt, input), old.bytes, to_text(rt, *bound[1]), count));
}

Value filter_string(Runtime& rt, const Value& input, const CallArgs& args) {
  bind(args, {"string", {}});
  return soft(rt, input);
}

Value filter_safe(Runtime& rt, const Value& input, const CallArgs& args) {
  bind(args, {"safe", {}});
  return Value::markup(to_text(rt, input));
}

Value filter_escape(Runtime& rt, const Value& input, const CallArgs& args) {
  bind(args, {"escape", {}});
  return Value::markup(escape(rt, input));
}

Value filter_forceescape(Runtime& rt, const Value& input, const CallArgs& args) {
  bind(args, {"forceescape", {}});
  return Value::markup(escape(rt, Value::string(to_text(rt, input))));
}

Value filter_format(Runtime& rt, const Value& input, const CallArgs& args) {
  const Value format = soft(rt, input);
  if (!args.positional.empty() && !args.named.empty()) {
    fail(ErrorCode::kInvalidArgument,
         "FilterArgumentError: can't handle positional and keyword arguments at the same time");
  }
  Value argument = Value::tuple(args.positional);
  if (!args.named.empty()) {
    std::vector<DictData::Item> items;
    for (const auto& [name, value] : args.named) items.emplace_back(Value::string(name), value);
    argument = Value::dict(std::move(items));
  }
  return like(format, format_percent(rt, format.text(), argument, format.is_markup()));
}

Text indentation(Runtime& rt, const Value* width) {
  if (width && width->is(Kind::kString)) return width->text();
  const int64_t n = width ? require_int(*width, "width") : 4;
  return pad(rt, {}, {.left = n});
}

Value filter_indent(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"indent", {"width", "first", "blank"}});
  const Text indent = indentation(rt, bound[0]);
  const bool first = bound[1] && truthy(rt, *bound[1]);
  const bool blank = bound[2] && truthy(rt, *bound[2]);
  TextBuilder whole;
  whole.append(require_text(input, "what is indented"));
  whole.append_trusted("\n");
  const std::vector<Text> lines = split_lines(rt, whole.take(), LineEnds::kDrop);
  TextBuilder out;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out.append_trusted("\n");
    const bool wanted = i == 0 ? first : blank || !lines[i].bytes.empty();
    if (wanted) out.append(indent);
    out.append(lines[i]);
    rt.make_bytes(indent.bytes.size());
    rt.check_size(out.size());
  }
  return like(input, out.take());
}

Value filter_center(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"center", {"width"}});
  const Value text = soft(rt, input);
  const int64_t width = bound[0] ? require_int(*bound[0], "width") : 80;
  const int64_t room = width - int64_t(count_chars(text.bytes()));
  if (room <= 0) return text;
  const int64_t left = room / 2 + (room & width & 1);
  return like(text, pad(rt, text.text(), {.left = left, .right = room - left}));
}

Value filter_truncate(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"truncate", {"length", "killwords", "end", "leeway"}});
  const int64_t size = bound[0] ? require_int(*bound[0], "length") : 255;
  const bool kill = bound[1] && truthy(rt, *bound[1]);
  const Text end = bound[2] ? require_text(*bound[2], "end") : Text{"...", {}};
  const bool has_leeway = bound[3] && !bound[3]->is(Kind::kNone);
  const int64_t leeway = has_leeway ? require_int(*bound[3], "leeway") : 5;
  const auto end_size = int64_t(count_chars(end.bytes));
  if (size < end_size || leeway < 0) {
    fail(ErrorCode::kInvalidArgument, "AssertionError: truncate expects length >= ", end_size,
         " and leeway >= 0, got ", size, " and ", leeway);
  }
  const Text& text = require_text(input, "what is truncated");
  rt.make_bytes(text.bytes.size());
  if (int64_t(count_chars(text.bytes)) <= size + leeway) return input;
  size_t stop = byte_of_char(text.bytes, size_t(size - end_size));
  if (!kill) {
    const size_t blank = std::string_view(text.bytes).substr(0, stop).rfind(' ');
    if (blank != std::string_view::npos) stop = blank;
  }
  TextBuilder out;
  out.append(text, 0, stop);
  out.append(end);
  return like(input, out.take());
}

Value filter_wordcount(Runtime& rt, const Value& input, const CallArgs& args) {
  bind(args, {"wordcount", {}});
  const Value text = soft(rt, input);
  rt.make_bytes(text.bytes().size());
  int64_t words = 0;
  bool inside = false;
  for (size_t pos = 0; pos < text.bytes().size();) {
    const Char c = char_at(text.bytes(), pos);
    const bool part = is_alpha(c.code) || is_numeric(c.code) || c.code == '_';
    words += part && !inside;
    inside = part;
    pos += c.length;
  }
  return Value(words);
}

Value filter_join(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"join", {"d", "attribute"}});
  const Text separator = bound[0] ? to_text(rt, *bound[0]) : Text{};
  const bool by_attribute = bound[1] && !bound[1]->is(Kind::kNone);
  TextBuilder out;
  bool first = true;
  const auto cursor = iterate(rt, input);
  while (auto item = cursor->next(rt)) {
    if (!std::exchange(first, false)) {
      rt.make_bytes(separator.bytes.size());
      out.append(separator);
    }
    append_text(rt, out, by_attribute ? get_path(rt, *item, *bound[1]) : *item);
  }
  return Value::string(out.take());
}

bool stays_in_url(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("_.-~/").find(c) != std::string_view::npos;
}

Value filter_urlencode(Runtime& rt, const Value& input, const CallArgs& args) {
  bind(args, {"urlencode", {}});
  if (is_iterable(input) && !input.is(Kind::kString)) {
    fail(ErrorCode::kUnsupported, "the filter 'urlencode' is only supported on strings");
  }
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : to_text(rt, input).bytes) {
    if (stays_in_url(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return Value::string(std::move(out));
}

constexpr FilterEntry kFilters[] = {
    {"upper", filter_case<CaseMap::kUpper>},
    {"lower", filter_case<CaseMap::kLower>},
    {"capitalize", filter_case<CaseMap::kCapitalize>},
    {"title", filter_title},
    {"trim", filter_trim},
    {"replace", filter_replace},
    {"string", filter_string},
    {"safe", filter_safe},
    {"e", filter_escape},
    {"escape", filter_escape},
    {"forceescape", filter_forceescape},
    {"format", filter_format},
    {"indent", filter_indent},
    {"center", filter_center},
    {"truncate", filter_truncate},
    {"wordcount", filter_wordcount},
    {"join", filter_join},
    {"urlencode", filter_urlencode},
    {"tojson", filter_tojson},
};

}  // namespace

std::span<const FilterEntry> text_filters() {
  return kFilters;
}

}  // namespace ridge::text
