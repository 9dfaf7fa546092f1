#include "grammar/json_schema.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/quote.h"
#include "base/strcat.h"
#include "grammar/json_rules.h"
#include "grammar/number_range.h"
#include "grammar/object_rules.h"
#include "grammar/regex.h"
#include "grammar/schema_combine.h"
#include "grammar/schema_keywords.h"
#include "grammar/string_format.h"

namespace ridge::grammar {
namespace {

constexpr std::array kTypes = {"object", "array", "string", "number", "integer", "boolean", "null"};
// multipleOf in states of an automaton, or in values written out.
// Of one anyOf or oneOf. Each is a path that the matcher follows until one is left: 900 objects
// took seconds for a token.
constexpr size_t kMostWays = 50;
constexpr int64_t kMostMultipleOf = 256;
constexpr int64_t kMostMultiples = 1000;

// Whether strings stand between quotes; only the members of a call in XML do not.
enum class Text { kQuoted, kRaw };

struct Place {
  std::string path = "#";
  int depth = 0;
  Text text = Text::kQuoted;
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
    out.text = Text::kQuoted;
    return out;
  }
};

class SchemaWriter {
 public:
  SchemaWriter(Ebnf& ebnf, const SchemaDocument& document, Extras extras)
      : ebnf_(ebnf), document_(document), extras_(extras) {}

  std::string write(const Json& schema, const Place& place) {
    ebnf_.spend(1);
    ebnf_.check_depth(place.depth);
    if (schema == true) return write_any(place);
    if (schema == false) refuse(place, "is false, which no value satisfies");
    if (!schema.is_object()) refuse(place, "is neither an object nor true or false");
    check_keywords(schema, place);
    if (schema.contains("nullable") && schema.at("nullable") == true) {
      Json rest = schema;
      rest.erase("nullable");
      return choice({write(rest, place), literal("null")});
    }
    if (schema.contains("$ref")) return write_reference(schema, place);
    if (schema.contains("allOf")) return write_all_of(schema, place);
    if (schema.contains("anyOf") || schema.contains("oneOf")) return write_any_of(schema, place);
    if (schema.contains("enum") || schema.contains("const")) return write_values(schema, place);
    return write_types(schema, place);
  }

  // The members of an object as <parameter=name>\nvalue\n</parameter>\n.
  std::string write_xml(const Json& schema, const Place& place) {
    const Json& object = document_.resolved(schema);
    check_keywords(object, place);
    std::vector<std::string> members;
    const Json properties = properties_of(object, place);
    for (const auto& [name, value] : properties.items()) {
      Place at = place.inside(cat("properties/", name));
      at.text = Text::kRaw;
      const std::string member =
          ebnf_.rule("parameter", concat({literal(cat("<parameter=", name, ">\n")),
                                          write(value, at), literal("\n</parameter>\n")}));
      members.push_back(is_required(object, name) ? member : repeat(member, 0, 1));
    }
    if (members.empty() && is_open(object)) {
      members.push_back(repeat(concat({"\"<parameter=\" [A-Za-z0-9_.-]+ \">\\n\"", raw_string(),
                                       literal("\n</parameter>\n")}),
                               0, -1));
    }
    return concat(members);
  }

 private:
  [[noreturn]] static void refuse(const Place& place, std::string_view why) {
    fail(ErrorCode::kInvalidArgument, "the JSON schema at ", in_quotes(place.path), " ", why);
  }

  static void check_keywords(const Json& schema, const Place& place) {
    for (const auto& [keyword, value] : schema.items()) {
      const bool identifies = place.path == "#" && (keyword == "$id" || keyword == "id");
      if (keyword_use(keyword) != KeywordUse::kUnsupported || identifies) continue;
      refuse(place, cat("has the keyword ", in_quotes(keyword),
                        ", which is not supported: it would not be kept"));
    }
  }

  static bool is_annotation(const std::string& keyword) {
    return keyword_use(keyword) == KeywordUse::kAnnotation;
  }

  // ---- combinations

