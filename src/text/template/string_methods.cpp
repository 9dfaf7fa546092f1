// The methods of Python's str.

#include <algorithm>
#include <array>

#include "text/template/builtin_objects.h"
#include "text/template/search.h"
#include "text/template/semantics.h"
#include "text/template/string_ops.h"
#include "text/template/unicode.h"

namespace ridge::text {
namespace {

constexpr size_t npos = std::string_view::npos;

bool is_given(const Value* value) {
  return value && !value->is(Kind::kNone);
}

const std::string* optional_text(const Value* value, std::string_view what) {
  return is_given(value) ? &require_text(*value, what).bytes : nullptr;
}

template <CaseMap kMap>
Value change_case(Runtime& rt, const Value& self, const CallArgs& args) {
  bind(args, {"str method", {}});
  return like(self, map_case(rt, self.text(), kMap));
}

template <Sides kSides>
Value strip_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto bound = bind(args, {"strip", {"chars"}});
  return like(self, strip(rt, self.text(), optional_text(bound[0], "strip's argument"), kSides));
}

Value to_list(const Value& self, std::vector<Text> parts) {
  std::vector<Value> items;
  items.reserve(parts.size());
  for (Text& part : parts) items.push_back(like(self, std::move(part)));
  return Value::list(std::move(items));
}

Split split_arguments(const CallArgs& args) {
  const auto bound = bind(args, {"split", {"sep", "maxsplit"}});
  Split how{.separator = optional_text(bound[0], "a separator")};
  if (how.separator && how.separator->empty()) value_error("empty separator");
  if (bound[1]) how.limit = require_int(*bound[1], "maxsplit");
  return how;
}

Value split_method(Runtime& rt, const Value& self, const CallArgs& args) {
  return to_list(self, split(rt, self.text(), split_arguments(args)));
}

Value rsplit_method(Runtime& rt, const Value& self, const CallArgs& args) {
  return to_list(self, rsplit(rt, self.text(), split_arguments(args)));
}

Value splitlines_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto bound = bind(args, {"splitlines", {"keepends"}});
  const bool keep = bound[0] && truthy(rt, *bound[0]);
  return to_list(self, split_lines(rt, self.text(), keep ? LineEnds::kKeep : LineEnds::kDrop));
}

Value partition_at(const Value& self, size_t at, std::string_view separator) {
  const Text& text = self.text();
  return Value::tuple({like(self, slice(text, 0, at)),
                       like(self, slice(text, at, at + separator.size())),
                       like(self, slice(text, at + separator.size(), text.bytes.size()))});
}

const std::string& separator_argument(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto bound = bind(args, {"partition", {"sep"}, 1});
  const std::string& separator = require_text(*bound[0], "a separator").bytes;
  if (separator.empty()) value_error("empty separator");
  rt.make_bytes(self.bytes().size());
  return separator;
}

Value partition_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const std::string& separator = separator_argument(rt, self, args);
  const size_t at = find_bytes(self.bytes(), separator);
  if (at != npos) return partition_at(self, at, separator);
  return Value::tuple({self, Value::string(""), Value::string("")});
}

Value rpartition_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const std::string& separator = separator_argument(rt, self, args);
  const size_t at = rfind_bytes(self.bytes(), separator);
  if (at != npos) return partition_at(self, at, separator);
  return Value::tuple({Value::string(""), Value::string(""), self});
}

Value replace_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto bound = bind(args, {"replace", {"old", "new", "count"}, 2});
  require_text(*bound[0], "replace's first argument");
  require_text(*bound[1], "replace's second argument");
  const int64_t count = bound[2] ? require_int(*bound[2], "count") : -1;
  if (!self.is_markup()) {
    return Value::string(replace(rt, self.text(), bound[0]->bytes(), bound[1]->text(), count));
  }
  const Text with = escape(rt, *bound[1]);
  return Value::markup(replace(rt, self.text(), bound[0]->bytes(), with, count));
}

