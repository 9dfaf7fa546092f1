// Runs of the history as one HTML page that needs no other file: rates over depth and over prompt
// length, the roofline with each test's point, and the table. Light and dark. A pure function.
#pragma once

#include <string>
#include <vector>

#include "history/record.h"

namespace ridge::cli {

std::string bench_page(const std::vector<history::RunRecord>& runs);

}  // namespace ridge::cli
