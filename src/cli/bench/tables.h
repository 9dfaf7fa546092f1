// The results for people: a table a group with what the figures mean beside them, or the markdown
// table of llama-bench. Pure functions.
#pragma once

#include <string>

#include "cli/bench/report.h"

namespace ridge::cli {

std::string bench_text(const BenchReport& report);
std::string bench_markdown(const BenchReport& report);

}  // namespace ridge::cli
