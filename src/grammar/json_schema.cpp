#include "grammar/json_schema.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/quote.h"
#include "grammar/json_rules.h"
#include "grammar/number_range.h"
#include "grammar/schema_combine.h"
#include "grammar/schema_keywords.h"
#include "grammar/schema_writer.h"

namespace ridge::grammar {
namespace {

constexpr std::array kTypes = {"object", "array", "string", "number", "integer", "boolean", "null"};

}  // namespace

std::string SchemaWriter::write(const Json& schema, const Place& place) {
  ebnf_.spend(1);
  ebnf_.check_depth(place.depth);
  if (schema == true) return write_any(place);
  if (schema == false) refuse(place, "is false, which no value satisfies");
  if (!schema.is_object()) refuse(place, "is neither an object nor true or false");
  check_keywords(schema, place);
  if (schema.contains("nullable") && schema.at("nullable") == true) {
    Json rest = schema;
    rest.erase("nullable");
    return choice({write(rest, place), write_word("null", place)});
  }
  if (schema.contains("$ref")) return write_reference(schema, place);
  if (schema.contains("allOf")) return write_all_of(schema, place);
  if (schema.contains("anyOf") || schema.contains("oneOf")) return write_any_of(schema, place);
  if (schema.contains("enum") || schema.contains("const")) return write_values(schema, place);
  return write_types(schema, place);
}

std::string SchemaWriter::write_tagged(const Json& schema, const Tags& tags) {
  tags_ = tags;
  const Place place;
  const Json& object = document_.resolved(schema);
  check_keywords(object, place);
  const std::string end = ebnf_.marked_literal(tags.after_value + tags.line_end);
  std::vector<std::string> before_values;
  for (const std::string& attribute : tags.attributes) {
    before_values.push_back(ebnf_.marked_literal(attribute + tags.before_value));
  }
  if (before_values.empty()) before_values.push_back(ebnf_.marked_literal(tags.before_value));
  const std::string before_value = choice(before_values);
  std::vector<std::string> members;
  const Json properties = properties_of(object, place);
  for (const auto& [name, value] : properties.items()) {
    Place at = place.inside(cat("properties/", name));
    at.text = Text::kRaw;
    const std::string begin = ebnf_.marked_literal(cat(tags.before_name, name));
    const std::string member =
        ebnf_.rule("parameter", concat({begin, before_value, write(value, at), end}));
    members.push_back(is_required(object, name) ? member : repeat(member, 0, 1));
  }
  if (members.empty() && is_open(object)) {
    members.push_back(repeat(concat({ebnf_.marked_literal(tags.before_name), "[A-Za-z0-9_.-]+",
                                     before_value, raw_string(), end}),
                             0, -1));
  }
  return concat(members);
}

std::string SchemaWriter::write_keywords(const Json& schema) {
  Place place;
  const Json& object = document_.resolved(schema);
  check_keywords(object, place);
  ObjectRules rules;
  rules.names = ObjectRules::Names::kKeyword;
  const Json properties = properties_of(object, place);
  for (const auto& [name, value] : properties.items()) {
    if (!is_bare_name(name)) {
      refuse(place, cat("has the member ", in_quotes(name), ", which is no keyword argument"));
    }
    Place at = place.inside(cat("properties/", name));
    at.python_words = true;
    rules.members.push_back({name, write(value, at), is_required(object, name)});
  }
  if (rules.members.empty() && is_open(object)) {
    rules.other_value = json_value(ebnf_);
    rules.other_name = kBareName;
  }
  return ebnf_.rule("members", write_object_rules(ebnf_, rules));
}

std::string SchemaWriter::write_marked(const Json& schema, const std::string& quote) {
  tags_ = {"", quote, quote, ""};
  Place place;
  place.text = Text::kMarked;
  return write(schema, place);
}

void SchemaWriter::check_keywords(const Json& schema, const Place& place) {
  for (const auto& [keyword, value] : schema.items()) {
    const bool identifies = place.path == "#" && (keyword == "$id" || keyword == "id");
    if (keyword_use(keyword) != KeywordUse::kUnsupported || identifies) continue;
    refuse(place, cat("has the keyword ", in_quotes(keyword),
                      ", which is not supported: it would not be kept"));
  }
}

std::vector<std::string> SchemaWriter::types_of(const Json& schema, const Place& place) const {
  if (!schema.contains("type")) return {};
  const Json& type = schema.at("type");
  std::vector<std::string> out;
  for (const Json& one : type.is_array() ? type : Json::array({type})) {
    if (!one.is_string() || std::find(kTypes.begin(), kTypes.end(), one) == kTypes.end()) {
      refuse(place, cat("has a type that is none: ", in_quotes(one.dump())));
    }
    out.push_back(one.get<std::string>());
  }
  if (out.empty()) refuse(place, "has an empty list of types");
  return out;
}

// What keywords say about one type when no type is named: a value of another would be valid too,
// and is not what somebody meant.
std::vector<std::string> SchemaWriter::implied_types(const Json& schema) {
  std::vector<std::string> out;
  const auto add = [&](const char* type) {
    if (std::find(out.begin(), out.end(), type) == out.end()) out.emplace_back(type);
  };
  for (const auto& [keyword, value] : schema.items()) {
    const KeywordUse use = keyword_use(keyword);
    if (use == KeywordUse::kObject) add("object");
    if (use == KeywordUse::kArray) add("array");
    if (use == KeywordUse::kNumber) add("number");
    if (use == KeywordUse::kString) add("string");
  }
  return out;
}

std::string SchemaWriter::write_types(const Json& schema, const Place& place) {
  std::vector<std::string> types = types_of(schema, place);
  if (types.empty()) types = implied_types(schema);
  if (types.empty()) return write_any(place);
  std::vector<std::string> ways;
  for (const std::string& type : types) ways.push_back(write_type(schema, type, place));
  return choice(ways);
}

std::string SchemaWriter::write_type(const Json& schema, const std::string& type,
                                     const Place& place) {
  if (type == "string") return write_string(schema, place);
  if (type == "integer") return write_integer(schema, place);
  if (type == "number") return write_number(schema, place);
  if (type == "boolean") return choice({write_word("true", place), write_word("false", place)});
  if (type == "null") return write_word("null", place);
  return type == "array" ? write_array(schema, place) : write_object(schema, place);
}

std::string SchemaWriter::write_word(const char* word, const Place& place) {
  if (!place.python_words) return literal(word);
  const std::string_view json = word;
  const char* python = json == "true" ? "True" : json == "false" ? "False" : "None";
  return choice({literal(python), literal(json)});
}

std::string SchemaWriter::write_any(const Place& place) {
  if (place.text == Text::kMarked) return marked_value();
  return place.text == Text::kRaw ? raw_string() : json_value(ebnf_);
}

std::string SchemaWriter::marked_value() {
  return ebnf_.shared("marked-value", [this] {
    const std::string value = marked_value();
    const std::string member = concat({kBareName, "\":\"", value});
    const auto list = [](const std::string& item) {
      return repeat(concat({item, repeat(concat({"\",\"", item}), 0, -1)}), 0, 1);
    };
    Place place;
    place.text = Text::kMarked;
    return choice({any_number(), between_quotes(raw_string(), place), "\"true\"", "\"false\"",
                   "\"null\"", concat({"\"[\"", list(value), "\"]\""}),
                   concat({"\"{\"", list(member), "\"}\""})});
  });
}

void SchemaWriter::refuse(const Place& place, std::string_view why) {
  fail(ErrorCode::kInvalidArgument, "the JSON schema at ", in_quotes(place.path), " ", why);
}

bool SchemaWriter::is_annotation(const std::string& keyword) {
  return keyword_use(keyword) == KeywordUse::kAnnotation;
}

std::string SchemaWriter::text_of(const Json& schema, const char* keyword, const Place& place) {
  const Json& value = schema.at(keyword);
  if (!value.is_string()) refuse(place, cat("has a ", keyword, " that is no text"));
  return value.get<std::string>();
}

std::optional<int64_t> SchemaWriter::count_of(const Json& schema, const char* keyword,
                                              const Place& place, int64_t most) {
  const auto found = schema.find(keyword);
  if (found == schema.end()) return std::nullopt;
  const bool whole = has_type(*found, "integer") && found->get<double>() >= 0;
  if (!whole) refuse(place, cat("has a ", keyword, " that is no count"));
  if (found->get<double>() > double(most)) {
    refuse(place, cat("has the ", keyword, " ", found->dump(), ", and the limit is ", most));
  }
  return int64_t(found->get<double>());
}

std::string write_json_schema(Ebnf& ebnf, const JsonSchema& schema) {
  const SchemaDocument document(schema.schema, ebnf.limits().depth);
  SchemaWriter writer(ebnf, document, schema.extras);
  if (schema.keywords) return writer.write_keywords(document.root());
  if (!schema.quote.empty()) return writer.write_marked(document.root(), schema.quote);
  if (schema.tags) return writer.write_tagged(document.root(), *schema.tags);
  return writer.write(document.root(), {});
}

}  // namespace ridge::grammar
