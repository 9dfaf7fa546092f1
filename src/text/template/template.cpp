#include "text/template/template.h"

#include <chrono>

#include "text/template/interpreter.h"
#include "text/template/parser.h"

namespace ridge::text {
namespace {

std::tm local_time() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm out{};
  localtime_r(&now, &out);
  return out;
}

}  // namespace

struct Template::State {
  Ast ast;
  TemplateLimits limits;
};

Template::Template(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

Template Template::parse(std::string_view source, const TemplateLimits& limits) {
  return Template(std::make_unique<const State>(State{parse_template(source, limits), limits}));
}

Text Template::render(const Value& globals, const RenderOptions& options) const {
  if (!globals.is(Kind::kDict)) {
    fail(ErrorCode::kInvalidArgument, "the variables of a template must be an object");
  }
  Runtime rt(state_->limits, options.clock ? options.clock : local_time);
  return Interpreter(state_->ast, globals, rt).run();
}

}  // namespace ridge::text
