#include "cli/json_value.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace ridge::cli {
namespace {

using nlohmann::ordered_json;
using text::Value;

Value convert(const ordered_json& json, int depth);

int64_t to_int64(const ordered_json& json) {
  const bool too_large = json.is_number_unsigned() &&
                         json.get<uint64_t>() > uint64_t(std::numeric_limits<int64_t>::max());
  if (too_large) {
    fail(ErrorCode::kUnsupported, "the JSON number ", json.get<uint64_t>(),
         " does not fit into 64 bits with a sign");
  }
  return json.get<int64_t>();
}

Value convert_list(const ordered_json& json, int depth) {
  std::vector<Value> items;
  items.reserve(json.size());
  for (const auto& item : json) items.push_back(convert(item, depth + 1));
  return Value::list(std::move(items));
}

Value convert_object(const ordered_json& json, int depth) {
  std::vector<text::DictData::Item> items;
  items.reserve(json.size());
  for (const auto& [key, item] : json.items()) {
    items.emplace_back(Value::string(key), convert(item, depth + 1));
  }
  return Value::dict(std::move(items));
}

Value convert(const ordered_json& json, int depth) {
  if (depth > text::kMaxValueDepth) {
    fail(ErrorCode::kUnsupported, "JSON nested deeper than the limit of ", text::kMaxValueDepth,
         " levels");
  }
  switch (json.type()) {
    case ordered_json::value_t::boolean:
      return Value(json.get<bool>());
    case ordered_json::value_t::number_integer:
    case ordered_json::value_t::number_unsigned:
      return Value(to_int64(json));
    case ordered_json::value_t::number_float:
      return Value(json.get<double>());
    case ordered_json::value_t::string:
      return Value::string(json.get_ref<const std::string&>());
    case ordered_json::value_t::array:
      return convert_list(json, depth);
    case ordered_json::value_t::object:
      return convert_object(json, depth);
    default:
      return Value::none();
  }
}

}  // namespace

Value to_value(const ordered_json& json) {
  return convert(json, 1);
}

}  // namespace ridge::cli
