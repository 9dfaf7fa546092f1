// SchemaWriter: a JSON Schema as rules, a group of keywords in each of json_schema.cpp (documents
// and types) and schema_ways, _string, _number, _array and _object.cpp. Only they include it.
// Everything throws Error{kInvalidArgument} with the place in the schema.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/strcat.h"
#include "grammar/ebnf.h"
#include "grammar/object_rules.h"
#include "grammar/pattern.h"
#include "grammar/schema_document.h"
#include "grammar/source.h"

namespace ridge::grammar {

class SchemaWriter {
 public:
  // How strings stand: as JSON has them, as they are between tags, or as they are between marks.
  enum class Text { kQuoted, kRaw, kMarked };

  struct Place {
    std::string path = "#";
    int depth = 0;
    Text text = Text::kQuoted;
    bool python_words = false;   // True, False and None may stand for JSON's
    std::set<std::string> open;  // references followed since the last member or item

    Place below(std::string_view step) const {
      Place out = *this;
      out.path = cat(path, "/", step);
      ++out.depth;
      return out;
    }
    // … of a part that is written after something else, so that recursion gets somewhere.
    Place inside(std::string_view step) const {
      Place out = below(step);
      out.open.clear();
      if (text == Text::kRaw) out.text = Text::kQuoted;
      out.python_words = false;
      return out;
    }
  };

  SchemaWriter(Ebnf& ebnf, const SchemaDocument& document, Extras extras)
      : ebnf_(ebnf), document_(document), extras_(extras) {}

  std::string write(const Json& schema, const Place& place);
  // The members of an object between tags.
  std::string write_tagged(const Json& schema, const Tags& tags);
  // The members of an object as keyword arguments.
  std::string write_keywords(const Json& schema);
  // A value with bare names, and strings between two of `quote`.
  std::string write_marked(const Json& schema, const std::string& quote);

 private:
  [[noreturn]] static void refuse(const Place& place, std::string_view why);
  static void check_keywords(const Json& schema, const Place& place);
  static bool is_annotation(const std::string& keyword);
  static std::string text_of(const Json& schema, const char* keyword, const Place& place);
  static std::optional<int64_t> count_of(const Json& schema, const char* keyword,
                                         const Place& place, int64_t most);

  std::vector<std::string> types_of(const Json& schema, const Place& place) const;
  static std::vector<std::string> implied_types(const Json& schema);
  std::string write_types(const Json& schema, const Place& place);
  std::string write_type(const Json& schema, const std::string& type, const Place& place);
  static std::string write_word(const char* word, const Place& place);
  std::string write_any(const Place& place);
  std::string marked_value();

  std::string write_reference(const Json& schema, const Place& place);
  std::string write_all_of(const Json& schema, const Place& place);
  std::string write_any_of(const Json& schema, const Place& place);
  void check_disjoint(const Json& options, const Place& place) const;
  static const Json& list_of(const Json& schema, const std::string& keyword, const Place& place);
  std::string write_values(const Json& schema, const Place& place);
  std::string write_value(const Json& value, const Place& place) const;
  std::string written_value(const Json& value) const;

  std::string raw_string();
  std::string between_quotes(const std::string& inside, const Place& place) const;
  std::string write_string(const Json& schema, const Place& place);
  std::optional<std::string> string_pattern(const Json& schema, const Place& place) const;
  CountedText length_of(const Json& schema, const Place& place) const;
  std::string write_counted(const CountedText& length, const std::string& inside,
                            const Place& place);
  std::string write_run(const ClassRun& run, CountedText length, const Place& place);

  struct Limit {
    std::optional<double> value;
    bool excluded = false;
  };
  static std::optional<double> number_of(const Json& schema, const char* keyword,
                                         const Place& place);
  static Limit limit_of(const Json& schema, const char* included, const char* excluded, int sign,
                        const Place& place);
  static Limit lower_limit(const Json& schema, const Place& place);
  static Limit upper_limit(const Json& schema, const Place& place);
  std::string write_number(const Json& schema, const Place& place);
  static std::string decimal(std::optional<double> value);
  std::string write_integer(const Json& schema, const Place& place);
  std::string write_multiples(const Json& schema, std::optional<int64_t> from,
                              std::optional<int64_t> to, const Place& place);
  std::string write_listed_multiples(int64_t step, int64_t from, int64_t to, const Place& place);
  std::string write_remainders(int64_t step);

  struct Counts {
    int64_t min = 0;
    int64_t max = -1;
  };
  std::string write_array(const Json& schema, const Place& place);
  std::string rest_of_items(const Json& schema, bool tuple, const Place& place);
  std::string write_items(const std::vector<std::string>& first, const std::string& rest,
                          Counts counts, const Place& place);

  static bool is_open(const Json& schema);
  static bool is_required(const Json& schema, const std::string& name);
  Json properties_of(const Json& schema, const Place& place) const;
  std::string write_object(const Json& schema, const Place& place);
  std::string write_marked_object(const Json& schema, const Place& place);
  std::string other_members(const Json& schema, const Place& place, ObjectRules& rules);
  static bool is_trivial_name(const Json& schema);
  std::string write_name(const Json& schema, const Place& place);
  std::string pattern_members(const Json& schema, const Place& place, ObjectRules& rules);

  Ebnf& ebnf_;
  const SchemaDocument& document_;
  Extras extras_;
  Tags tags_;                                      // around what is Text::kRaw or kMarked
  std::map<std::string, std::string> references_;  // to rules
};

}  // namespace ridge::grammar
