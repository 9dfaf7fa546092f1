// `ridge bench --against URL`, from the options to what is printed and kept.
#pragma once

#include <string>
#include <vector>

#include "bench/test.h"
#include "cli/bench/against.h"
#include "cli/context.h"
#include "history/record.h"

namespace ridge::cli {

struct AgainstCommand {
  std::string url;    // as typed
  std::string model;  // what to ask the server for; empty: its first
  std::vector<BenchTest> tests;
  int n_repeat = 5;
  std::chrono::milliseconds delay{0};
  bool json = false;
  std::function<bool()> keep_going;
};

// Prints the figures and gives what to keep. Throws what measure_server() throws.
history::RunRecord run_against(const AgainstCommand& command, Context& context);

}  // namespace ridge::cli