Value join_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto bound = bind(args, {"join", {"iterable"}, 1});
  TextBuilder out;
  bool first = true;
  const auto cursor = iterate(rt, *bound[0]);
  while (const auto item = cursor->next(rt)) {
    if (!std::exchange(first, false)) append_text(rt, out, self);
    require_text(*item, "an item to join");
    out.append(self.is_markup() ? escape(rt, *item) : item->text());
    rt.step_bytes(item->bytes().size());
    rt.check_size(out.size());
  }
  return like(self, out.take());
}

// The part of self that find, count, startswith, … look at: [begin, end) in bytes.
struct Window {
  size_t begin = 0;
  size_t end = 0;
  bool valid = true;  // false: starts beyond the end of the text
};

Window window(const Value& self, const Value* start, const Value* end) {
  const std::string_view text = self.bytes();
  Window out{0, text.size(), true};
  if (!is_given(start) && !is_given(end)) return out;
  const auto n = int64_t(count_chars(text));
  const auto place = [&](const Value* value, int64_t otherwise) {
    if (!is_given(value)) return otherwise;
    const int64_t at = require_int(*value, "a slice index");
    return at < 0 ? std::max<int64_t>(at + n, 0) : at;
  };
  const int64_t first = place(start, 0);
  const int64_t last = std::min(place(end, n), n);
  out.valid = first <= n && first <= last;
  out.begin = byte_of_char(text, size_t(std::min(first, n)));
  out.end = std::max(out.begin, byte_of_char(text, size_t(last)));
  return out;
}

struct Search {
  const Value* needle;
  Window window;
};

Search search_arguments(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto bound = bind(args, {"str method", {"sub", "start", "end"}, 1});
  rt.make_bytes(self.bytes().size());
  return {bound[0], window(self, bound[1], bound[2])};
}

template <bool kFromRight>
int64_t find_in(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [needle, where] = search_arguments(rt, self, args);
  const std::string& wanted = require_text(*needle, "the text to find").bytes;
  if (!where.valid) return -1;
  const std::string_view part = self.bytes().substr(where.begin, where.end - where.begin);
  const size_t at = kFromRight ? rfind_bytes(part, wanted) : find_bytes(part, wanted);
  return at == npos ? -1 : int64_t(count_chars(self.bytes().substr(0, where.begin + at)));
}

template <bool kFromRight>
Value find_method(Runtime& rt, const Value& self, const CallArgs& args) {
  return Value(find_in<kFromRight>(rt, self, args));
}

template <bool kFromRight>
Value index_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const int64_t at = find_in<kFromRight>(rt, self, args);
  if (at < 0) value_error("substring not found");
  return Value(at);
}

Value count_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [needle, where] = search_arguments(rt, self, args);
  const std::string& wanted = require_text(*needle, "the text to count").bytes;
  if (!where.valid) return Value(int64_t{0});
  const std::string_view part = self.bytes().substr(where.begin, where.end - where.begin);
  if (wanted.empty()) return Value(int64_t(count_chars(part)) + 1);
  int64_t n = 0;
  for (size_t at = find_bytes(part, wanted); at != npos;
       at = find_bytes(part, wanted, at + wanted.size())) {
    rt.step_bytes(wanted.size());
    ++n;
  }
  return Value(n);
}

template <bool kAtEnd>
Value affix_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [affix, where] = search_arguments(rt, self, args);
  const std::string_view part = self.bytes().substr(where.begin, where.end - where.begin);
  const auto matches = [&, valid = where.valid](const Value& value) {
    const std::string& wanted = require_text(value, "a prefix or suffix").bytes;
    return valid && (kAtEnd ? part.ends_with(wanted) : part.starts_with(wanted));
  };
  if (!affix->is(Kind::kTuple)) return Value(matches(*affix));
  return Value(std::any_of(affix->items().begin(), affix->items().end(), matches));
}

template <bool kAtEnd>
Value remove_affix(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto bound = bind(args, {"removeprefix", {"affix"}, 1});
  const std::string& affix = require_text(*bound[0], "a prefix or suffix").bytes;
  const size_t size = self.bytes().size();
  rt.make_bytes(size);
  if (kAtEnd && self.bytes().ends_with(affix)) {
    return like(self, slice(self.text(), 0, size - affix.size()));
  }
  if (!kAtEnd && self.bytes().starts_with(affix)) {
    return like(self, slice(self.text(), affix.size(), size));
  }
  return self;
}

