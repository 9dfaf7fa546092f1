#include "text/template/value.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "base/error.h"
#include "text/template/object.h"

namespace ridge::text {
namespace {

// A dictionary of fewer items is searched in order: that is faster than hashing.
constexpr size_t kHashedFrom = 9;
// What a tuple used as a key may hold: enough for every template, and cheap to hash.
constexpr size_t kMaxKeyTuple = 16;

int depth_over(const std::vector<Value>& items) {
  int depth = 0;
  for (const Value& item : items) depth = std::max(depth, item.depth());
  if (depth >= kMaxValueDepth) {
    fail(ErrorCode::kUnsupported, "a template value is nested deeper than the limit of ",
         kMaxValueDepth, " levels");
  }
  return depth + 1;
}

std::optional<double> number_of(const Value& value) {
  switch (value.kind()) {
    case Kind::kBool:
      return value.as_bool() ? 1.0 : 0.0;
    case Kind::kInt:
      return double(value.as_int());
    case Kind::kFloat:
      return value.as_float();
    default:
      return std::nullopt;
  }
}

size_t hash_key(const Value& key) {
  switch (key.kind()) {
    case Kind::kString:
      return std::hash<std::string_view>{}(key.bytes());
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kFloat:
      return std::hash<double>{}(*number_of(key));
    case Kind::kTuple: {
      if (key.items().size() > kMaxKeyTuple || key.depth() > 1) {
        fail(ErrorCode::kUnsupported, "a tuple that is nested or has more than ", kMaxKeyTuple,
             " items is not supported as a dictionary key");
      }
      size_t hash = key.items().size();
      for (const Value& item : key.items()) hash = hash * 1000003 + hash_key(item);
      return hash;
    }
    case Kind::kObject:
      return std::hash<const void*>{}(&key.object());
    case Kind::kList:
    case Kind::kDict:
      fail(ErrorCode::kInvalidArgument, "TypeError: unhashable type: '",
           key.is(Kind::kList) ? "list" : "dict", "'");
    default:
      return size_t(key.kind());
  }
}

bool same_key(const Value& a, const Value& b) {
  if (a.is(Kind::kString) || b.is(Kind::kString)) {
    return a.is(Kind::kString) && b.is(Kind::kString) && a.bytes() == b.bytes();
  }
  if (a.is(Kind::kInt) && b.is(Kind::kInt)) return a.as_int() == b.as_int();
  const auto x = number_of(a);
  const auto y = number_of(b);
  if (x || y) return x && y && *x == *y;
  if (a.is(Kind::kTuple) && b.is(Kind::kTuple)) {
    return std::equal(a.items().begin(), a.items().end(), b.items().begin(), b.items().end(),
                      same_key);
  }
  if (a.is(Kind::kObject) && b.is(Kind::kObject)) return &a.object() == &b.object();
  return a.kind() == b.kind() && (a.is(Kind::kNone) || a.is(Kind::kUndefined));
}

}  // namespace

std::string UndefinedData::message() const {
  if (!hint.empty()) return hint;
  if (owner_type.empty()) return cat("'", name, "' is undefined");
  return cat("'", owner_type, "' has no attribute '", name, "'");
}

DictData::DictData(std::vector<Item> items) {
  int depth = 0;
  items_.reserve(items.size());
  const bool hashed = items.size() >= kHashedFrom;
  for (Item& item : items) {
    depth = std::max({depth, item.first.depth(), item.second.depth()});
    const size_t hash = hash_key(item.first);
    const Value* known = hashed ? find_hashed(item.first, hash) : find(item.first);
    if (known) {
      const_cast<Value&>(*known) = std::move(item.second);
      continue;
    }
    if (hashed) index_.emplace(hash, items_.size());
    items_.push_back(std::move(item));
  }
  if (depth >= kMaxValueDepth) {
    fail(ErrorCode::kUnsupported, "a template value is nested deeper than the limit of ",
         kMaxValueDepth, " levels");
  }
  depth_ = depth + 1;
}

const Value* DictData::find_hashed(const Value& key, size_t hash) const {
  const auto [begin, end] = index_.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    const Item& item = items_[it->second];
    if (same_key(item.first, key)) return &item.second;
  }
  return nullptr;
}

