// References and schemas that stand for others: $ref, allOf, anyOf, oneOf, enum and const.
#include <algorithm>

#include "base/quote.h"
#include "grammar/schema_combine.h"
#include "grammar/schema_writer.h"

namespace ridge::grammar {
namespace {

// Of one anyOf or oneOf. Each is a path that the matcher follows until one is left: 900 objects
// took seconds for a token.
constexpr size_t kMostWays = 50;

}  // namespace

std::string SchemaWriter::write_reference(const Json& schema, const Place& place) {
  for (const auto& [keyword, value] : schema.items()) {
    if (keyword == "$ref" || is_annotation(keyword)) continue;
    refuse(place, cat("has ", in_quotes(keyword), " beside $ref; put both into allOf"));
  }
  if (!schema.at("$ref").is_string()) refuse(place, "has a $ref that is no text");
  const auto reference = schema.at("$ref").get<std::string>();
  if (place.open.contains(reference)) refuse(place, "refers to itself before anything is said");
  const std::string key = cat(int(place.text), place.python_words, " ", reference);
  if (const auto found = references_.find(key); found != references_.end()) return found->second;
  const std::string name = ebnf_.declare("reference");
  references_.emplace(key, name);
  Place at = place.below("$ref");
  at.path = reference;
  at.open.insert(reference);
  ebnf_.define(name, write(document_.target(reference), at));
  return name;
}

std::string SchemaWriter::write_all_of(const Json& schema, const Place& place) {
  const Json& parts = list_of(schema, "allOf", place);
  Json rest = schema;
  rest.erase("allOf");
  Json merged = Json::object();
  for (const Json& part : parts) merged = both(merged, document_.resolved(part), place.path);
  return write(both(merged, rest, place.path), place.below("allOf"));
}

std::string SchemaWriter::write_any_of(const Json& schema, const Place& place) {
  const std::string keyword = schema.contains("anyOf") ? "anyOf" : "oneOf";
  const Json& options = list_of(schema, keyword, place);
  if (options.size() > kMostWays) {
    refuse(place,
           cat("has ", options.size(), " schemas in ", keyword, ", and the limit is ", kMostWays));
  }
  Json rest = schema;
  rest.erase(keyword);
  if (keyword == "oneOf") check_disjoint(options, place);
  const bool alone = std::all_of(rest.items().begin(), rest.items().end(),
                                 [](const auto& item) { return is_annotation(item.key()); });
  std::vector<std::string> ways;
  for (size_t i = 0; i < options.size(); ++i) {
    const Place at = place.below(cat(keyword, "/", i));
    ways.push_back(
        write(alone ? options[i] : both(document_.resolved(options[i]), rest, at.path), at));
  }
  return choice(ways);
}

void SchemaWriter::check_disjoint(const Json& options, const Place& place) const {
  for (size_t i = 0; i < options.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (are_disjoint(document_, options[i], options[k])) continue;
      refuse(place, cat("has schemas ", k, " and ", i,
                        " in oneOf that a value may satisfy both; use anyOf, or a required "
                        "member with const that tells them apart"));
    }
  }
}

const Json& SchemaWriter::list_of(const Json& schema, const std::string& keyword,
                                  const Place& place) {
  const Json& list = schema.at(keyword);
  if (!list.is_array() || list.empty()) {
    refuse(place, cat("has in ", keyword, " no list of schemas"));
  }
  return list;
}

std::string SchemaWriter::write_values(const Json& schema, const Place& place) {
  Json values = schema.contains("enum") ? schema.at("enum") : Json::array({schema.at("const")});
  if (!values.is_array()) refuse(place, "has an enum that is no list");
  for (const auto& [keyword, value] : schema.items()) {
    if (keyword == "enum" || keyword == "type" || is_annotation(keyword)) continue;
    if (keyword == "const" && !schema.contains("enum")) continue;
    refuse(place, cat("has ", in_quotes(keyword), " beside enum or const"));
  }
  ebnf_.spend(int64_t(values.size()));
  const std::vector<std::string> types = types_of(schema, place);
  std::vector<std::string> ways;
  for (const Json& value : values) {
    const bool typed = types.empty() || std::any_of(types.begin(), types.end(), [&](auto& type) {
                         return has_type(value, type);
                       });
    if (typed) ways.push_back(write_value(value, place));
  }
  if (ways.empty()) refuse(place, "has no value in enum or const that its type allows");
  return choice(ways);
}

std::string SchemaWriter::write_value(const Json& value, const Place& place) const {
  if (place.text == Text::kMarked) return ebnf_.marked_literal(written_value(value));
  if (value.is_boolean()) return write_word(value ? "true" : "false", place);
  if (value.is_null()) return write_word("null", place);
  const bool raw = place.text == Text::kRaw && value.is_string();
  return literal(raw ? value.get<std::string>() : value.dump());
}

// With bare names, and strings between marks.
std::string SchemaWriter::written_value(const Json& value) const {
  if (value.is_string()) {
    return cat(tags_.before_value, value.get<std::string>(), tags_.after_value);
  }
  if (!value.is_structured()) return value.dump();
  std::string out;
  for (const auto& [name, part] : value.items()) {
    append(out, out.empty() ? "" : ",");
    append(out, value.is_object() ? cat(name, ":", written_value(part)) : written_value(part));
  }
  return value.is_object() ? cat("{", out, "}") : cat("[", out, "]");
}

}  // namespace ridge::grammar