  std::string write_reference(const Json& schema, const Place& place) {
    for (const auto& [keyword, value] : schema.items()) {
      if (keyword == "$ref" || is_annotation(keyword)) continue;
      refuse(place, cat("has ", in_quotes(keyword), " beside $ref; put both into allOf"));
    }
    if (!schema.at("$ref").is_string()) refuse(place, "has a $ref that is no text");
    const auto reference = schema.at("$ref").get<std::string>();
    if (place.open.contains(reference)) refuse(place, "refers to itself before anything is said");
    const std::string key = cat(place.text == Text::kRaw ? "raw " : "", reference);
    if (const auto found = references_.find(key); found != references_.end()) return found->second;
    const std::string name = ebnf_.declare("reference");
    references_.emplace(key, name);
    Place at = place.below("$ref");
    at.path = reference;
    at.open.insert(reference);
    ebnf_.define(name, write(document_.target(reference), at));
    return name;
  }

  std::string write_all_of(const Json& schema, const Place& place) {
    const Json& parts = list_of(schema, "allOf", place);
    Json rest = schema;
    rest.erase("allOf");
    Json merged = Json::object();
    for (const Json& part : parts) merged = both(merged, document_.resolved(part), place.path);
    return write(both(merged, rest, place.path), place.below("allOf"));
  }