const Value* DictData::find(const Value& key) const {
  const size_t hash = hash_key(key);
  if (!index_.empty()) return find_hashed(key, hash);
  for (const Item& item : items_) {
    if (same_key(item.first, key)) return &item.second;
  }
  return nullptr;
}

const Value* DictData::find(std::string_view key) const {
  const auto is_key = [&](const Item& item) {
    return item.first.is(Kind::kString) && item.first.bytes() == key;
  };
  if (index_.empty()) {
    const auto it = std::find_if(items_.begin(), items_.end(), is_key);
    return it == items_.end() ? nullptr : &it->second;
  }
  const auto [begin, end] = index_.equal_range(std::hash<std::string_view>{}(key));
  for (auto it = begin; it != end; ++it) {
    if (is_key(items_[it->second])) return &items_[it->second].second;
  }
  return nullptr;
}

Value Value::none() {
  return holding(None{});
}

Value Value::undefined(UndefinedData why) {
  return holding(UndefinedPtr(std::make_shared<const UndefinedData>(std::move(why))));
}

Value Value::string(std::string bytes) {
  return string(Text{std::move(bytes), {}});
}

Value Value::trusted(std::string bytes) {
  Text text{std::move(bytes), {}};
  if (!text.bytes.empty()) text.trusted.push_back({0, text.bytes.size()});
  return string(std::move(text));
}

Value Value::string(Text text) {
  return holding(StringPtr(std::make_shared<const StringData>(StringData{std::move(text), false})));
}

Value Value::markup(Text text) {
  return holding(StringPtr(std::make_shared<const StringData>(StringData{std::move(text), true})));
}

Value Value::list(std::vector<Value> items) {
  const int depth = depth_over(items);
  return holding(ListPtr(std::make_shared<const ListData>(ListData{std::move(items), depth})));
}

Value Value::tuple(std::vector<Value> items) {
  const int depth = depth_over(items);
  return holding(Tuple{std::make_shared<const ListData>(ListData{std::move(items), depth})});
}

Value Value::dict(std::vector<DictData::Item> items) {
  return holding(DictPtr(std::make_shared<const DictData>(std::move(items))));
}

Value Value::object(std::shared_ptr<Object> object) {
  return holding(std::move(object));
}

bool Value::is_markup() const {
  const auto* data = std::get_if<StringPtr>(&data_);
  return data && (*data)->markup;
}

const std::vector<Value>& Value::items() const {
  if (const auto* tuple = std::get_if<Tuple>(&data_)) return tuple->data->items;
  return std::get<ListPtr>(data_)->items;
}

std::string Value::undefined_message() const {
  const auto& why = std::get<UndefinedPtr>(data_);
  return why ? why->message() : "a value is undefined";
}

int Value::depth() const {
  switch (kind()) {
    case Kind::kList:
      return std::get<ListPtr>(data_)->depth;
    case Kind::kTuple:
      return std::get<Tuple>(data_).data->depth;
    case Kind::kDict:
      return dict().depth();
    case Kind::kObject:
      return object().depth();
    default:
      return 0;
  }
}

bool Value::same(const Value& other) const {
  if (kind() != other.kind()) return false;
  switch (kind()) {
    case Kind::kNone:
      return true;
    case Kind::kBool:
      return as_bool() == other.as_bool();
    case Kind::kInt:
      return as_int() == other.as_int();
    case Kind::kFloat:
      return as_float() == other.as_float();
    case Kind::kUndefined:
      return std::get<UndefinedPtr>(data_) == std::get<UndefinedPtr>(other.data_);
    case Kind::kString:  // CPython interns short strings; equality is the useful answer
      return bytes() == other.bytes();
    case Kind::kDict:
      return &dict() == &other.dict();
    case Kind::kObject:
      return &object() == &other.object();
    default:
      return &items() == &other.items();
  }
}

}  // namespace ridge::text
