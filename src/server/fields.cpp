#include "server/fields.h"

#include <cmath>

#include "base/quote.h"
#include "server/problem.h"

namespace ridge::server {
namespace {

constexpr double kExactInDouble = 9007199254740992.0;  // 2^53

std::optional<int64_t> as_integer(const Json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    if (number > uint64_t(INT64_MAX)) return std::nullopt;
    return int64_t(number);
  }
  if (value.is_number_integer()) return value.get<int64_t>();
  if (!value.is_number_float()) return std::nullopt;
  const double number = value.get<double>();
  if (std::trunc(number) != number || std::fabs(number) > kExactInDouble) return std::nullopt;
  return int64_t(number);
}

}  // namespace

std::string describe(const Json& value) {
  switch (value.type()) {
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::string:
      return in_quotes(value.get_ref<const std::string&>());
    case Json::value_t::null:
      return "null";
    default:
      return dump(value);
  }
}

Fields::Fields(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
  if (!object_.is_object()) {
    refuse_field(where_.empty() ? "body" : where_,
                 cat("an object is wanted, and this is ", describe(object_)));
  }
}

std::string Fields::path(std::string_view key) const {
  return where_.empty() ? std::string(key) : cat(where_, ".", key);
}

const Json* Fields::find(std::string_view key) {
  read_.emplace(key);
  const auto member = object_.find(key);
  return member == object_.end() || member->is_null() ? nullptr : &*member;
}

const Json& Fields::required(std::string_view key) {
  const Json* value = find(key);
  if (value == nullptr) refuse_field(path(key), "it is required");
  return *value;
}

std::optional<int64_t> Fields::integer(std::string_view key, int64_t least, int64_t most) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto number = as_integer(*value);
  if (!number || *number < least || *number > most) {
    refuse_field(path(key), cat("an integer from ", least, " to ", most, " is wanted, and this is ",
                                describe(*value)));
  }
  return number;
}

std::optional<double> Fields::number(std::string_view key, double least, double most) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number() || value->get<double>() < least || value->get<double>() > most) {
    refuse_field(path(key), cat("a number from ", least, " to ", most, " is wanted, and this is ",
                                describe(*value)));
  }
  return value->get<double>();
}

std::optional<bool> Fields::boolean(std::string_view key) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) {
    refuse_field(path(key), cat("true or false is wanted, and this is ", describe(*value)));
  }
  return value->get<bool>();
}

std::optional<std::string> Fields::string(std::string_view key) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    refuse_field(path(key), cat("text is wanted, and this is ", describe(*value)));
  }
  return value->get<std::string>();
}

std::string Fields::required_string(std::string_view key) {
  auto value = string(key);
  if (!value) refuse_field(path(key), "it is required");
  return std::move(*value);
}

std::vector<std::string> Fields::strings(std::string_view key, size_t most) {
  const Json* value = find(key);
  if (value == nullptr) return {};
  if (value->is_string()) return {value->get<std::string>()};
  bool ok = value->is_array() && value->size() <= most;
  for (size_t i = 0; ok && i < value->size(); ++i) ok = (*value)[i].is_string();
  if (!ok) {
    refuse_field(path(key), cat("a text or a list of at most ", most,
                                " texts is wanted, and this is ", describe(*value)));
  }
  return value->get<std::vector<std::string>>();
}

void Fields::accept(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (find(key) != nullptr) accepted_.push_back(path(key));
  }
}

void Fields::refuse(std::string_view key, std::string_view why) {
  if (find(key) != nullptr) {
    throw RequestError({.message = cat(path(key), ": ", why),
                        .param = path(key),
                        .code = "unsupported_parameter"});
  }
}

std::vector<std::string> Fields::unread() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object_.items()) {
    if (!value.is_null() && !read_.contains(key)) keys.push_back(path(key));
  }
  return keys;
}

std::vector<std::string> Fields::accepted() const {
  return accepted_;
}

}  // namespace ridge::server
