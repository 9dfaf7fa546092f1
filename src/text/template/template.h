// A chat template: the Jinja of Hugging Face `transformers`, parsed once and rendered many times.
// Bounded in depth, steps and output, because a model file is foreign input. A Template is immutable:
// render from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "text/template/value.h"

namespace ridge::text {

struct TemplateLimits {
  int max_depth = 200;               // nesting of source, calls and values
  int64_t max_steps = 10'000'000;    // statements and expressions evaluated in one render
  int64_t max_output = 64 << 20;     // bytes
};

class Value;

class Template {
 public:
  // Throws Error{kInvalidFile} with line and reason for source that is no template.
  static Template parse(std::string_view source, const TemplateLimits& limits = {});
  Template(Template&&) noexcept;
  ~Template();

  // globals: an object with `messages`, `tools`, `add_generation_prompt`, `bos_token`, … . Throws
  // Error{kInvalidArgument} where Python's Jinja2 raises (raise_exception carries its message along)
  // and Error{kUnsupported} for a bound that was hit.
  Text render(const Value& globals) const;

 private:
  struct State;
  explicit Template(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

}  // namespace ridge::text
