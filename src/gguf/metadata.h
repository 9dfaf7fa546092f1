// Typed metadata of a GGUF file: an ordered list of key, value. Values keep the type they have in
// the file. Getters return nullopt (or an empty span) when the key is absent and throw
// Error{kInvalidFile}, naming key, found and wanted type, when it has the wrong one or is out of
// range; an integer of any width and sign that fits is accepted. Keys are unique, not empty and
// valid UTF-8; strings are any bytes as they stand in the file, but get_string refuses what is not
// valid UTF-8. Immutable after reading: any thread may read.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace ridge::gguf {

enum class ValueType : uint32_t {
  kU8 = 0,
  kI8 = 1,
  kU16 = 2,
  kI16 = 3,
  kU32 = 4,
  kI32 = 5,
  kF32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kU64 = 10,
  kI64 = 11,
  kF64 = 12,
};
std::string_view name(ValueType type);  // "u8", "string", …

// Which alternative of Value and which vector of Array a type is kept in.
enum class ValueKind { kUnsigned, kSigned, kFloat, kBool, kString, kArray };
ValueKind kind(ValueType type);
// Bytes of one value in a file: the fewest for a string (its length) or an array (type, length).
uint64_t stored_bytes(ValueType type);

// An array of one scalar or string type. Unsigned and bool elements live in `unsigned_values`,
// signed ones in `signed_values`, f32 and f64 in `float_values`; exactly one vector is in use.
struct Array {
  ValueType element_type = ValueType::kU32;
  std::vector<uint64_t> unsigned_values;
  std::vector<int64_t> signed_values;
  std::vector<double> float_values;
  std::vector<std::string> strings;
  size_t size() const;
};

struct Value {
  ValueType type = ValueType::kU32;
  std::variant<uint64_t, int64_t, double, bool, std::string, Array> data;
};

// A value of the GGUF type that fits T: bool, an integer, float, double, a string, or a vector of
// one of them.
Value make_value(bool value);
Value make_value(double value);
Value make_value(float value);
Value make_value(std::string value);
inline Value make_value(const char* value) {
  return make_value(std::string(value));
}
Value make_value(std::vector<std::string> values);

template <std::integral T>
constexpr ValueType integer_type() {
  constexpr bool kSigned = std::is_signed_v<T>;
  if (sizeof(T) == 1) return kSigned ? ValueType::kI8 : ValueType::kU8;
  if (sizeof(T) == 2) return kSigned ? ValueType::kI16 : ValueType::kU16;
  if (sizeof(T) == 4) return kSigned ? ValueType::kI32 : ValueType::kU32;
  return kSigned ? ValueType::kI64 : ValueType::kU64;
}

template <std::integral T>
Value make_value(T value) {
  if constexpr (std::is_signed_v<T>)
    return {integer_type<T>(), int64_t(value)};
  else
    return {integer_type<T>(), uint64_t(value)};
}

template <class T>
  requires std::is_arithmetic_v<T>
Value make_value(const std::vector<T>& values) {
  Array array;
  if constexpr (std::is_floating_point_v<T>) {
    array.element_type = sizeof(T) == 4 ? ValueType::kF32 : ValueType::kF64;
    array.float_values.assign(values.begin(), values.end());
  } else if constexpr (std::is_signed_v<T>) {
    array.element_type = integer_type<T>();
    array.signed_values.assign(values.begin(), values.end());
  } else {
    array.element_type = std::is_same_v<T, bool> ? ValueType::kBool : integer_type<T>();
    array.unsigned_values.assign(values.begin(), values.end());
  }
  return {ValueType::kArray, std::move(array)};
}

class Metadata {
 public:
  const Value* find(std::string_view key) const;
  std::span<const std::pair<std::string, Value>> entries() const { return entries_; }
  void set(std::string key, Value value);  // replaces or appends
  template <class T>
    requires(!std::same_as<T, Value>)
  void set(std::string key, T value) {
    set(std::move(key), make_value(std::move(value)));
  }

  std::optional<uint64_t> get_uint(std::string_view key) const;
  std::optional<int64_t> get_int(std::string_view key) const;
  std::optional<double> get_float(std::string_view key) const;  // f32, f64, integer; finite
  std::optional<bool> get_bool(std::string_view key) const;
  std::optional<std::string_view> get_string(std::string_view key) const;

  std::span<const std::string> get_strings(std::string_view key) const;
  std::optional<std::vector<int64_t>> get_ints(std::string_view key) const;
  std::optional<std::vector<float>> get_floats(std::string_view key) const;
  std::optional<std::vector<bool>> get_bools(std::string_view key) const;

  // As above, but a missing key throws Error{kInvalidFile}.
  uint64_t require_uint(std::string_view key) const;
  double require_float(std::string_view key) const;
  std::string_view require_string(std::string_view key) const;

 private:
  std::vector<std::pair<std::string, Value>> entries_;
  std::map<std::string, size_t, std::less<>> index_;  // no hash: keys may be chosen to collide
};

}  // namespace ridge::gguf
