// How the figures of a measured server are printed and kept. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "bench/machine/machine.h"
#include "cli/bench/against.h"
#include "history/record.h"

namespace ridge::cli {

std::string against_text(const AgainstReport& report);
// Rows with the field names of llama-bench, as far as a server knows them.
std::string against_json(const AgainstReport& report, const std::string& time);
std::vector<std::string> against_warnings(const AgainstReport& report);
history::RunRecord to_record(const AgainstReport& report, const Machine& machine);

bool is_loopback(const std::string& url);  // a server on this machine

}  // namespace ridge::cli
