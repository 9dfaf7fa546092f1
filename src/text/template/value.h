// Value: the data of a template, JSON's types plus what Jinja needs (undefined, tuples, callables
// and other objects). Containers are immutable and shared by reference; objects keep insertion
// order. Strings remember which of their bytes the template's author wrote (see Text), so that user
// text can never become a control token. A Value may be copied and read from any thread; an Object
// inside it belongs to one render. Building a container nested deeper than kMaxValueDepth throws
// Error{kUnsupported}; an unhashable key throws Error{kInvalidArgument}.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "text/tokenizer/tokenizer.h"

namespace ridge::text {

inline constexpr int kMaxValueDepth = 200;

// A string and the byte ranges of it that the template's author wrote ("trusted"), ascending and
// disjoint. Text made from literals in the template is trusted, text from variables is not, and
// every operation (concatenation, slices, replace, trim, case) carries the marks along.
struct Text {
  std::string bytes;
  std::vector<Range> trusted;
};

class Object;
class Value;

struct StringData {
  Text text;
  bool markup = false;  // Python's markupsafe.Markup: joins of it escape plain strings
};

struct ListData {
  std::vector<Value> items;
  int depth = 1;
};

// Why a value is undefined; the message is only composed when somebody trips over it.
struct UndefinedData {
  std::string name;
  std::string_view owner_type;  // empty: a variable; static storage
  std::string hint;             // takes the place of the composed message
  std::string message() const;
};

class DictData {
 public:
  using Item = std::pair<Value, Value>;
  explicit DictData(std::vector<Item> items);  // later duplicates replace earlier values
  const std::vector<Item>& items() const { return items_; }
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  int depth() const { return depth_; }

 private:
  const Value* find_hashed(const Value& key, size_t hash) const;
  std::vector<Item> items_;
  std::unordered_multimap<size_t, size_t> index_;  // hash to position, when items are many
  int depth_ = 1;
};

enum class Kind : uint8_t {
  kUndefined,
  kNone,
  kBool,
  kInt,
  kFloat,
  kString,
  kList,
  kTuple,
  kDict,
  kObject,
};

class Value {
 public:
  Value() = default;  // undefined
  explicit Value(bool value) : data_(value) {}
  explicit Value(int64_t value) : data_(value) {}
  explicit Value(double value) : data_(value) {}

  static Value none();
  static Value undefined(UndefinedData why);
  static Value string(std::string bytes);   // what a user wrote: nothing trusted
  static Value trusted(std::string bytes);  // what the model's author wrote
  static Value string(Text text);
  static Value markup(Text text);
  static Value list(std::vector<Value> items);
  static Value tuple(std::vector<Value> items);
  static Value dict(std::vector<DictData::Item> items);
  static Value object(std::shared_ptr<Object> object);

  Kind kind() const { return Kind(data_.index()); }
  bool is(Kind kind) const { return this->kind() == kind; }

  bool as_bool() const { return std::get<bool>(data_); }
  int64_t as_int() const { return std::get<int64_t>(data_); }
  double as_float() const { return std::get<double>(data_); }
  const Text& text() const { return std::get<StringPtr>(data_)->text; }
  std::string_view bytes() const { return text().bytes; }
  bool is_markup() const;
  // Of a list or a tuple.
  const std::vector<Value>& items() const;
  const DictData& dict() const { return *std::get<DictPtr>(data_); }
  Object& object() const { return *std::get<ObjectPtr>(data_); }
  const std::shared_ptr<Object>& object_ptr() const { return std::get<ObjectPtr>(data_); }
  std::string undefined_message() const;

  int depth() const;  // 0 for scalars
  // The same object in memory, as Python's `is`.
  bool same(const Value& other) const;

 private:
  struct None {};
  struct Tuple {
    std::shared_ptr<const ListData> data;
  };
  using UndefinedPtr = std::shared_ptr<const UndefinedData>;
  using StringPtr = std::shared_ptr<const StringData>;
  using ListPtr = std::shared_ptr<const ListData>;
  using DictPtr = std::shared_ptr<const DictData>;
  using ObjectPtr = std::shared_ptr<Object>;
  // In the order of Kind.
  using Data = std::variant<UndefinedPtr, None, bool, int64_t, double, StringPtr, ListPtr, Tuple,
                            DictPtr, ObjectPtr>;

  template <class Held>
  static Value holding(Held held) {
    Value value;
    value.data_ = std::move(held);
    return value;
  }

  Data data_;
};

}  // namespace ridge::text