// Every character satisfies the predicate, and there is one.
template <bool (*kPredicate)(char32_t)>
Value all_chars(Runtime& rt, const Value& self, const CallArgs& args) {
  bind(args, {"str method", {}});
  const std::string_view text = self.bytes();
  rt.step_bytes(text.size());
  for (size_t pos = 0; pos < text.size();) {
    const Char c = char_at(text, pos);
    if (!kPredicate(c.code)) return Value(false);
    pos += c.length;
  }
  return Value(!text.empty());
}

bool is_alphanumeric(char32_t code) {
  return is_alpha(code) || is_digit(code) || is_numeric(code);
}

Value isprintable_method(Runtime& rt, const Value& self, const CallArgs& args) {
  return self.bytes().empty() ? Value(true) : all_chars<is_printable>(rt, self, args);
}

Value isascii_method(Runtime& rt, const Value& self, const CallArgs& args) {
  bind(args, {"isascii", {}});
  rt.step_bytes(self.bytes().size());
  return Value(is_ascii(self.bytes()));
}

Value isidentifier_method(Runtime& rt, const Value& self, const CallArgs& args) {
  bind(args, {"isidentifier", {}});
  const std::string_view text = self.bytes();
  rt.step_bytes(text.size());
  for (size_t pos = 0; pos < text.size();) {
    const Char c = char_at(text, pos);
    const bool fits = is_alpha(c.code) || c.code == '_' || (pos > 0 && is_decimal(c.code));
    if (!fits) return Value(false);
    pos += c.length;
  }
  return Value(!text.empty());
}

// isupper and islower: no character of the other case, at least one of this.
template <bool (*kWanted)(char32_t), bool (*kRefused)(char32_t)>
Value cased_as(Runtime& rt, const Value& self, const CallArgs& args) {
  bind(args, {"str method", {}});
  const std::string_view text = self.bytes();
  rt.step_bytes(text.size());
  bool found = false;
  for (size_t pos = 0; pos < text.size();) {
    const Char c = char_at(text, pos);
    if (kRefused(c.code) || is_title(c.code)) return Value(false);
    found |= kWanted(c.code);
    pos += c.length;
  }
  return Value(found);
}

Value istitle_method(Runtime& rt, const Value& self, const CallArgs& args) {
  bind(args, {"istitle", {}});
  const std::string_view text = self.bytes();
  rt.step_bytes(text.size());
  bool after_cased = false;
  bool found = false;
  for (size_t pos = 0; pos < text.size();) {
    const Char c = char_at(text, pos);
    const bool capital = is_upper(c.code) || is_title(c.code);
    if (capital ? after_cased : is_lower(c.code) && !after_cased) return Value(false);
    after_cased = capital || is_lower(c.code);
    found |= after_cased;
    pos += c.length;
  }
  return Value(found);
}

enum class Align { kLeft, kRight, kCenter };

template <Align kAlign>
Value align_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto bound = bind(args, {"center", {"width", "fillchar"}, 1});
  const int64_t width = require_int(*bound[0], "a width");
  std::string_view fill = " ";
  if (bound[1]) fill = require_text(*bound[1], "a fill character").bytes;
  if (count_chars(fill) != 1) type_error("the fill character must be exactly one character long");
  const int64_t room = width - int64_t(count_chars(self.bytes()));
  if (room <= 0) return self;
  Padding padding{.fill = fill};
  if (kAlign == Align::kCenter) {
    padding.left = room / 2 + (room & width & 1);
  } else if (kAlign == Align::kRight) {
    padding.left = room;
  }
  padding.right = room - padding.left;
  return like(self, pad(rt, self.text(), padding));
}

Value zfill_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto bound = bind(args, {"zfill", {"width"}, 1});
  const int64_t room = require_int(*bound[0], "a width") - int64_t(count_chars(self.bytes()));
  if (room <= 0) return self;
  const size_t sign = self.bytes().starts_with('+') || self.bytes().starts_with('-') ? 1 : 0;
  TextBuilder out;
  out.append(self.text(), 0, sign);
  out.append(pad(rt, slice(self.text(), sign, self.bytes().size()), {.left = room, .fill = "0"}));
  return like(self, out.take());
}

