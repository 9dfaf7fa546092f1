// Reads the results that llama-bench (and ridge bench) write with -o json or -o jsonl. Foreign
// text: Error{kInvalidFile} names the row and the field.
#pragma once

#include <string>
#include <string_view>

#include "history/record.h"

namespace ridge::cli {

// All rows as one run. A row without samples (older versions) has its average as the only one.
history::RunRecord read_bench_rows(std::string_view text);

}  // namespace ridge::cli
