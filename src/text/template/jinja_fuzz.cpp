// Parses any bytes as a template and renders it over fixed variables within small limits: it may
// refuse, and what it renders must carry marks that are ascending, disjoint and inside the text.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/error.h"
#include "text/template/template.h"

namespace ridge::text {
namespace {

Value variables() {
  const auto message = [](const char* role, Value content) {
    return Value::dict({{Value::string("role"), Value::string(role)},
                        {Value::string("content"), std::move(content)}});
  };
  return Value::dict(
      {{Value::string("messages"),
        Value::list({message("system", Value::string("be")), message("user", Value::string("hi é")),
                     message("assistant", Value::none())})},
       {Value::string("tools"), Value::list({Value::dict({{Value::string("n"), Value(1.5)}})})},
       {Value::string("add_generation_prompt"), Value(true)},
       {Value::string("bos_token"), Value::trusted("<s>")}});
}

void check_marks(const Text& text) {
  size_t end = 0;
  for (const Range& range : text.trusted) {
    RIDGE_CHECK(range.begin >= end && range.begin < range.end);
    end = range.end;
  }
  RIDGE_CHECK(end <= text.bytes.size());
}

}  // namespace
}  // namespace ridge::text

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ridge::text;
  const TemplateLimits limits{.max_depth = 60, .max_steps = 100'000, .max_output = 1 << 20};
  try {
    const std::string_view source(reinterpret_cast<const char*>(data), size);
    check_marks(Template::parse(source, limits).render(variables()));
  } catch (const ridge::Error&) {
  }
  return 0;
}
