// A chat template: the Jinja of Hugging Face `transformers`, parsed once and rendered many times.
// Bounded in depth, steps and output, because a model file is foreign input. A Template is
// immutable: render from any thread.
#pragma once

#include <ctime>
#include <functional>
#include <memory>
#include <string_view>

#include "text/template/limits.h"
#include "text/template/value.h"

namespace ridge::text {

struct RenderOptions {
  // What strftime_now sees: local time by default.
  std::function<std::tm()> clock;
};

class Template {
 public:
  // Throws Error{kInvalidFile} with line and reason for source that is no template, and
  // Error{kUnsupported} for statements that chat templates have no use for (include, import, …).
  static Template parse(std::string_view source, const TemplateLimits& limits = {});
  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

  // globals: an object with `messages`, `tools`, `add_generation_prompt`, `bos_token`, … . Throws
  // Error{kInvalidArgument} where Python's Jinja2 raises (raise_exception carries its message
  // along) and Error{kUnsupported} for a bound that was hit.
  Text render(const Value& globals, const RenderOptions& options = {}) const;

 private:
  struct State;
  explicit Template(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

}  // namespace ridge::text
