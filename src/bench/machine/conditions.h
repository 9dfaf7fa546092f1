// The state a machine is in, and what of it would spoil figures measured now. Read from Linux's
// /proc and /sys; what the system does not tell counts as good. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/machine/activity.h"

namespace ridge {

struct BusyProcess {
  int pid = 0;
  std::string name;
  double cores = 0;  // processors it kept busy
};

struct Conditions {
  int n_cores = 0;
  double load = 0;                // run queue over the last minute
  Activity activity;              // over the window
  std::vector<BusyProcess> busy;  // others above kBusyCores, busiest first
  int64_t available_bytes = 0;    // memory; 0: unknown
  int64_t swap_used_bytes = 0;
  std::vector<std::string> governors;  // the different ones of all cores
  bool on_battery = false;
  double quota_cores = 0;  // of the control group; 0: none
  int niceness = 0;
  std::string huge_pages;  // "always", "madvise", "never"; empty: unknown

  static constexpr double kBusyCores = 0.05;
};

// Watches for the length of the window. root: where /proc and /sys lie, for tests.
Conditions read_conditions(std::chrono::milliseconds window,
                           const std::filesystem::path& root = "/");

struct Needs {
  int n_threads = 1;
  int64_t memory_bytes = 0;  // that the measurement will take
};

// One sentence for each thing that would spoil figures; none: go ahead.
std::vector<std::string> problems(const Conditions& conditions, const Needs& needs);

}  // namespace ridge
