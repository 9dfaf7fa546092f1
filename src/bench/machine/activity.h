// Who else used the processors while something was measured. Read from Linux's /proc; zeros where
// there is none. Any thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ridge {

// Between two moments, in processors (1.0: one was busy all the time).
struct Activity {
  double others = 0;   // processes other than this one, and the kernel for them
  double stolen = 0;   // taken by the hypervisor for other guests
  double celsius = 0;  // the hottest sensor at the end; 0: the system does not tell
  double mhz = 0;      // mean clock of the processors at the end; 0: the system does not tell
};

struct CpuTimes {
  double busy = 0;    // seconds, over all processors
  double stolen = 0;  // likewise
};
// The first line of /proc/stat. ticks_per_second: sysconf(_SC_CLK_TCK).
CpuTimes parse_cpu_times(std::string_view proc_stat, double ticks_per_second);

double parse_cpuinfo_mhz(std::string_view proc_cpuinfo);  // mean of "cpu MHz"; 0: none

// Watches from its making to stop(). root: where /proc and /sys lie, for tests.
class ActivityWatch {
 public:
  explicit ActivityWatch(std::filesystem::path root = "/");
  Activity stop() const;

 private:
  struct Moment {
    double wall = 0;
    double own = 0;  // processor seconds of this process
    CpuTimes cpu;
  };
  Moment now() const;

  std::filesystem::path root_;
  Moment start_;
};

}  // namespace ridge
