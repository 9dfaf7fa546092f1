// llama.cpp spells some short options with several letters ("-ctk"); the parser knows only one
// letter after one dash. A pure function.
#pragma once

#include <string>
#include <vector>

namespace ridge::cli {

// The arguments with such spellings replaced by the long ones. Words that an option before them
// takes as its text, and all words after "--", stay as they are.
std::vector<std::string> normalise(const std::vector<std::string>& arguments);

}  // namespace ridge::cli