  std::string write_any_of(const Json& schema, const Place& place) {
    const std::string keyword = schema.contains("anyOf") ? "anyOf" : "oneOf";
    const Json& options = list_of(schema, keyword, place);
    if (options.size() > kMostWays) {
      refuse(place, cat("has ", options.size(), " schemas in ", keyword, ", and the limit is ",
                        kMostWays));
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

  void check_disjoint(const Json& options, const Place& place) const {
    for (size_t i = 0; i < options.size(); ++i) {
      for (size_t k = 0; k < i; ++k) {
        if (are_disjoint(document_, options[i], options[k])) continue;
        refuse(place, cat("has schemas ", k, " and ", i,
                          " in oneOf that a value may satisfy both; use anyOf, or a required "
                          "member with const that tells them apart"));
      }
    }
  }

  static const Json& list_of(const Json& schema, const std::string& keyword, const Place& place) {
    const Json& list = schema.at(keyword);
    if (!list.is_array() || list.empty()) {
      refuse(place, cat("has in ", keyword, " no list of schemas"));
    }
    return list;
  }

  std::string write_values(const Json& schema, const Place& place) {
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

  static std::string write_value(const Json& value, const Place& place) {
    const bool raw = place.text == Text::kRaw && value.is_string();
    return literal(raw ? value.get<std::string>() : value.dump());
  }

  // ---- types

  std::vector<std::string> types_of(const Json& schema, const Place& place) const {
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
  static std::vector<std::string> implied_types(const Json& schema) {
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

  std::string write_types(const Json& schema, const Place& place) {
    std::vector<std::string> types = types_of(schema, place);
    if (types.empty()) types = implied_types(schema);
    if (types.empty()) return write_any(place);
    std::vector<std::string> ways;
    for (const std::string& type : types) ways.push_back(write_type(schema, type, place));
    return choice(ways);
  }

  std::string write_type(const Json& schema, const std::string& type, const Place& place) {
    if (type == "string") return write_string(schema, place);
    if (type == "integer") return write_integer(schema, place);
    if (type == "number") return write_number(schema, place);
    if (type == "boolean") return "(\"true\" | \"false\")";
    if (type == "null") return literal("null");
    return type == "array" ? write_array(schema, place) : write_object(schema, place);
  }

  std::string write_any(const Place& place) {
    return place.text == Text::kRaw ? raw_string() : json_value(ebnf_);
  }

  // Text up to the line that ends a parameter.
  std::string raw_string() {
    return ebnf_.shared("raw", [] {
      std::string mark;
      append_utf8(mark, kControlMark);
      return cat("TagDispatch(excludes=(\"</parameter>\",", literal(mark), "))");
    });
  }

  // ---- strings

  std::string write_string(const Json& schema, const Place& place) {
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

  std::optional<std::string> string_pattern(const Json& schema, const Place& place) const {
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

  std::string counted_chars(const Json& schema, const Place& place) {
    const int64_t min = count_of(schema, "minLength", place).value_or(0);
    const int64_t max = count_of(schema, "maxLength", place).value_or(-1);
    if (max >= 0 && max < min) refuse(place, "has a minLength above its maxLength");
    // Without escapes: tokens are sorted for every place in the string, and with them twenty times
    // as slowly.
    const Pattern chars = Pattern::repeated(Pattern::one_of(json_plain_chars()), min, max);
    return write_pattern(ebnf_, chars, Spelling::kPlain);
  }

  static std::string text_of(const Json& schema, const char* keyword, const Place& place) {
    const Json& value = schema.at(keyword);
    if (!value.is_string()) refuse(place, cat("has a ", keyword, " that is no text"));
    return value.get<std::string>();
  }

  std::optional<int64_t> count_of(const Json& schema, const char* keyword,
                                  const Place& place) const {
    const auto found = schema.find(keyword);
    if (found == schema.end()) return std::nullopt;
    const bool whole = has_type(*found, "integer") && found->get<double>() >= 0;
    if (!whole) refuse(place, cat("has a ", keyword, " that is no count"));
    if (found->get<double>() > double(ebnf_.limits().repetitions)) {
      refuse(place, cat("has the ", keyword, " ", found->dump(), ", and the limit is ",
                        ebnf_.limits().repetitions));
    }
    return int64_t(found->get<double>());
  }

  // ---- numbers

  struct Limit {
    std::optional<double> value;
    bool excluded = false;
  };

  static std::optional<double> number_of(const Json& schema, const char* keyword,
                                         const Place& place) {
    const auto found = schema.find(keyword);
    if (found == schema.end() || found->is_boolean()) return std::nullopt;  // draft 4's flags
    if (!found->is_number()) refuse(place, cat("has a ", keyword, " that is no number"));
    const double value = found->get<double>();
    if (!(std::abs(value) < 1e18)) {
      refuse(place, cat("has the ", keyword, " ", found->dump(), ", beyond the limit of 1e18"));
    }
    return value;
  }

  // The stricter of the inclusive and the exclusive one; sign -1 for upper limits.
  static Limit limit_of(const Json& schema, const char* included, const char* excluded, int sign,
                        const Place& place) {
    Limit limit{number_of(schema, included, place), false};
    const auto strict = number_of(schema, excluded, place);
    if (strict && (!limit.value || sign * *strict >= sign * *limit.value)) limit = {strict, true};
    if (schema.contains(excluded) && schema.at(excluded) == true) limit.excluded = true;
    return limit;
  }

  static Limit lower_limit(const Json& schema, const Place& place) {
    return limit_of(schema, "minimum", "exclusiveMinimum", 1, place);
  }
  static Limit upper_limit(const Json& schema, const Place& place) {
    return limit_of(schema, "maximum", "exclusiveMaximum", -1, place);
  }

  std::string write_number(const Json& schema, const Place& place) {
    if (schema.contains("multipleOf")) {
      refuse(place, "has multipleOf for a number that need not be whole, which is not supported");
    }
    const Limit low = lower_limit(schema, place);
    const Limit high = upper_limit(schema, place);
    if (!low.value && !high.value) return any_number();
    const std::string out = number_between(
        ebnf_, {decimal(low.value), decimal(high.value), low.excluded, high.excluded});
    if (out.empty()) refuse(place, "leaves no number between its limits");
    return out;
  }

  // Without exponent, as short as it can be told from its neighbours.
  static std::string decimal(std::optional<double> value) {
    if (!value) return {};
    char digits[400];
    const auto end =
        std::to_chars(digits, digits + sizeof digits, *value, std::chars_format::fixed).ptr;
    return std::string(digits, end);
  }

  std::string write_integer(const Json& schema, const Place& place) {
    const Limit low = lower_limit(schema, place);
    const Limit high = upper_limit(schema, place);
    std::optional<int64_t> from, to;
    if (low.value) from = int64_t(std::ceil(*low.value));
    if (low.value && low.excluded && double(*from) == *low.value) ++*from;
    if (high.value) to = int64_t(std::floor(*high.value));
    if (high.value && high.excluded && double(*to) == *high.value) --*to;
    if (schema.contains("multipleOf")) return write_multiples(schema, from, to, place);
    if (!from && !to) return any_integer();
    const std::string out = integer_between(ebnf_, from ? cat(*from) : "", to ? cat(*to) : "");
    if (out.empty()) refuse(place, "leaves no integer between its limits");
    return out;
  }

  std::string write_multiples(const Json& schema, std::optional<int64_t> from,
                              std::optional<int64_t> to, const Place& place) {
    const auto of = number_of(schema, "multipleOf", place);
    const bool whole = of && std::trunc(*of) == *of;
    if (!whole || *of < 1) refuse(place, "has a multipleOf that is no positive integer");
    const auto step = int64_t(*of);
    if (from && to) return write_listed_multiples(step, *from, *to, place);
    if (from || to) {
      refuse(place, "has multipleOf with one limit; two limits or none are supported");
    }
    if (step > kMostMultipleOf) {
      refuse(place, cat("has the multipleOf ", step, ", and the limit is ", kMostMultipleOf));
    }
    return write_remainders(step);
  }

  std::string write_listed_multiples(int64_t step, int64_t from, int64_t to, const Place& place) {
    int64_t first = from / step * step;
    if (first < from) first += step;
    if (first > to) refuse(place, "leaves no multiple between its limits");
    if ((to - first) / step > kMostMultiples) {
      refuse(place, cat("has more than ", kMostMultiples, " multiples between its limits"));
    }
    std::vector<std::string> ways;
    for (int64_t value = first; value <= to; value += step) ways.push_back(literal(cat(value)));
    ebnf_.spend(int64_t(ways.size()));
    return choice(ways);
  }

  // A rule for each remainder that the digits so far may leave.
  std::string write_remainders(int64_t step) {
    std::vector<std::string> rules;
    for (int64_t i = 0; i < step; ++i) rules.push_back(ebnf_.declare("remainder"));
    const auto next = [&](int64_t remainder, int64_t first_digit) {
      std::vector<std::string> ways;
      for (int64_t digit = first_digit; digit < 10; ++digit) {
        ways.push_back(concat({literal(cat(digit)), rules[(remainder * 10 + digit) % step]}));
      }
      return ways;
    };
    for (int64_t i = 0; i < step; ++i) {
      ebnf_.spend(10);
      std::vector<std::string> ways = next(i, 0);
      if (i == 0) ways.push_back("\"\"");
      ebnf_.define(rules[i], choice(ways));
    }
    return choice({literal("0"), concat({"\"-\"?", choice(next(0, 1))})});
  }

  // ---- arrays

  std::string write_array(const Json& schema, const Place& place) {
    if (schema.contains("uniqueItems") && schema.at("uniqueItems") != false) {
      refuse(place, "has the keyword 'uniqueItems', which is not supported: it would not be kept");
    }
    const int64_t min = count_of(schema, "minItems", place).value_or(0);
    const int64_t max = count_of(schema, "maxItems", place).value_or(-1);
    if (max >= 0 && max < min) refuse(place, "has a minItems above its maxItems");
    std::vector<std::string> first;
    const bool tuple = schema.contains("items") && schema.at("items").is_array();
    if (const char* keyword = tuple ? "items" : "prefixItems"; schema.contains(keyword)) {
      const Json& list = schema.at(keyword);
      if (!list.is_array()) refuse(place, "has prefixItems that are no list");
      for (size_t i = 0; i < list.size(); ++i) {
        first.push_back(write(list[i], place.inside(cat(keyword, "/", i))));
      }
    }
    return write_items(first, rest_of_items(schema, tuple, place), {min, max}, place);
  }

  // The items after those that have schemas of their own; empty: there are none.
  std::string rest_of_items(const Json& schema, bool tuple, const Place& place) {
    const bool has_first = tuple || schema.contains("prefixItems");
    for (const char* keyword : {tuple ? "additionalItems" : "items", "unevaluatedItems"}) {
      if (!schema.contains(keyword)) continue;
      const Json& rest = schema.at(keyword);
      if (rest == false) return "";
      return ebnf_.rule("item", write(rest, place.inside(keyword)));
    }
    return has_first && extras_ == Extras::kNever ? "" : json_value(ebnf_);
  }

  struct Counts {
    int64_t min = 0;
    int64_t max = -1;
  };

  std::string write_items(const std::vector<std::string>& first, const std::string& rest,
                          Counts counts, const Place& place) {
    const auto n_first = int64_t(first.size());
    if (rest.empty()) counts.max = counts.max < 0 ? n_first : std::min(counts.max, n_first);
    if (counts.max >= 0 && counts.max < counts.min) refuse(place, "leaves too few items");
    ebnf_.spend(std::clamp<int64_t>(std::max(counts.min, counts.max), 1, 256));
    const std::string space = json_space(ebnf_);
    const std::string comma =
        ebnf_.shared("comma", [&] { return concat({space, "\",\"", space}); });
    // From the last item to the first: what may follow after i of them.
    const int64_t n = counts.max < 0 ? n_first : std::min(n_first, counts.max);
    std::string tail;
    if (!rest.empty() && (counts.max < 0 || counts.max > n_first)) {
      const int64_t before = std::max<int64_t>(n_first, 1);  // the first one has no comma
      tail = repeat(concat({comma, rest}), std::max<int64_t>(counts.min - before, 0),
                    counts.max < 0 ? -1 : counts.max - before);
      if (n_first == 0) {
        tail = concat({rest, tail});
        if (counts.min == 0) tail = repeat(tail, 0, 1);
      }
    }
    for (int64_t i = n; i-- > 0;) {
      tail = concat({i == 0 ? "" : comma, first[i], tail});
      if (i >= counts.min) tail = ebnf_.rule("items", repeat(tail, 0, 1));
    }
    return concat({"\"[\"", space, tail, space, "\"]\""});
  }

  // ---- objects

  static bool is_open(const Json& schema) {
    for (const char* keyword : {"additionalProperties", "unevaluatedProperties"}) {
      if (schema.contains(keyword)) return schema.at(keyword) != false;
    }
    if (schema.contains("patternProperties")) return false;
    return !schema.contains("properties");  // nothing said about members at all: any object
  }

  static bool is_required(const Json& schema, const std::string& name) {
    const auto required = schema.find("required");
    return required != schema.end() && required->is_array() &&
           std::find(required->begin(), required->end(), Json(name)) != required->end();
  }

  // With those that are required and not described: anything, where other members may be.
  Json properties_of(const Json& schema, const Place& place) const {
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

  std::string write_object(const Json& schema, const Place& place) {
    ObjectRules rules;
    const Json properties = properties_of(schema, place);
    for (const auto& [name, value] : properties.items()) {
      rules.members.push_back(
          {name, write(value, place.inside(cat("properties/", name))), is_required(schema, name)});
    }
    rules.other_value = other_members(schema, place, rules);
    rules.min = count_of(schema, "minProperties", place).value_or(0);
    rules.max = count_of(schema, "maxProperties", place).value_or(-1);
    if (const std::string problem = problem_of_counts(rules); !problem.empty()) {
      refuse(place, problem);
    }
    return ebnf_.rule("members", write_object_rules(ebnf_, rules));
  }

  // The value of members that are not named, and into `rules` the names they may have.
  std::string other_members(const Json& schema, const Place& place, ObjectRules& rules) {
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

  static bool is_trivial_name(const Json& schema) {
    return schema == true || schema == Json::object() || schema == Json({{"type", "string"}});
  }

  std::string write_name(const Json& schema, const Place& place) {
    if (!schema.is_object()) refuse(place, "has propertyNames that are no schema");
    Json text = schema;
    text["type"] = "string";
    return write(text, place.inside("propertyNames"));
  }

  std::string pattern_members(const Json& schema, const Place& place, ObjectRules& rules) {
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

  Ebnf& ebnf_;
  const SchemaDocument& document_;
  Extras extras_;
  std::map<std::string, std::string> references_;  // to rules
};

}  // namespace

std::string write_json_schema(Ebnf& ebnf, const JsonSchema& schema) {
  const SchemaDocument document(schema.schema, ebnf.limits().depth);
  SchemaWriter writer(ebnf, document, schema.extras);
  if (schema.notation == Notation::kQwenXml) return writer.write_xml(document.root(), {});
  return writer.write(document.root(), {});
}

}  // namespace ridge::grammar
