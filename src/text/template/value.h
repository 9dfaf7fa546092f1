// Value: the data of a template, JSON's types plus what Jinja needs (undefined, callables, tuples).
// Containers are shared by reference, as in Python; objects keep insertion order. Strings remember
// which of their bytes came from a user (see Text), so that user text can never become a control
// token. Not thread-safe: a Value tree belongs to one render at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "text/tokenizer/tokenizer.h"

namespace ridge::text {

// A string and the byte ranges of it that the template's author wrote ("trusted"), ascending and
// disjoint. Text made from literals in the template is trusted, text from variables is not, and every
// operation (concatenation, slices, replace, trim, case) carries the marks along.
struct Text {
  std::string bytes;
  std::vector<Range> trusted;
};

}  // namespace ridge::text