Value expandtabs_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto bound = bind(args, {"expandtabs", {"tabsize"}});
  const int64_t size = bound[0] ? require_int(*bound[0], "tabsize") : 8;
  rt.make_bytes(self.bytes().size());
  TextBuilder out;
  int64_t column = 0;
  for (size_t pos = 0; pos < self.bytes().size();) {
    const Char c = char_at(self.bytes(), pos);
    if (c.code == '\t') {
      const int64_t blanks = size > 0 ? size - column % size : 0;
      out.append(pad(rt, {}, {.left = blanks}));
      rt.check_size(out.size());
      column += blanks;
    } else {
      out.append(self.text(), pos, pos + c.length);
      column = c.code == '\n' || c.code == '\r' ? 0 : column + 1;
    }
    pos += c.length;
  }
  return like(self, out.take());
}

Value format_method(Runtime& rt, const Value& self, const CallArgs& args) {
  return like(self, format_braces(rt, self.text(), args, self.is_markup()));
}

Value format_map_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto bound = bind(args, {"format_map", {"mapping"}, 1});
  if (!bound[0]->is(Kind::kDict)) type_error("format_map() needs a mapping");
  CallArgs named;
  for (const auto& [key, value] : bound[0]->dict().items()) {
    if (key.is(Kind::kString)) named.named.emplace_back(key.bytes(), value);
  }
  return format_method(rt, self, named);
}

// In the order of their names, for the search below.
constexpr Method kMethods[] = {
    {"capitalize", change_case<CaseMap::kCapitalize>},
    {"casefold", change_case<CaseMap::kFold>},
    {"center", align_method<Align::kCenter>},
    {"count", count_method},
    {"encode", nullptr},
    {"endswith", affix_method<true>},
    {"expandtabs", expandtabs_method},
    {"find", find_method<false>},
    {"format", format_method},
    {"format_map", format_map_method},
    {"index", index_method<false>},
    {"isalnum", all_chars<is_alphanumeric>},
    {"isalpha", all_chars<is_alpha>},
    {"isascii", isascii_method},
    {"isdecimal", all_chars<is_decimal>},
    {"isdigit", all_chars<is_digit>},
    {"isidentifier", isidentifier_method},
    {"islower", cased_as<is_lower, is_upper>},
    {"isnumeric", all_chars<is_numeric>},
    {"isprintable", isprintable_method},
    {"isspace", all_chars<is_space>},
    {"istitle", istitle_method},
    {"isupper", cased_as<is_upper, is_lower>},
    {"join", join_method},
    {"ljust", align_method<Align::kLeft>},
    {"lower", change_case<CaseMap::kLower>},
    {"lstrip", strip_method<Sides::kLeft>},
    {"maketrans", nullptr},
    {"partition", partition_method},
    {"removeprefix", remove_affix<false>},
    {"removesuffix", remove_affix<true>},
    {"replace", replace_method},
    {"rfind", find_method<true>},
    {"rindex", index_method<true>},
    {"rjust", align_method<Align::kRight>},
    {"rpartition", rpartition_method},
    {"rsplit", rsplit_method},
    {"rstrip", strip_method<Sides::kRight>},
    {"split", split_method},
    {"splitlines", splitlines_method},
    {"startswith", affix_method<false>},
    {"strip", strip_method<Sides::kBoth>},
    {"swapcase", change_case<CaseMap::kSwap>},
    {"title", change_case<CaseMap::kTitle>},
    {"translate", nullptr},
    {"upper", change_case<CaseMap::kUpper>},
    {"zfill", zfill_method},
};
static_assert(std::is_sorted(std::begin(kMethods), std::end(kMethods),
                             [](const Method& a, const Method& b) { return a.name < b.name; }));

}  // namespace

const Method* find_string_method(std::string_view name) {
  const auto* it =
      std::lower_bound(std::begin(kMethods), std::end(kMethods), name,
                       [](const Method& method, std::string_view n) { return method.name < n; });
  return it != std::end(kMethods) && it->name == name ? it : nullptr;
}

}  // namespace ridge::text
