// Processor time of every process, from /proc/<pid>/stat. Internal to this folder.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ridge {

struct ProcessTime {
  std::string name;
  double ticks = 0;  // user and system
};

// One /proc/<pid>/stat; the name stands in parentheses and may hold any character, also ')'.
std::optional<ProcessTime> parse_process(std::string_view proc_pid_stat);

std::map<int, ProcessTime> read_processes(const std::filesystem::path& root);  // by pid

}  // namespace ridge
