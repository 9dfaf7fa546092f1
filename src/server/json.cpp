#include "server/json.h"

#include <unordered_set>
#include <vector>

#include "base/quote.h"
#include "server/problem.h"

namespace ridge::server {
namespace {

// Builds the value, which the library's own builder would do without a bound on depth, and with
// time that grows as the square of an object's size.
class Builder {
 public:
  using number_integer_t = Json::number_integer_t;
  using number_unsigned_t = Json::number_unsigned_t;
  using number_float_t = Json::number_float_t;
  using string_t = Json::string_t;
  using binary_t = Json::binary_t;

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(number_integer_t value) { return add(value); }
  bool number_unsigned(number_unsigned_t value) { return add(value); }
  bool number_float(number_float_t value, const string_t&) { return add(value); }
  bool string(string_t& value) { return add(std::move(value)); }
  bool binary(binary_t&) { return false; }
  bool start_object(size_t) { return open(Json::object()); }
  bool start_array(size_t) { return open(Json::array()); }
  bool key(string_t& key) {
    if (!open_.back().keys.insert(key).second) {
      error_ = cat("the key ", in_quotes(key), " occurs twice in one object");
      return false;
    }
    open_.back().key = std::move(key);
    return true;
  }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) {
    error_ = error.what();
    const size_t bracket = error_.find("] ");  // the library's name and number of it
    if (bracket != std::string::npos) error_.erase(0, bracket + 2);
    return false;
  }

  Json take() { return std::move(root_); }
  const std::string& error() const { return error_; }

 private:
  struct Level {
    Json value;
    std::string key;  // of the next member
    std::unordered_set<std::string> keys;
  };

  bool add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Level& level = open_.back();
    if (level.value.is_array()) {
      level.value.get_ref<Json::array_t&>().push_back(std::move(value));
    } else {
      // As a vector: its own emplace() compares with every key that is there.
      using Members = std::vector<Json::object_t::value_type, Json::object_t::allocator_type>;
      static_cast<Members&>(level.value.get_ref<Json::object_t&>())
          .emplace_back(std::move(level.key), std::move(value));
    }
    return true;
  }
  bool open(Json value) {
    if (open_.size() >= size_t(kMostJsonDepth)) {
      error_ = cat("it is nested deeper than ", kMostJsonDepth, " levels");
      return false;
    }
    open_.push_back({std::move(value), {}, {}});
    return true;
  }
  bool close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  Json root_;
  std::vector<Level> open_;
  std::string error_;
};

}  // namespace

Json parse_json(std::string_view text) {
  Builder builder;
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
    throw RequestError({.message = cat("the body is not valid JSON: ", builder.error())});
  }
  return builder.take();
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ridge::server
