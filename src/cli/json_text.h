// JSON as text that is always valid UTF-8: foreign bytes are replaced. Any thread; nothing fails.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace ridge::cli {

// indent: spaces a level; -1: all on one line.
template <class Json>
std::string dump(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ridge::cli
