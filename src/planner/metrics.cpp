#include "planner/metrics.h"

namespace ridge::planner {
namespace {

constexpr double kExcellent = 0.35;
constexpr double kSevere = 0.20;
constexpr int64_t kLongPrompt = 65536;
constexpr int64_t kShortPrompt = 512;

}  // namespace

Retention retention_band(double csr) {
  if (csr > kExcellent) return Retention::kExcellent;
  return csr < kSevere ? Retention::kSevere : Retention::kMarginal;
}

std::string_view name(Retention band) {
  switch (band) {
    case Retention::kExcellent:
      return "excellent";
    case Retention::kMarginal:
      return "marginal";
    case Retention::kSevere:
      return "severe";
  }
  return "";
}

double bandwidth_utilization(double tokens_per_second, const Work& work, double bandwidth) {
  return tokens_per_second * work.active_bytes() / bandwidth;
}

Metrics metrics_of(const SpeedModel& speed, const Work& work, int64_t context_length) {
  const double tg128 = speed.decode(work, {.tg_tokens = 128}).value;
  Metrics metrics{.bue = bandwidth_utilization(tg128, work, speed.bandwidth()),
                  .tg_decay = speed.decode(work, {.tg_tokens = 1024}).value / tg128};
  if (context_length >= kLongPrompt) {
    metrics.csr = speed.prefill(work, {.pp_tokens = kLongPrompt}).value /
                  speed.prefill(work, {.pp_tokens = kShortPrompt}).value;
  }
  return metrics;
}

}  // namespace ridge::planner
