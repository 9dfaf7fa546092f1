#include "grammar/schema_document.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/quote.h"
#include "base/utf8.h"

namespace ridge::grammar {
namespace {

// More could not be followed in time; each takes a round over all in the worst case.
constexpr size_t kMostReferences = 500;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                        hex_digit(text[i + 2]) >= 0;
    if (escape) {
      out += char(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

const Json& find_target(const Json& root, const std::string& reference) {
  if (reference != "#" && !reference.starts_with("#/")) {
    fail(ErrorCode::kInvalidArgument, "the JSON schema refers to ", in_quotes(reference),
         "; only references into itself (#/…) are followed, nothing is ever fetched");
  }
  try {
    const Json::json_pointer pointer(percent_decoded(reference.substr(1)));
    if (root.contains(pointer)) return root.at(pointer);
  } catch (const Json::exception&) {
    // Reported as not found: a pointer that is none points at nothing.
  }
  fail(ErrorCode::kInvalidArgument, "the JSON schema refers to ", in_quotes(reference),
       ", which it does not have");
}

const std::string* reference_of(const Json& schema) {
  if (!schema.is_object()) return nullptr;
  const auto found = schema.find("$ref");
  return found != schema.end() && found->is_string() ? found->get_ptr<const std::string*>()
                                                     : nullptr;
}

}  // namespace

SchemaDocument::SchemaDocument(std::string_view text, int max_depth) : max_depth_(max_depth) {
  if (!is_valid_utf8(text)) {
    fail(ErrorCode::kInvalidArgument, "the JSON schema is not UTF-8");
  }
  try {
    root_ = Json::parse(text);
  } catch (const Json::exception&) {
    fail(ErrorCode::kInvalidArgument, "the JSON schema is not valid JSON: ", in_quotes(text));
  }
  collect_references(root_, 0);
  check_circles();
  check_endings();
}

const Json& SchemaDocument::target(const std::string& reference) const {
  return *targets_.at(reference);
}

const Json& SchemaDocument::resolved(const Json& schema) const {
  const Json* at = &schema;
  while (const std::string* reference = reference_of(*at)) at = &target(*reference);
  return *at;
}

void SchemaDocument::collect_references(const Json& value, int depth) {
  if (depth > 4 * max_depth_) {
    fail(ErrorCode::kInvalidArgument, "the JSON schema is nested deeper than the limit of ",
         max_depth_, " levels");
  }
  if (!value.is_structured()) return;
  if (const std::string* reference = reference_of(value)) {
    targets_.emplace(*reference, &find_target(root_, *reference));
    if (targets_.size() > kMostReferences) {
      fail(ErrorCode::kInvalidArgument, "the JSON schema refers to more than ", kMostReferences,
           " places in itself");
    }
  }
  for (const Json& inner : value) collect_references(inner, depth + 1);
}

// A reference to a reference to itself says nothing.
void SchemaDocument::check_circles() const {
  for (const auto& [reference, schema] : targets_) {
    std::set<std::string> seen = {reference};
    const Json* at = schema;
    while (const std::string* next = reference_of(*at)) {
      if (!seen.insert(*next).second) {
        fail(ErrorCode::kInvalidArgument, "the JSON schema's reference ", in_quotes(reference),
             " leads in a circle");
      }
      at = &target(*next);
    }
  }
}

// The least set of references whose schemas have a finite value.
void SchemaDocument::check_endings() const {
  std::map<std::string, bool> known;
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [reference, schema] : targets_) {
      if (known[reference] || !can_end(*schema, known)) continue;
      known[reference] = grew = true;
    }
  }
  for (const auto& [reference, ends] : known) {
    if (!ends) {
      fail(ErrorCode::kInvalidArgument, "the JSON schema's ", in_quotes(reference),
           " demands itself inside itself, so that no value of it is ever complete");
    }
  }
}

bool SchemaDocument::can_end(const Json& schema, const std::map<std::string, bool>& known) const {
  if (!schema.is_object()) return true;
  if (const std::string* reference = reference_of(schema)) {
    const auto found = known.find(*reference);
    return found != known.end() && found->second;
  }
  const auto ends = [&](const Json& inner) { return can_end(inner, known); };
  if (const auto all = schema.find("allOf"); all != schema.end() && all->is_array()) {
    if (!std::all_of(all->begin(), all->end(), ends)) return false;
  }
  for (const char* keyword : {"anyOf", "oneOf"}) {
    const auto any = schema.find(keyword);
    if (any == schema.end() || !any->is_array()) continue;
    if (!any->empty() && std::none_of(any->begin(), any->end(), ends)) return false;
  }
  const auto type = schema.find("type");
  const bool typed = type != schema.end();
  if (typed && type->is_array() && type->size() > 1) return true;
  const bool is_object = typed ? *type == "object" : schema.contains("properties");
  const bool is_array = typed ? *type == "array" : schema.contains("items");
  if (is_object) return object_can_end(schema, known);
  return !is_array || array_can_end(schema, known);
}

bool SchemaDocument::object_can_end(const Json& schema,
                                    const std::map<std::string, bool>& known) const {
  const auto properties = schema.find("properties");
  const auto required = schema.find("required");
  if (properties == schema.end() || required == schema.end()) return true;
  if (!properties->is_object() || !required->is_array()) return true;  // refused later
  return std::all_of(required->begin(), required->end(), [&](const Json& name) {
    if (!name.is_string()) return true;
    const auto property = properties->find(name.get<std::string>());
    return property == properties->end() || can_end(*property, known);
  });
}

bool SchemaDocument::array_can_end(const Json& schema,
                                   const std::map<std::string, bool>& known) const {
  const auto least = schema.find("minItems");
  const auto items = schema.find("items");
  const bool needs_items = least != schema.end() && least->is_number() && *least > 0;
  return !needs_items || items == schema.end() || can_end(*items, known);
}

}  // namespace ridge::grammar
