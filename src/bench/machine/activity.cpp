#include "bench/machine/activity.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <sstream>

#include "bench/machine/files.h"

namespace ridge {
namespace {

double seconds_of(const timeval& time) {
  return double(time.tv_sec) + double(time.tv_usec) * 1e-6;
}

double own_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

}  // namespace

// user nice system idle iowait irq softirq steal guest guest_nice (proc(5)); guests count as user.
CpuTimes parse_cpu_times(std::string_view proc_stat, double ticks_per_second) {
  std::istringstream line{std::string(proc_stat.substr(0, proc_stat.find('\n')))};
  std::string label;
  double user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0;
  line >> label >> user >> nice >> system >> idle >> wait >> irq >> softirq >> steal;
  if (label != "cpu") return {};
  return {.busy = (user + nice + system + irq + softirq) / ticks_per_second,
          .stolen = steal / ticks_per_second};
}

double parse_cpuinfo_mhz(std::string_view proc_cpuinfo) {
  double sum = 0;
  int n = 0;
  for (size_t at = 0; (at = proc_cpuinfo.find("cpu MHz", at)) != std::string_view::npos; ++at) {
    const std::string_view rest = proc_cpuinfo.substr(at);
    const auto value = first_number(rest.substr(0, rest.find('\n')));
    if (!value) continue;
    sum += *value;
    ++n;
  }
  return n > 0 ? sum / n : 0;
}

ActivityWatch::ActivityWatch(std::filesystem::path root) : root_(std::move(root)), start_(now()) {}

ActivityWatch::Moment ActivityWatch::now() const {
  const auto wall = std::chrono::steady_clock::now().time_since_epoch();
  return {.wall = std::chrono::duration<double>(wall).count(),
          .own = own_seconds(),
          .cpu = parse_cpu_times(read_text(root_ / "proc/stat"), double(::sysconf(_SC_CLK_TCK)))};
}

Activity ActivityWatch::stop() const {
  const Moment end = now();
  const double wall = std::max(1e-9, end.wall - start_.wall);
  const double busy = end.cpu.busy - start_.cpu.busy;
  const double own = end.own - start_.own;
  return {.others = std::max(0.0, (busy - own) / wall),
          .stolen = std::max(0.0, (end.cpu.stolen - start_.cpu.stolen) / wall),
          .celsius = hottest_celsius(root_),
          .mhz = parse_cpuinfo_mhz(read_text(root_ / "proc/cpuinfo"))};
}

}  // namespace ridge
