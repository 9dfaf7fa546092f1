#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "chat/conversation.h"

namespace ridge::chat {
namespace {

using OrderedJson = nlohmann::ordered_json;
using text::Value;

// Templates nest further values around it.
constexpr int kMostJsonLevels = 150;

Value value_of(const OrderedJson& json, int level) {
  if (level > kMostJsonLevels) {
    fail(ErrorCode::kInvalidArgument, "JSON is nested deeper than the limit of ", kMostJsonLevels,
         " levels");
  }
  switch (json.type()) {
    case OrderedJson::value_t::boolean:
      return Value(json.get<bool>());
    case OrderedJson::value_t::number_integer:
      return Value(json.get<int64_t>());
    case OrderedJson::value_t::number_unsigned: {
      const auto number = json.get<uint64_t>();
      return number <= uint64_t(INT64_MAX) ? Value(int64_t(number)) : Value(double(number));
    }
    case OrderedJson::value_t::number_float:
      return Value(json.get<double>());
    case OrderedJson::value_t::string:
      return Value::string(json.get<std::string>());
    case OrderedJson::value_t::array: {
      std::vector<Value> items;
      for (const OrderedJson& inner : json) items.push_back(value_of(inner, level + 1));
      return Value::list(std::move(items));
    }
    case OrderedJson::value_t::object: {
      std::vector<text::DictData::Item> items;
      for (const auto& [key, inner] : json.items()) {
        items.emplace_back(Value::string(key), value_of(inner, level + 1));
      }
      return Value::dict(std::move(items));
    }
    default:
      return Value::none();
  }
}

}  // namespace

Value value_from_json(std::string_view json) {
  const auto parsed = OrderedJson::parse(json, nullptr, false);
  if (parsed.is_discarded()) {
    fail(ErrorCode::kInvalidArgument, "this is no valid JSON: ", in_quotes(json));
  }
  return value_of(parsed, 0);
}

}  // namespace ridge::chat
