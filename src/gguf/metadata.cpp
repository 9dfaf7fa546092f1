#include "gguf/metadata.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/quote.h"
#include "base/utf8.h"

namespace ridge::gguf {
namespace {

struct TypeRow {
  std::string_view name;
  ValueKind kind;
  uint64_t stored_bytes;
};

constexpr TypeRow kTypes[] = {
    {"u8", ValueKind::kUnsigned, 1},   {"i8", ValueKind::kSigned, 1},
    {"u16", ValueKind::kUnsigned, 2},  {"i16", ValueKind::kSigned, 2},
    {"u32", ValueKind::kUnsigned, 4},  {"i32", ValueKind::kSigned, 4},
    {"f32", ValueKind::kFloat, 4},     {"bool", ValueKind::kBool, 1},
    {"string", ValueKind::kString, 8}, {"array", ValueKind::kArray, 12},
    {"u64", ValueKind::kUnsigned, 8},  {"i64", ValueKind::kSigned, 8},
    {"f64", ValueKind::kFloat, 8},
};

std::string describe(const Value& value) {
  if (const auto* array = std::get_if<Array>(&value.data)) {
    return cat("an array of ", array->size(), " ", name(array->element_type));
  }
  return cat("of type ", name(value.type));
}

[[noreturn]] void fail_type(std::string_view key, const Value& value, std::string_view wanted) {
  fail(ErrorCode::kInvalidFile, "key ", in_quotes(key), " is ", describe(value), ", wanted ",
       wanted);
}

template <class T>
[[noreturn]] void fail_range(std::string_view key, T found, std::string_view wanted) {
  fail(ErrorCode::kInvalidFile, "key ", in_quotes(key), " is ", found, ", wanted ", wanted);
}

const Array* array_at(const Value* value, std::string_view key, std::string_view wanted) {
  if (!value) return nullptr;
  const auto* array = std::get_if<Array>(&value->data);
  if (!array) fail_type(key, *value, wanted);
  return array;
}

int64_t signed_or_fail(std::string_view key, uint64_t value) {
  constexpr auto kMax = uint64_t(std::numeric_limits<int64_t>::max());
  if (value > kMax) fail_range(key, value, "at most 2^63-1");
  return int64_t(value);
}

[[noreturn]] void fail_missing(std::string_view key) {
  fail(ErrorCode::kInvalidFile, "key ", in_quotes(key), " is missing");
}

}  // namespace

std::string_view name(ValueType type) {
  return kTypes[size_t(type)].name;
}
ValueKind kind(ValueType type) {
  return kTypes[size_t(type)].kind;
}
uint64_t stored_bytes(ValueType type) {
  return kTypes[size_t(type)].stored_bytes;
}

size_t Array::size() const {
  switch (kind(element_type)) {
    case ValueKind::kSigned:
      return signed_values.size();
    case ValueKind::kFloat:
      return float_values.size();
    case ValueKind::kString:
      return strings.size();
    default:
      return unsigned_values.size();
  }
}

Value make_value(bool value) {
  return {ValueType::kBool, value};
}
Value make_value(double value) {
  return {ValueType::kF64, value};
}
Value make_value(float value) {
  return {ValueType::kF32, double(value)};
}
Value make_value(std::string value) {
  return {ValueType::kString, std::move(value)};
}

Value make_value(std::vector<std::string> values) {
  Array array;
  array.element_type = ValueType::kString;
  array.strings = std::move(values);
  return {ValueType::kArray, std::move(array)};
}

const Value* Metadata::find(std::string_view key) const {
  const auto at = index_.find(key);
  return at == index_.end() ? nullptr : &entries_[at->second].second;
}

void Metadata::set(std::string key, Value value) {
  const auto [at, inserted] = index_.try_emplace(key, entries_.size());
  if (inserted) {
    entries_.emplace_back(std::move(key), std::move(value));
  } else {
    entries_[at->second].second = std::move(value);
  }
}

std::optional<uint64_t> Metadata::get_uint(std::string_view key) const {
  const Value* value = find(key);
  if (!value) return std::nullopt;
  if (const auto* number = std::get_if<uint64_t>(&value->data)) return *number;
  const auto* number = std::get_if<int64_t>(&value->data);
  if (!number) fail_type(key, *value, "an unsigned integer");
  if (*number < 0) fail_range(key, *number, "0 or more");
  return uint64_t(*number);
}

std::optional<int64_t> Metadata::get_int(std::string_view key) const {
  const Value* value = find(key);
  if (!value) return std::nullopt;
  if (const auto* number = std::get_if<int64_t>(&value->data)) return *number;
  const auto* number = std::get_if<uint64_t>(&value->data);
  if (!number) fail_type(key, *value, "an integer");
  return signed_or_fail(key, *number);
}

std::optional<double> Metadata::get_float(std::string_view key) const {
  const Value* value = find(key);
  if (!value) return std::nullopt;
  if (const auto* number = std::get_if<uint64_t>(&value->data)) return double(*number);
  if (const auto* number = std::get_if<int64_t>(&value->data)) return double(*number);
  const auto* number = std::get_if<double>(&value->data);
  if (!number) fail_type(key, *value, "a number");
  if (!std::isfinite(*number)) fail_range(key, *number, "a finite number");
  return *number;
}

std::optional<bool> Metadata::get_bool(std::string_view key) const {
  const Value* value = find(key);
  if (!value) return std::nullopt;
  if (const auto* flag = std::get_if<bool>(&value->data)) return *flag;
  fail_type(key, *value, "a bool");
}

std::optional<std::string_view> Metadata::get_string(std::string_view key) const {
  const Value* value = find(key);
  if (!value) return std::nullopt;
  const auto* text = std::get_if<std::string>(&value->data);
  if (!text) fail_type(key, *value, "a string");
  if (const auto bad = find_invalid_utf8(*text)) {
    fail(ErrorCode::kInvalidFile, "key ", in_quotes(key), " holds text that is not UTF-8 (byte ",
         *bad, "): ", in_quotes(*text));
  }
  return *text;
}

std::span<const std::string> Metadata::get_strings(std::string_view key) const {
  const Value* value = find(key);
  const Array* array = array_at(value, key, "an array of strings");
  if (!array) return {};
  if (array->element_type != ValueType::kString) fail_type(key, *value, "an array of strings");
  return array->strings;
}

std::optional<std::vector<int64_t>> Metadata::get_ints(std::string_view key) const {
  const Value* value = find(key);
  const Array* array = array_at(value, key, "an array of integers");
  if (!array) return std::nullopt;
  switch (kind(array->element_type)) {
    case ValueKind::kSigned:
      return array->signed_values;
    case ValueKind::kUnsigned:
      break;
    default:
      fail_type(key, *value, "an array of integers");
  }
  std::vector<int64_t> numbers;
  numbers.reserve(array->unsigned_values.size());
  for (const uint64_t v : array->unsigned_values) numbers.push_back(signed_or_fail(key, v));
  return numbers;
}

std::optional<std::vector<float>> Metadata::get_floats(std::string_view key) const {
  const Value* value = find(key);
  const Array* array = array_at(value, key, "an array of numbers");
  if (!array) return std::nullopt;
  std::vector<float> numbers;
  numbers.reserve(array->size());
  const auto convert = [&](const auto& from) {
    for (const auto v : from) numbers.push_back(float(v));
  };
  switch (kind(array->element_type)) {
    case ValueKind::kFloat:
      convert(array->float_values);
      break;
    case ValueKind::kSigned:
      convert(array->signed_values);
      break;
    case ValueKind::kUnsigned:
      convert(array->unsigned_values);
      break;
    default:
      fail_type(key, *value, "an array of numbers");
  }
  return numbers;
}

std::optional<std::vector<bool>> Metadata::get_bools(std::string_view key) const {
  const Value* value = find(key);
  const Array* array = array_at(value, key, "an array of bools");
  if (!array) return std::nullopt;
  if (array->element_type != ValueType::kBool) fail_type(key, *value, "an array of bools");
  return std::vector<bool>(array->unsigned_values.begin(), array->unsigned_values.end());
}

uint64_t Metadata::require_uint(std::string_view key) const {
  const auto value = get_uint(key);
  if (!value) fail_missing(key);
  return *value;
}

double Metadata::require_float(std::string_view key) const {
  const auto value = get_float(key);
  if (!value) fail_missing(key);
  return *value;
}

std::string_view Metadata::require_string(std::string_view key) const {
  const auto value = get_string(key);
  if (!value) fail_missing(key);
  return *value;
}

}  // namespace ridge::gguf
