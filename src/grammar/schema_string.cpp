// Strings: length, pattern and format.
#include <algorithm>

#include "base/quote.h"
#include "grammar/char_set.h"
#include "grammar/json_rules.h"
#include "grammar/pattern.h"
#include "grammar/regex.h"
#include "grammar/schema_writer.h"
#include "grammar/string_format.h"

namespace ridge::grammar {
namespace {

constexpr int64_t kMostCounted = int64_t{1} << 40;
// A repetition of so many characters is written out, a longer one is counted.
constexpr int64_t kMostUnrolled = 8;

}  // namespace

// Text up to what ends it.
std::string SchemaWriter::raw_string() {
  return ebnf_.shared("raw", [this] {
    const std::string& end = tags_.after_value;
    std::string control;
    append_utf8(control, kControlMark);
    const std::string tag =
        ebnf_.marked_literal(end.substr(std::min(end.find_first_not_of('\n'), end.size())));
    return cat("TagDispatch(excludes=(", tag, ",", literal(control), "))");
  });
}

std::string SchemaWriter::write_string(const Json& schema, const Place& place) {
  const bool raw = place.text != Text::kQuoted;
  const bool counted = schema.contains("minLength") || schema.contains("maxLength");
  const auto pattern = string_pattern(schema, place);
  if (!pattern && !counted) {
    return raw ? between_quotes(raw_string(), place) : json_string(ebnf_);
  }
  const CountedText length = length_of(schema, place);
  if (!pattern) {
    return write_counted(length, raw ? raw_string() : json_string_rest(ebnf_), place);
  }
  const Pattern parsed = parse_regex(*pattern, Anchoring::kSearch, ebnf_.limits().depth);
  if (const auto run = class_run(parsed);
      run && (counted || std::max(run->min, run->max) > kMostUnrolled)) {
    return write_run(*run, length, place);
  }
  if (counted) {
    refuse(place,
           "has minLength or maxLength beside a pattern or format that is more than a run of "
           "characters, which cannot be kept together; write the length into the pattern");
  }
  const std::string inside =
      write_pattern(ebnf_, parsed, raw ? Spelling::kPlain : Spelling::kJsonString);
  return between_quotes(inside, place);
}

std::string SchemaWriter::between_quotes(const std::string& inside, const Place& place) const {
  if (place.text == Text::kRaw) return inside;
  const std::string quote =
      place.text == Text::kQuoted ? literal("\"") : ebnf_.marked_literal(tags_.before_value);
  return concat({quote, inside, quote});
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

CountedText SchemaWriter::length_of(const Json& schema, const Place& place) const {
  CountedText out;
  out.min = count_of(schema, "minLength", place, kMostCounted).value_or(out.min);
  out.max = count_of(schema, "maxLength", place, kMostCounted).value_or(out.max);
  if (out.max < out.min) refuse(place, "has a minLength above its maxLength");
  if (place.text != Text::kQuoted) {
    out.end = ebnf_.marked(tags_.after_value);
    out.after = tags_.before_value.back();
  }
  return out;
}

// `inside` follows the count's mark, and brings what ends the text where that is a quote.
std::string SchemaWriter::write_counted(const CountedText& length, const std::string& inside,
                                        const Place& place) {
  ebnf_.spend(1);
  const std::string counted = concat({ebnf_.count_mark(length), inside});
  if (place.text != Text::kQuoted) return between_quotes(counted, place);
  const std::string text = concat({"\"\\\"\"", counted});
  // Without a mark between the quotes, so that the token of both may come.
  return length.min == 0 ? choice({"\"\\\"\\\"\"", text}) : text;
}

std::string SchemaWriter::write_run(const ClassRun& run, CountedText length, const Place& place) {
  const auto n_first = int64_t(run.first.size());
  length.min = std::max(length.min, n_first + run.min);
  if (run.max >= 0) length.max = std::min(length.max, n_first + run.max);
  if (length.max < length.min) refuse(place, "leaves no length between minLength and maxLength");
  const bool raw = place.text != Text::kQuoted;
  const auto one = [&](const CharSet& chars) {
    if (!raw) return write_pattern(ebnf_, Pattern::one_of(chars), Spelling::kJsonString);
    // Where the text ends is where its end tag first stands: the run cannot say that.
    const CharSet others = chars.without(CharSet::of(tags_.after_value.substr(0, 1)));
    return write_pattern(ebnf_, Pattern::one_of(others), Spelling::kPlain);
  };
  std::vector<std::string> parts;
  for (const CharSet& chars : run.first) parts.push_back(one(chars));
  const std::string rest = one(run.rest);
  parts.push_back(raw ? repeat(rest, 0, -1) : json_string_rest_of(ebnf_, rest));
  return write_counted(length, concat(parts), place);
}

}  // namespace ridge::grammar
