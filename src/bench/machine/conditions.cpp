#include "bench/machine/conditions.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <sstream>
#include <thread>

#include "base/strcat.h"
#include "base/thread_pool.h"
#include "bench/machine/files.h"
#include "bench/machine/processes.h"

namespace ridge {
namespace {

namespace fs = std::filesystem;

constexpr double kOthersLimit = 0.05;  // of the processors: the protocol's 5 %
constexpr double kStolenLimit = 0.01;  // of the processors
constexpr double kHotCelsius = 80;
constexpr int64_t kSwapLimit = 64 << 20;

std::string decimals(double value, int n) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", n, value);
  return text;
}

std::string gigabytes(int64_t bytes) {
  return decimals(double(bytes) / 1e9, 1) + " GB";
}

int64_t kib(const std::string& meminfo, const char* key) {
  return int64_t(first_number(field(meminfo, key).value_or("")).value_or(0)) * 1024;
}

void read_memory(const fs::path& root, Conditions& out) {
  const std::string meminfo = read_text(root / "proc/meminfo");
  out.available_bytes = kib(meminfo, "MemAvailable");
  out.swap_used_bytes = kib(meminfo, "SwapTotal") - kib(meminfo, "SwapFree");
}

std::vector<std::string> read_governors(const fs::path& root) {
  std::set<std::string> names;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(root / "sys/devices/system/cpu", none)) {
    const std::string governor = read_text(entry.path() / "cpufreq/scaling_governor");
    if (!governor.empty()) names.insert(governor);
  }
  return {names.begin(), names.end()};
}

bool read_battery(const fs::path& root) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(root / "sys/class/power_supply", none)) {
    const bool is_battery = read_text(entry.path() / "type") == "Battery";
    // A mouse has a battery too; only the machine's own feeds the processor.
    const bool is_device = read_text(entry.path() / "scope") == "Device";
    if (is_battery && !is_device && read_text(entry.path() / "status") == "Discharging")
      return true;
  }
  return false;
}

// "200000 100000" (cgroups v2, cpu.max): microseconds of processor time a period.
double read_quota(const fs::path& root) {
  std::istringstream text(read_text(root / "sys/fs/cgroup/cpu.max"));
  double quota = 0;
  double period = 0;
  return text >> quota >> period && period > 0 ? quota / period : 0;
}

// "always [madvise] never"
std::string chosen_word(const std::string& text) {
  const auto open = text.find('[');
  const auto close = text.find(']');
  const bool found = open != std::string::npos && close != std::string::npos && open < close;
  return found ? text.substr(open + 1, close - open - 1) : "";
}

std::vector<BusyProcess> busy_between(const std::map<int, ProcessTime>& before,
                                      const std::map<int, ProcessTime>& after, double seconds) {
  const double per_core = seconds * double(::sysconf(_SC_CLK_TCK));
  std::vector<BusyProcess> busy;
  for (const auto& [pid, process] : after) {
    const auto earlier = before.find(pid);
    const double since = earlier == before.end() ? 0 : earlier->second.ticks;
    const double cores = (process.ticks - since) / per_core;
    if (cores > Conditions::kBusyCores && pid != ::getpid())
      busy.push_back({pid, process.name, cores});
  }
  std::sort(busy.begin(), busy.end(),
            [](const BusyProcess& a, const BusyProcess& b) { return a.cores > b.cores; });
  return busy;
}

std::string others_sentence(const Conditions& c) {
  std::string sentence =
      cat("other processes take ", decimals(c.activity.others, 2), " of ", c.n_cores, " cores");
  for (size_t i = 0; i < std::min<size_t>(3, c.busy.size()); ++i) {
    sentence += cat(i == 0 ? ": " : ", ", c.busy[i].name, " (pid ", c.busy[i].pid, ") ",
                    decimals(c.busy[i].cores, 2));
  }
  return sentence;
}

bool is_slow_governor(const std::string& governor) {
  return governor != "performance";
}

}  // namespace

Conditions read_conditions(std::chrono::milliseconds window, const fs::path& root) {
  Conditions out{.n_cores = available_cores()};
  const auto before = read_processes(root);
  const ActivityWatch watch(root);
  std::this_thread::sleep_for(window);
  out.activity = watch.stop();
  out.busy =
      busy_between(before, read_processes(root), std::chrono::duration<double>(window).count());
  out.load = first_number(read_text(root / "proc/loadavg")).value_or(0);
  read_memory(root, out);
  out.governors = read_governors(root);
  out.on_battery = read_battery(root);
  out.quota_cores = read_quota(root);
  out.niceness = ::getpriority(PRIO_PROCESS, 0);
  out.huge_pages = chosen_word(read_text(root / "sys/kernel/mm/transparent_hugepage/enabled"));
  return out;
}

std::vector<std::string> problems(const Conditions& c, const Needs& needs) {
  std::vector<std::string> found;
  if (c.activity.others > kOthersLimit * c.n_cores) found.push_back(others_sentence(c));
  if (c.activity.stolen > kStolenLimit * c.n_cores) {
    found.push_back(cat("the hypervisor gives ", decimals(c.activity.stolen, 2),
                        " cores of this machine to others (steal time)"));
  }
  if (c.load > 0.5 * c.n_cores && c.activity.others <= kOthersLimit * c.n_cores) {
    found.push_back(cat("the load of the last minute was ", decimals(c.load, 1), " on ", c.n_cores,
                        " cores: it may come back"));
  }
  if (needs.n_threads > c.n_cores) {
    found.push_back(cat(needs.n_threads, " threads share ", c.n_cores, " cores"));
  }
  if (c.quota_cores > 0 && c.quota_cores < needs.n_threads) {
    found.push_back(cat("the control group allows ", decimals(c.quota_cores, 2),
                        " cores of processor time, and ", needs.n_threads, " threads will run"));
  }
  if (c.niceness > 0) {
    found.push_back(cat("this process runs at niceness ", c.niceness, ": others go first"));
  }
  if (c.swap_used_bytes > kSwapLimit) {
    found.push_back(cat(gigabytes(c.swap_used_bytes), " of swap are in use"));
  }
  if (c.available_bytes > 0 && needs.memory_bytes > c.available_bytes) {
    found.push_back(cat("about ", gigabytes(needs.memory_bytes), " will be taken and ",
                        gigabytes(c.available_bytes), " are available: the system will swap"));
  }
  for (const std::string& governor : c.governors) {
    if (is_slow_governor(governor)) {
      found.push_back(cat("the frequency governor is '", governor, "', not 'performance'"));
    }
  }
  if (c.on_battery) found.push_back("the machine runs on battery");
  if (c.activity.celsius > kHotCelsius) {
    found.push_back(cat("a sensor shows ", decimals(c.activity.celsius, 0),
                        " °C before the start: clocks may drop"));
  }
  if (c.huge_pages == "never")
    found.push_back("huge pages are switched off (transparent_hugepage)");
  return found;
}

}  // namespace ridge
