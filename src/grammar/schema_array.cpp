// Arrays: items and how many there are.
#include <algorithm>

#include "grammar/json_rules.h"
#include "grammar/schema_writer.h"

namespace ridge::grammar {

std::string SchemaWriter::write_array(const Json& schema, const Place& place) {
  if (schema.contains("uniqueItems") && schema.at("uniqueItems") != false) {
    refuse(place, "has the keyword 'uniqueItems', which is not supported: it would not be kept");
  }
  const int64_t min = count_of(schema, "minItems", place, ebnf_.limits().repetitions).value_or(0);
  const int64_t max = count_of(schema, "maxItems", place, ebnf_.limits().repetitions).value_or(-1);
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
std::string SchemaWriter::rest_of_items(const Json& schema, bool tuple, const Place& place) {
  const bool has_first = tuple || schema.contains("prefixItems");
  for (const char* keyword : {tuple ? "additionalItems" : "items", "unevaluatedItems"}) {
    if (!schema.contains(keyword)) continue;
    const Json& rest = schema.at(keyword);
    if (rest == false) return "";
    return ebnf_.rule("item", write(rest, place.inside(keyword)));
  }
  return has_first && extras_ == Extras::kNever ? "" : write_any(place.inside("items"));
}

std::string SchemaWriter::write_items(const std::vector<std::string>& first,
                                      const std::string& rest, Counts counts, const Place& place) {
  const auto n_first = int64_t(first.size());
  if (rest.empty()) counts.max = counts.max < 0 ? n_first : std::min(counts.max, n_first);
  if (counts.max >= 0 && counts.max < counts.min) refuse(place, "leaves too few items");
  ebnf_.spend(std::clamp<int64_t>(std::max(counts.min, counts.max), 1, 256));
  const std::string space = json_space(ebnf_);
  const std::string comma = ebnf_.shared("comma", [&] { return concat({space, "\",\"", space}); });
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

}  // namespace ridge::grammar
