#include "bench/machine/processes.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "bench/machine/files.h"

namespace ridge {

std::optional<ProcessTime> parse_process(std::string_view stat) {
  const auto open = stat.find('(');
  const auto close = stat.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
  // Behind the name: state and ten numbers, then utime and stime (proc(5), fields 14 and 15).
  std::istringstream rest{std::string(stat.substr(close + 1))};
  std::string skipped;
  for (int i = 0; i < 11; ++i) rest >> skipped;
  double user = 0;
  double system = 0;
  if (!(rest >> user >> system)) return std::nullopt;
  return ProcessTime{std::string(stat.substr(open + 1, close - open - 1)), user + system};
}

std::map<int, ProcessTime> read_processes(const std::filesystem::path& root) {
  std::map<int, ProcessTime> processes;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(root / "proc", none)) {
    const std::string name = entry.path().filename().string();
    int pid = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (read.ec != std::errc() || read.ptr != name.data() + name.size()) continue;
    if (auto process = parse_process(read_text(entry.path() / "stat"))) processes[pid] = *process;
  }
  return processes;
}

}  // namespace ridge
