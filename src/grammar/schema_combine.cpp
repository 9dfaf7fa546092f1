#include "grammar/schema_combine.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/quote.h"
#include "grammar/schema_keywords.h"

namespace ridge::grammar {
namespace {

using Names = std::vector<std::string>;

[[noreturn]] void refuse_both(const std::string& place, const std::string& keyword) {
  fail(ErrorCode::kInvalidArgument, "the JSON schema at ", in_quotes(place), " says ",
       in_quotes(keyword),
       " in two schemas that have to hold together (allOf, or beside anyOf); "
       "write them as one");
}

Json both_lists(const Json& a, const Json& b) {
  Json out = a;
  for (const Json& item : b) {
    if (std::find(out.begin(), out.end(), item) == out.end()) out.push_back(item);
  }
  return out;
}

Json both_properties(const Json& a, const Json& b, const std::string& place) {
  Json out = a;
  for (const auto& [name, schema] : b.items()) {
    const auto found = out.find(name);
    out[name] = found == out.end() ? schema : both(*found, schema, place + "/properties/" + name);
  }
  return out;
}

// Which members a schema leaves to others depends on those it names itself.
void check_open(const Json& a, const Json& b, const std::string& place) {
  for (const char* keyword : {"additionalProperties", "patternProperties", "propertyNames"}) {
    const bool closes = a.contains(keyword) && a.at(keyword) != true;
    if (closes && b.contains("properties")) refuse_both(place, keyword);
  }
}

// The types that a schema's values may have, "number" standing for both kinds; absent: any.
std::optional<Names> types_of(const Json& schema) {
  if (!schema.is_object()) return std::nullopt;
  Names out;
  const auto add = [&](const std::string& type) {
    out.push_back(type == "integer" ? "number" : type);
  };
  const auto type = schema.find("type");
  if (type != schema.end() && type->is_string()) add(type->get<std::string>());
  if (type != schema.end() && type->is_array()) {
    for (const Json& one : *type) {
      if (one.is_string()) add(one.get<std::string>());
    }
  }
  if (out.empty()) return std::nullopt;
  return out;
}

std::optional<std::vector<Json>> values_of(const Json& schema) {
  if (!schema.is_object()) return std::nullopt;
  if (schema.contains("const")) return std::vector<Json>{schema.at("const")};
  const auto found = schema.find("enum");
  if (found == schema.end() || !found->is_array()) return std::nullopt;
  return std::vector<Json>(found->begin(), found->end());
}

bool has_type_of(const Json& value, const Names& types) {
  return std::any_of(types.begin(), types.end(),
                     [&](const std::string& type) { return has_type(value, type); });
}

bool values_disjoint(const std::vector<Json>& values, const Json& other) {
  if (const auto others = values_of(other)) {
    return std::none_of(values.begin(), values.end(), [&](const Json& value) {
      return std::find(others->begin(), others->end(), value) != others->end();
    });
  }
  const auto types = types_of(other);
  return types && std::none_of(values.begin(), values.end(),
                               [&](const Json& value) { return has_type_of(value, *types); });
}

bool requires_member(const Json& schema, const std::string& name) {
  const auto required = schema.find("required");
  return required != schema.end() && required->is_array() &&
         std::find(required->begin(), required->end(), Json(name)) != required->end();
}

// Objects that both must have a member which tells them apart.
bool members_disjoint(const SchemaDocument& document, const Json& a, const Json& b) {
  const auto properties = a.find("properties");
  const auto others = b.find("properties");
  if (properties == a.end() || others == b.end() || !properties->is_object()) return false;
  for (const auto& [name, schema] : properties->items()) {
    const auto other = others->find(name);
    if (other == others->end() || !requires_member(a, name) || !requires_member(b, name)) continue;
    const auto values = values_of(document.resolved(schema));
    if (values && values_disjoint(*values, document.resolved(*other))) return true;
  }
  return false;
}

}  // namespace

Json both(const Json& a, const Json& b, const std::string& place) {
  if (a == true || a == b) return b;
  if (b == true) return a;
  if (!a.is_object() || !b.is_object()) refuse_both(place, "false");
  check_open(a, b, place);
  check_open(b, a, place);
  Json out = a;
  for (const auto& [keyword, value] : b.items()) {
    const auto found = out.find(keyword);
    if (found == out.end()) {
      out[keyword] = value;
    } else if (keyword == "properties" && value.is_object() && found->is_object()) {
      out[keyword] = both_properties(*found, value, place);
    } else if (keyword == "required" && value.is_array() && found->is_array()) {
      out[keyword] = both_lists(*found, value);
    } else if (*found != value && keyword_use(keyword) != KeywordUse::kAnnotation) {
      refuse_both(place, keyword);
    }
  }
  return out;
}

bool are_disjoint(const SchemaDocument& document, const Json& a, const Json& b) {
  const Json& left = document.resolved(a);
  const Json& right = document.resolved(b);
  if (const auto values = values_of(left)) return values_disjoint(*values, right);
  if (const auto values = values_of(right)) return values_disjoint(*values, left);
  const auto left_types = types_of(left);
  const auto right_types = types_of(right);
  if (!left_types || !right_types) return false;
  Names shared;
  std::copy_if(left_types->begin(), left_types->end(), std::back_inserter(shared),
               [&](const std::string& type) {
                 return std::find(right_types->begin(), right_types->end(), type) !=
                        right_types->end();
               });
  if (shared.empty()) return true;
  return shared == Names{"object"} && members_disjoint(document, left, right);
}

bool has_type(const Json& value, const std::string& type) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_boolean();
  if (type == "string") return value.is_string();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  if (type == "number") return value.is_number();
  if (type != "integer" || !value.is_number()) return false;
  return value.is_number_integer() || std::trunc(value.get<double>()) == value.get<double>();
}

}  // namespace ridge::grammar
