#include "cli/plan/local_machine.h"

#include <algorithm>

#include "bench/machine/activity.h"
#include "bench/machine/machine.h"
#include "cli/commands/bench_commands.h"
#include "cli/input.h"
#include "cli/ui/format.h"
#include "cpu/cpu_backend.h"
#include "history/history.h"

namespace ridge::cli {
namespace {

// FLOPs that a core reached in prompts of Qwen2.5-Coder-1.5B, by its best kernels: Zen 4 with
// AVX-512 VNNI, Zen 3 with AVX2.
double flops_of_core() {
  for (const cpu::Level& level : cpu::levels()) {
    if (level.name == "avx512_vnni" && level.supported) return 250e9;
  }
  return 120e9;
}

// What a plain read loop got in the newest kept runs of this machine, their median; 0: none.
double kept_bandwidth(const Context& context, const std::string& machine_id) {
  constexpr int64_t kRuns = 20;
  std::error_code error;
  if (!std::filesystem::exists(history_file(context), error)) return 0;
  std::vector<double> kept;
  for (const history::RunRecord& run : history::History(history_file(context)).list(kRuns)) {
    if (run.machine_id != machine_id) continue;
    for (const history::ResultRecord& result : run.results) {
      for (const history::SampleRecord& s : result.samples) {
        if (s.bandwidth > 0) kept.push_back(s.bandwidth);
      }
    }
  }
  if (kept.empty()) return 0;
  const auto middle = kept.begin() + std::ptrdiff_t(kept.size() / 2);
  std::ranges::nth_element(kept, middle);
  return *middle;
}

struct ReadNow {
  double bandwidth;
  std::string when;
};

// ~50 ms.
ReadNow read_now() {
  constexpr double kDisturbing = 0.25;  // processors; below it clock ticks decide
  const ActivityWatch watch;
  const double bandwidth = cpu::make_backend({})->measure_read_bandwidth(kQuickBandwidthBytes);
  const Activity activity = watch.stop();
  const double others = activity.others + activity.stolen;
  if (others < kDisturbing) return {bandwidth, "just now"};
  return {bandwidth, cat("just now, while others used ", fixed(others, 1), " processors")};
}

}  // namespace

std::filesystem::path local_speed_file(const Context& context) {
  return context.environment.data / "machine.json";
}

std::optional<planner::LocalSpeed> local_speed(const Context& context) {
  const std::filesystem::path path = local_speed_file(context);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  planner::LocalSpeed speed = planner::parse_local(read_text_file(path));
  if (speed.machine_id != describe_machine().identity) return std::nullopt;
  return speed;
}

planner::Machine this_machine(const Context& context) {
  if (const auto speed = local_speed(context)) return planner::local_machine(*speed);
  const ridge::Machine described = describe_machine();
  const double kept = kept_bandwidth(context, described.identity);
  const ReadNow read = kept > 0 ? ReadNow{kept, "in kept benchmarks"} : read_now();
  planner::Hardware hardware{.name = described.summary(),
                             .family = planner::HardwareFamily::kCpu,
                             .memory_gb = {described.memory_bytes / 1'000'000'000},
                             .bandwidth = read.bandwidth,
                             .prefill_flops = flops_of_core() * described.n_cores};
  hardware.source = cat("memory read at ", significant(hardware.bandwidth / 1e9), " GB/s ",
                        read.when, "; 'ridge calibrate' tells more");
  return {.hardware = std::move(hardware), .memory_gb = described.memory_bytes / 1'000'000'000};
}

}  // namespace ridge::cli
