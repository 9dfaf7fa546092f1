// A JSON Schema with its references: finds what they point at, and which of them never end. Only
// this folder's .cpp files include it.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ridge::grammar {

using Json = nlohmann::ordered_json;

class SchemaDocument {
 public:
  // Throws Error{kInvalidArgument} for text that is no JSON, and for references that lead nowhere,
  // out of the document or round in circles, or to something that could never be finished.
  SchemaDocument(std::string_view text, int max_depth);

  const Json& root() const { return root_; }
  const Json& target(const std::string& reference) const;
  // The schema itself, or what its references lead to; annotations beside them are left out.
  const Json& resolved(const Json& schema) const;

 private:
  void collect_references(const Json& value, int depth);
  void check_circles() const;
  void check_endings() const;
  bool can_end(const Json& schema, const std::map<std::string, bool>& known) const;
  bool object_can_end(const Json& schema, const std::map<std::string, bool>& known) const;
  bool array_can_end(const Json& schema, const std::map<std::string, bool>& known) const;

  Json root_;
  int max_depth_;
  std::map<std::string, const Json*> targets_;  // by reference
};

}  // namespace ridge::grammar
