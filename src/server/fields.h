// Fields: the members of a JSON object, asked for one by one with their types and ranges. Whatever
// nobody asked for can be listed, so that no parameter is dropped without a word. One thread; the
// object outlives it. Everything throws RequestError 400 that names the field, the value found and
// what was wanted. A member that is null counts as absent.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/json.h"

namespace ridge::server {

class Fields {
 public:
  // where: the path of the object in the request, "" for the body itself.
  explicit Fields(const Json& object, std::string where = {});

  const Json* find(std::string_view key);  // null: absent
  const Json& required(std::string_view key);
  std::optional<int64_t> integer(std::string_view key, int64_t least, int64_t most);
  std::optional<double> number(std::string_view key, double least, double most);
  std::optional<bool> boolean(std::string_view key);
  std::optional<std::string> string(std::string_view key);
  std::string required_string(std::string_view key);
  // A text or a list of texts.
  std::vector<std::string> strings(std::string_view key, size_t most);

  // Known fields that mean nothing here.
  void accept(std::initializer_list<std::string_view> keys);
  // Fields that would change the answer and cannot; refused unless absent.
  void refuse(std::string_view key, std::string_view why);

  std::vector<std::string> unread() const;    // nobody asked for them
  std::vector<std::string> accepted() const;  // by accept(), and present
  std::string path(std::string_view key) const;

 private:
  const Json& object_;
  std::string where_;
  std::set<std::string, std::less<>> read_;
  std::vector<std::string> accepted_;
};

// "a list", "the number 3", "'text'": a value as an error shows it.
std::string describe(const Json& value);

}  // namespace ridge::server
