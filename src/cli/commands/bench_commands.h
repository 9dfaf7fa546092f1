// The commands below `ridge bench`.
#pragma once

#include <filesystem>
#include <vector>

#include "cli/commands/commands.h"
#include "history/record.h"

namespace ridge::cli {

class OptionSet;

void add_bench_history(OptionSet& bench, Action& chosen);
void add_bench_compare(OptionSet& bench, Action& chosen);
void add_bench_machine(OptionSet& bench, Action& chosen);
void add_bench_page(OptionSet& bench, Action& chosen);
void add_bench_import(OptionSet& bench, Action& chosen);

std::filesystem::path history_file(const Context& context);
// Throws Error{kIo}.
void write_page(const std::filesystem::path& path, const std::vector<history::RunRecord>& runs);

}  // namespace ridge::cli
