// The results as rows with llama-bench's field names, so that scripts made for it work, and ours
// behind them. Pure functions.
#pragma once

#include <string>

#include "cli/bench/report.h"

namespace ridge::cli {

std::string rows_json(const BenchReport& report);   // one array
std::string rows_jsonl(const BenchReport& report);  // an object a line
std::string rows_csv(const BenchReport& report);    // a line of names, then a line a test

}  // namespace ridge::cli
