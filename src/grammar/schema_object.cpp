// Objects: members, those that are not named, and the names they may have.
#include <algorithm>

#include "base/ascii.h"
#include "base/quote.h"
#include "grammar/json_rules.h"
#include "grammar/pattern.h"
#include "grammar/regex.h"
#include "grammar/schema_writer.h"

namespace ridge::grammar {

bool SchemaWriter::is_open(const Json& schema) {
  for (const char* keyword : {"additionalProperties", "unevaluatedProperties"}) {
    if (schema.contains(keyword)) return schema.at(keyword) != false;
  }
  if (schema.contains("patternProperties")) return false;
  return !schema.contains("properties");  // nothing said about members at all: any object
}

bool SchemaWriter::is_required(const Json& schema, const std::string& name) {
  const auto required = schema.find("required");
  return required != schema.end() && required->is_array() &&
         std::find(required->begin(), required->end(), Json(name)) != required->end();
}

// With those that are required and not described: anything, where other members may be.
Json SchemaWriter::properties_of(const Json& schema, const Place& place) const {
  Json out = schema.value("properties", Json::object());
  if (!out.is_object()) refuse(place, "has properties that are no object");
  const Json required = schema.value("required", Json::array());
  if (!required.is_array()) refuse(place, "has a required that is no list");
  for (const Json& name : required) {
    if (!name.is_string()) refuse(place, "has a required name that is no text");
    const auto key = name.get<std::string>();
    if (out.contains(key)) continue;
    if (schema.contains("additionalProperties") && !is_open(schema)) {
      refuse(place, cat("requires ", in_quotes(key), ", which it does not allow"));
    }
    out[key] =
        schema.value("additionalProperties", schema.value("unevaluatedProperties", Json(true)));
  }
  return out;
}

namespace {

// As Jinja's dictsort has it, which is how such models are told of objects.
bool comes_before(const ObjectRules::Member& a, const ObjectRules::Member& b) {
  return ascii_lower(a.name) < ascii_lower(b.name);
}

}  // namespace

// Members that are not named come only where none is.
std::string SchemaWriter::write_marked_object(const Json& schema, const Place& place) {
  for (const char* keyword :
       {"propertyNames", "patternProperties", "minProperties", "maxProperties"}) {
    if (schema.contains(keyword)) {
      refuse(place, cat("has ", keyword, ", which is not supported in this model's notation"));
    }
  }
  ObjectRules rules;
  rules.names = ObjectRules::Names::kBare;
  const Json properties = properties_of(schema, place);
  for (const auto& [name, value] : properties.items()) {
    if (!is_bare_name(name)) {
      refuse(place, cat("has the member ", in_quotes(name),
                        ", which this model's notation has no name for"));
    }
    rules.members.push_back(
        {name, write(value, place.inside(cat("properties/", name))), is_required(schema, name)});
  }
  std::stable_sort(rules.members.begin(), rules.members.end(), comes_before);
  if (rules.members.empty() && is_open(schema)) {
    const Json any(true);
    rules.other_value =
        write(schema.value("additionalProperties", any), place.inside("additionalProperties"));
    rules.other_name = kBareName;
  }
  return ebnf_.rule("members", write_object_rules(ebnf_, rules));
}

std::string SchemaWriter::write_object(const Json& schema, const Place& place) {
  if (place.text == Text::kMarked) return write_marked_object(schema, place);
  ObjectRules rules;
  const Json properties = properties_of(schema, place);
  for (const auto& [name, value] : properties.items()) {
    rules.members.push_back(
        {name, write(value, place.inside(cat("properties/", name))), is_required(schema, name)});
  }
  rules.other_value = other_members(schema, place, rules);
  rules.min = count_of(schema, "minProperties", place, ebnf_.limits().repetitions).value_or(0);
  rules.max = count_of(schema, "maxProperties", place, ebnf_.limits().repetitions).value_or(-1);
  if (const std::string problem = problem_of_counts(rules); !problem.empty()) {
    refuse(place, problem);
  }
  return ebnf_.rule("members", write_object_rules(ebnf_, rules));
}

// The value of members that are not named, and into `rules` the names they may have.
std::string SchemaWriter::other_members(const Json& schema, const Place& place,
                                        ObjectRules& rules) {
  const bool named = !rules.members.empty();
  if (schema.contains("propertyNames") && !is_trivial_name(schema.at("propertyNames"))) {
    if (named) refuse(place, "has propertyNames beside properties, which is not supported");
    if (schema.contains("patternProperties")) {
      refuse(place, "has propertyNames beside patternProperties, which is not supported");
    }
    rules.other_name = write_name(schema.at("propertyNames"), place);
  }
  if (schema.contains("patternProperties")) return pattern_members(schema, place, rules);
  if (!is_open(schema)) return "";
  for (const char* keyword : {"additionalProperties", "unevaluatedProperties"}) {
    if (!schema.contains(keyword)) continue;
    return ebnf_.rule("other", write(schema.at(keyword), place.inside(keyword)));
  }
  return json_value(ebnf_);
}

bool SchemaWriter::is_trivial_name(const Json& schema) {
  return schema == true || schema == Json::object() || schema == Json({{"type", "string"}});
}

std::string SchemaWriter::write_name(const Json& schema, const Place& place) {
  if (!schema.is_object()) refuse(place, "has propertyNames that are no schema");
  Json text = schema;
  text["type"] = "string";
  return write(text, place.inside("propertyNames"));
}

std::string SchemaWriter::pattern_members(const Json& schema, const Place& place,
                                          ObjectRules& rules) {
  const Json& patterns = schema.at("patternProperties");
  const bool open =
      schema.contains("additionalProperties") && schema.at("additionalProperties") != false;
  if (!patterns.is_object() || patterns.size() != 1 || !rules.members.empty() || open) {
    refuse(place,
           "has patternProperties; they are supported with one pattern and no other "
           "members");
  }
  const auto only = patterns.items().begin();
  const Pattern name = parse_regex(only.key(), Anchoring::kSearch, ebnf_.limits().depth);
  rules.other_name =
      concat({"\"\\\"\"", write_pattern(ebnf_, name, Spelling::kJsonString), "\"\\\"\""});
  return ebnf_.rule("other", write(only.value(), place.inside("patternProperties")));
}

}  // namespace ridge::grammar
