// Strings: length, pattern and format.
#include "base/quote.h"
#include "grammar/char_set.h"
#include "grammar/json_rules.h"
#include "grammar/pattern.h"
#include "grammar/regex.h"
#include "grammar/schema_writer.h"
#include "grammar/string_format.h"

namespace ridge::grammar {

// Text up to the line that ends a parameter.
std::string SchemaWriter::raw_string() {
  return ebnf_.shared("raw", [] {
    std::string mark;
    append_utf8(mark, kControlMark);
    return cat("TagDispatch(excludes=(\"</parameter>\",", literal(mark), "))");
  });
}

std::string SchemaWriter::write_string(const Json& schema, const Place& place) {
  const bool counted = schema.contains("minLength") || schema.contains("maxLength");
  const auto pattern = string_pattern(schema, place);
  if (pattern && counted) {
    refuse(place,
           "has minLength or maxLength beside pattern or format, which cannot be kept "
           "together; write the length into the pattern");
  }
  const bool raw = place.text == Text::kRaw;
  if (!pattern && !counted) return raw ? raw_string() : json_string(ebnf_);
  std::string inside;
  if (pattern) {
    const Pattern parsed = parse_regex(*pattern, Anchoring::kSearch, ebnf_.limits().depth);
    inside = write_pattern(ebnf_, parsed, raw ? Spelling::kPlain : Spelling::kJsonString);
  } else {
    inside = counted_chars(schema, place);
  }
  return raw ? inside : concat({"\"\\\"\"", inside, "\"\\\"\""});
}

std::optional<std::string> SchemaWriter::string_pattern(const Json& schema,
                                                        const Place& place) const {
  std::optional<std::string> pattern;
  if (schema.contains("pattern")) pattern = text_of(schema, "pattern", place);
  if (!schema.contains("format")) return pattern;
  const std::string format = text_of(schema, "format", place);
  if (is_annotating_format(format)) return pattern;
  const auto known = format_pattern(format);
  if (!known) {
    refuse(place, cat("has the format ", in_quotes(format),
                      ", which is not supported: it would not be kept"));
  }
  if (pattern) refuse(place, "has format beside pattern, which cannot be kept together");
  return known;
}

std::string SchemaWriter::counted_chars(const Json& schema, const Place& place) {
  const int64_t min = count_of(schema, "minLength", place).value_or(0);
  const int64_t max = count_of(schema, "maxLength", place).value_or(-1);
  if (max >= 0 && max < min) refuse(place, "has a minLength above its maxLength");
  // Without escapes: tokens are sorted for every place in the string, and with them twenty times
  // as slowly.
  const Pattern chars = Pattern::repeated(Pattern::one_of(json_plain_chars()), min, max);
  return write_pattern(ebnf_, chars, Spelling::kPlain);
}

}  // namespace ridge::grammar
