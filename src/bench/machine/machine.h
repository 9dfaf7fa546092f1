// What a machine is, as far as figures depend on it. Read from Linux's /proc and /sys; what the
// system does not tell is empty or 0. A value; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace ridge {

struct Machine {
  std::string cpu;           // "AMD EPYC 7763 64-Core Processor"
  int n_cores = 0;           // that this process may use
  int64_t memory_bytes = 0;  // of the system
  std::string kernel;        // "Linux 6.1.0-18-amd64"
  bool is_virtual = false;   // a guest of a hypervisor
  std::string identity;      // 16 hex digits: equal for the same machine in the same shape

  std::string summary() const;  // "AMD EPYC, 2 cores, 25.3 GB, virtual"
};

// root: where /proc, /sys and /etc lie, for tests.
Machine describe_machine(const std::filesystem::path& root = "/");

}  // namespace ridge
