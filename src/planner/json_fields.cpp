#include "planner/json_fields.h"

#include <cmath>

#include "base/error.h"

namespace ridge::planner {
namespace {

constexpr int64_t kSchema = 1;
constexpr int64_t kMostSchema = 1000;

}  // namespace

JsonFields::JsonFields(const Json& object, std::string where)
    : object_(object), where_(std::move(where)) {
  if (!object.is_object()) fail(ErrorCode::kInvalidArgument, where_, ": expected an object");
}

const JsonFields::Json* JsonFields::find(const char* name) {
  known_.insert(name);
  const auto found = object_.find(name);
  return found == object_.end() ? nullptr : &*found;
}

const JsonFields::Json& JsonFields::need(const char* name) {
  const Json* value = find(name);
  if (value == nullptr) fail(ErrorCode::kInvalidArgument, where_, ": has no \"", name, "\"");
  return *value;
}

void JsonFields::wrong(const char* name, std::string_view expected) const {
  fail(ErrorCode::kInvalidArgument, where_, ": \"", name, "\" is ", object_[name].dump(),
       ", expected ", expected);
}

std::string JsonFields::text(const char* name) {
  if (!need(name).is_string()) wrong(name, "a string");
  return object_[name].get<std::string>();
}

std::string JsonFields::text(const char* name, std::string_view otherwise) {
  return find(name) == nullptr ? std::string(otherwise) : text(name);
}

int64_t JsonFields::integer(const char* name, int64_t most) {
  const Json& value = need(name);
  const bool fits = value.is_number_unsigned() && value.get<uint64_t>() <= uint64_t(most);
  if (!fits) wrong(name, cat("a whole number up to ", most));
  return value.get<int64_t>();
}

int64_t JsonFields::integer(const char* name, int64_t most, int64_t otherwise) {
  return find(name) == nullptr ? otherwise : integer(name, most);
}

double JsonFields::positive(const char* name) {
  const Json& value = need(name);
  const bool fits = value.is_number() && value.get<double>() > 0;
  if (!fits) wrong(name, "a number above 0");
  return value.get<double>();
}

double JsonFields::positive(const char* name, double otherwise) {
  return find(name) == nullptr ? otherwise : positive(name);
}

double JsonFields::number(const char* name) {
  if (!need(name).is_number()) wrong(name, "a number");
  return object_[name].get<double>();
}

bool JsonFields::flag(const char* name) {
  const Json* value = find(name);
  if (value != nullptr && !value->is_boolean()) wrong(name, "true or false");
  return value != nullptr && value->get<bool>();
}

std::vector<std::string> JsonFields::texts(const char* name) {
  const Json* value = find(name);
  if (value == nullptr) return {};
  std::vector<std::string> found;
  if (!value->is_array()) wrong(name, "an array of strings");
  for (const Json& element : *value) {
    if (!element.is_string()) wrong(name, "an array of strings");
    found.push_back(element.get<std::string>());
  }
  return found;
}

std::vector<double> JsonFields::numbers(const char* name) {
  const Json* value = find(name);
  if (value == nullptr) return {};
  std::vector<double> found;
  if (!value->is_array()) wrong(name, "an array of numbers");
  for (const Json& element : *value) {
    if (!element.is_number()) wrong(name, "an array of numbers");
    found.push_back(element.get<double>());
  }
  return found;
}

const JsonFields::Json& JsonFields::array(const char* name) {
  if (!need(name).is_array()) wrong(name, "an array");
  return object_[name];
}

const JsonFields::Json& JsonFields::object(const char* name) {
  if (!need(name).is_object()) wrong(name, "an object");
  return object_[name];
}

void JsonFields::refuse_others() const {
  for (const auto& [key, value] : object_.items()) {
    if (!known_.contains(key)) {
      fail(ErrorCode::kInvalidArgument, where_, ": unknown field \"", key, "\"");
    }
  }
}

nlohmann::json parse_json(std::string_view text, std::string_view what) {
  nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
  if (value.is_discarded()) fail(ErrorCode::kInvalidArgument, what, " is no valid JSON");
  return value;
}

void check_schema(JsonFields& fields) {
  if (const int64_t schema = fields.integer("schema", kMostSchema); schema != kSchema) {
    fail(ErrorCode::kInvalidArgument, fields.where(), " has schema ", schema, ", expected ",
         kSchema);
  }
}

}  // namespace ridge::planner
