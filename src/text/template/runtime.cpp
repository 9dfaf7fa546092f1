#include "text/template/runtime.h"

#include "base/error.h"

namespace ridge::text {

void Runtime::fail_steps() const {
  fail(ErrorCode::kUnsupported, "the template needs more than the limit of ", limits_.max_steps,
       " steps");
}

void Runtime::fail_output() const {
  fail(ErrorCode::kUnsupported, "the template makes a text longer than the limit of ",
       limits_.max_output, " bytes");
}

void Runtime::fail_depth() const {
  fail(ErrorCode::kUnsupported,
       "the template nests calls and expressions deeper than the limit of ", limits_.max_depth,
       " levels");
}

}  // namespace ridge::text
