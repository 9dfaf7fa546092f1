// Names of catalogues as people type them: case, blanks and punctuation do not matter, and a wrong
// one brings the nearest. Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ridge::planner {

// What of a name counts: letters in lower case, digits, '+', and a '.' between digits.
std::string name_key(std::string_view name);

// Up to three of the names, nearest first, that share a beginning with the wanted one or differ
// from it by a few letters; none where nothing is near.
std::vector<std::string> nearest_names(std::string_view wanted, std::span<const std::string> names);

// "; there are A, B, C", or empty.
std::string suggestion(std::string_view wanted, std::span<const std::string> names);

}  // namespace ridge::planner
