#include "chat/typed_value.h"

#include <nlohmann/json.hpp>

#include "chat/json_reader.h"

namespace ridge::chat {
namespace {

using Json = nlohmann::json;

struct Types {
  bool text = false;
  bool other = false;
};

constexpr int kMostLevels = 16;  // of references and combinations

void add_value_type(const Json& value, Types& types) {
  (value.is_string() ? types.text : types.other) = true;
}

void add_named_type(const Json& type, Types& types) {
  if (type.is_string()) (type == "string" ? types.text : types.other) = true;
}

const Json* target_of(const Json& root, const Json& reference) {
  if (!reference.is_string()) return nullptr;
  const auto text = reference.get<std::string>();
  if (!text.starts_with('#')) return nullptr;
  try {
    const Json::json_pointer pointer(text.substr(1));
    return root.contains(pointer) ? &root.at(pointer) : nullptr;
  } catch (const Json::exception&) {
    return nullptr;
  }
}

void collect_types(const Json& root, const Json& schema, int levels, Types& types) {
  if (!schema.is_object() || levels > kMostLevels) return;
  if (const auto found = schema.find("$ref"); found != schema.end()) {
    if (const Json* target = target_of(root, *found)) {
      collect_types(root, *target, levels + 1, types);
    }
  }
  if (const auto found = schema.find("const"); found != schema.end()) add_value_type(*found, types);
  if (const auto found = schema.find("enum"); found != schema.end() && found->is_array()) {
    for (const Json& value : *found) add_value_type(value, types);
    return;
  }
  if (const auto found = schema.find("type"); found != schema.end()) {
    for (const Json& type : found->is_array() ? *found : Json::array({*found})) {
      add_named_type(type, types);
    }
  }
  for (const char* keyword : {"anyOf", "oneOf", "allOf"}) {
    const auto found = schema.find(keyword);
    if (found == schema.end() || !found->is_array()) continue;
    for (const Json& option : *found) collect_types(root, option, levels + 1, types);
  }
}

}  // namespace

ValueKind value_kind(const Tool* tool, std::string_view parameter, ValueKind otherwise) {
  if (!tool) return otherwise;
  const Json schema = Json::parse(tool->parameters, nullptr, false);
  if (!schema.is_object()) return otherwise;
  const auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object()) return otherwise;
  const auto property = properties->find(std::string(parameter));
  if (property == properties->end()) return otherwise;
  Types types;
  collect_types(schema, *property, 0, types);
  if (types.text == types.other) return ValueKind::kEither;
  return types.text ? ValueKind::kText : ValueKind::kJson;
}

std::string json_of_text(ValueKind kind, std::string_view text) {
  if (kind == ValueKind::kText) return json_string(text);
  JsonReader reader;
  std::string_view rest = text.substr(reader.push(text));
  reader.end_of_value();
  const bool whole = reader.state() == JsonReader::State::kDone &&
                     rest.find_first_not_of(" \t\r\n") == std::string_view::npos;
  if (!whole) return json_string(text);
  std::string value = reader.take();
  const bool quoted = value.starts_with('"');
  return quoted && kind == ValueKind::kEither ? json_string(text) : value;
}

std::string json_string(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ridge::chat
