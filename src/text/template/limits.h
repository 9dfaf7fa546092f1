// The bounds of a template: a model file is foreign input.
#pragma once

#include <cstdint>

namespace ridge::text {

struct TemplateLimits {
  int max_depth = 200;             // nesting of source and calls (of values: kMaxValueDepth)
  int64_t max_steps = 10'000'000;  // nodes evaluated, items visited, 64-byte lines of text made
  int64_t max_output = 64 << 20;   // bytes of the result and of any string on the way
  int64_t max_range = 100'000;     // items of range(), as in Jinja2's sandbox
};

}  // namespace ridge::text
