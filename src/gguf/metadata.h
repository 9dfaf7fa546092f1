// Typed metadata of a GGUF file: an ordered list of key, value. Values keep the type they have in
// the file. Getters return nullopt (or an empty span) when the key is absent and throw
// Error{kInvalidFile}, naming key, found and wanted type, when it has the wrong one or is out of
// range; an integer of any width and sign that fits is accepted. Immutable after reading: any
// thread may read.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
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
std::string_view name(ValueType type);

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

class Metadata {
 public:
  const Value* find(std::string_view key) const;
  std::span<const std::pair<std::string, Value>> entries() const { return entries_; }
  void set(std::string key, Value value);  // replaces or appends

  std::optional<uint64_t> get_uint(std::string_view key) const;
  std::optional<int64_t> get_int(std::string_view key) const;
  std::optional<double> get_float(std::string_view key) const;  // f32, f64 or any integer
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
  std::unordered_map<std::string, size_t> index_;
};

}  // namespace ridge::gguf
