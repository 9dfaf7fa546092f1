// Tokens to an Ast, by the grammar of Jinja2. Throws Error{kInvalidFile} with the line for what is
// no template, Error{kUnsupported} for nesting beyond the limit and for statements that are
// refused.
#pragma once

#include <string_view>

#include "text/template/ast.h"
#include "text/template/limits.h"

namespace ridge::text {

Ast parse_template(std::string_view source, const TemplateLimits& limits);

}  // namespace ridge::text
