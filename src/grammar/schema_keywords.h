// The keywords of JSON Schema, as far as a grammar is concerned.
#pragma once

#include <string_view>

namespace ridge::grammar {

enum class KeywordUse {
  kAnnotation,   // says nothing about which values are valid
  kCombination,  // $ref, enum, const, anyOf, oneOf, allOf, type
  kString,
  kNumber,
  kArray,
  kObject,
  kUnsupported,  // known or not: it would not be kept
};

KeywordUse keyword_use(std::string_view keyword);

}  // namespace ridge::grammar
