// Schemas put together (allOf, keywords beside anyOf) and told apart (oneOf), as far as it can be
// done exactly. Only this folder's .cpp files include it.
#pragma once

#include <string>

#include "grammar/schema_document.h"

namespace ridge::grammar {

// One schema that says what both say; `place` is for the sentence of the error when there is none.
Json both(const Json& a, const Json& b, const std::string& place);

// Provably no value is valid for both.
bool are_disjoint(const SchemaDocument& document, const Json& a, const Json& b);

// Whether a value has one of JSON Schema's types.
bool has_type(const Json& value, const std::string& type);

}  // namespace ridge::grammar
