#include "grammar/schema_keywords.h"

#include <algorithm>
#include <array>

namespace ridge::grammar {
namespace {

struct Keyword {
  std::string_view name;
  KeywordUse use;
};

// Drafts 4 to 2020-12, OpenAPI 3 and what editors and generators of schemas add.
constexpr std::array kKeywords = {
    Keyword{"title", KeywordUse::kAnnotation},
    Keyword{"description", KeywordUse::kAnnotation},
    Keyword{"default", KeywordUse::kAnnotation},
    Keyword{"examples", KeywordUse::kAnnotation},
    Keyword{"example", KeywordUse::kAnnotation},
    Keyword{"deprecated", KeywordUse::kAnnotation},
    Keyword{"readOnly", KeywordUse::kAnnotation},
    Keyword{"writeOnly", KeywordUse::kAnnotation},
    Keyword{"$comment", KeywordUse::kAnnotation},
    Keyword{"$schema", KeywordUse::kAnnotation},
    Keyword{"$defs", KeywordUse::kAnnotation},
    Keyword{"definitions", KeywordUse::kAnnotation},
    Keyword{"discriminator", KeywordUse::kAnnotation},
    Keyword{"externalDocs", KeywordUse::kAnnotation},
    Keyword{"xml", KeywordUse::kAnnotation},
    Keyword{"contentMediaType", KeywordUse::kAnnotation},
    Keyword{"contentEncoding", KeywordUse::kAnnotation},
    Keyword{"contentSchema", KeywordUse::kAnnotation},
    Keyword{"markdownDescription", KeywordUse::kAnnotation},
    Keyword{"enumDescriptions", KeywordUse::kAnnotation},
    Keyword{"enumNames", KeywordUse::kAnnotation},
    Keyword{"strict", KeywordUse::kAnnotation},
    Keyword{"$ref", KeywordUse::kCombination},
    Keyword{"enum", KeywordUse::kCombination},
    Keyword{"const", KeywordUse::kCombination},
    Keyword{"anyOf", KeywordUse::kCombination},
    Keyword{"oneOf", KeywordUse::kCombination},
    Keyword{"allOf", KeywordUse::kCombination},
    Keyword{"type", KeywordUse::kCombination},
    Keyword{"nullable", KeywordUse::kCombination},
    Keyword{"minLength", KeywordUse::kString},
    Keyword{"maxLength", KeywordUse::kString},
    Keyword{"pattern", KeywordUse::kString},
    Keyword{"format", KeywordUse::kString},
    Keyword{"minimum", KeywordUse::kNumber},
    Keyword{"maximum", KeywordUse::kNumber},
    Keyword{"exclusiveMinimum", KeywordUse::kNumber},
    Keyword{"exclusiveMaximum", KeywordUse::kNumber},
    Keyword{"multipleOf", KeywordUse::kNumber},
    Keyword{"items", KeywordUse::kArray},
    Keyword{"prefixItems", KeywordUse::kArray},
    Keyword{"additionalItems", KeywordUse::kArray},
    Keyword{"unevaluatedItems", KeywordUse::kArray},
    Keyword{"minItems", KeywordUse::kArray},
    Keyword{"maxItems", KeywordUse::kArray},
    Keyword{"uniqueItems", KeywordUse::kArray},
    Keyword{"properties", KeywordUse::kObject},
    Keyword{"required", KeywordUse::kObject},
    Keyword{"additionalProperties", KeywordUse::kObject},
    Keyword{"unevaluatedProperties", KeywordUse::kObject},
    Keyword{"patternProperties", KeywordUse::kObject},
    Keyword{"propertyNames", KeywordUse::kObject},
    Keyword{"minProperties", KeywordUse::kObject},
    Keyword{"maxProperties", KeywordUse::kObject},
};

}  // namespace

KeywordUse keyword_use(std::string_view keyword) {
  if (keyword.starts_with("x-")) return KeywordUse::kAnnotation;
  const auto found = std::find_if(kKeywords.begin(), kKeywords.end(),
                                  [&](const Keyword& known) { return known.name == keyword; });
  return found == kKeywords.end() ? KeywordUse::kUnsupported : found->use;
}

}  // namespace ridge::grammar
