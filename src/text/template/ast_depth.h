// How deep an expression nests, from the depths of its operands.
#pragma once

#include "text/template/ast.h"

namespace ridge::text {

int depth_of(const Expr& expr);

}  // namespace ridge::text
