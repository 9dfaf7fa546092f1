// The program: arguments in, exit code out. Called once, from main.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"

namespace ridge::cli {

// arguments: without the program's name. Reports every error on standard error and throws nothing.
int run_app(const std::vector<std::string>& arguments, Context& context) noexcept;

}  // namespace ridge::cli
