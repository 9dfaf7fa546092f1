// The fields of one JSON object of a catalogue, each asked for by name and type; those that nobody
// asked for are refused, so that a misspelt one is found. Throws Error{kInvalidArgument} that names
// the place: "models[3]: …". One thread.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ridge::planner {

class JsonFields {
 public:
  using Json = nlohmann::json;
  JsonFields(const Json& object, std::string where);

  std::string text(const char* name);                              // must be there
  std::string text(const char* name, std::string_view otherwise);  // may be absent
  int64_t integer(const char* name, int64_t most);
  int64_t integer(const char* name, int64_t most, int64_t otherwise);
  double positive(const char* name);
  double positive(const char* name, double otherwise);
  double number(const char* name);                   // any finite one
  bool flag(const char* name);                       // absent: false
  std::vector<std::string> texts(const char* name);  // absent: none
  std::vector<double> numbers(const char* name);     // absent: none
  const Json& array(const char* name);
  const Json& object(const char* name);
  const Json* find(const char* name);  // null: absent
  void refuse_others() const;
  const std::string& where() const { return where_; }

 private:
  const Json& need(const char* name);
  [[noreturn]] void wrong(const char* name, std::string_view expected) const;

  const Json& object_;
  std::string where_;
  std::set<std::string, std::less<>> known_;
};

// A whole catalogue of a known schema number. what: "the catalogue of models".
nlohmann::json parse_json(std::string_view text, std::string_view what);
void check_schema(JsonFields& fields);

}  // namespace ridge::planner
