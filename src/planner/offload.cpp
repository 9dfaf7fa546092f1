#include "planner/offload.h"

#include <algorithm>

namespace ridge::planner {
namespace {

// What a processor reads of two channels of DDR5-5600 to 6400, bytes/s.
constexpr Rate kHostBandwidth{.value = 70e9, .low = 60e9, .high = 80e9};

}  // namespace

std::optional<Offload> offload_of(const PlanQuestion& question, const Plan& plan) {
  if (plan.fits || !question.machine.hardware.is_card()) return std::nullopt;
  Offload offload{.host_bytes =
                      std::min(plan.bytes.total() - plan.limit.bytes, plan.bytes.weights)};
  offload.share = double(offload.host_bytes) / double(plan.bytes.weights);
  const double host_bytes = offload.share * plan.work.active_bytes();
  // One layer after the other: the card's part takes its share of the time it would take for all.
  const auto together = [&](double card_rate, double host_bandwidth) {
    return 1 / ((1 - offload.share) / card_rate + host_bytes / host_bandwidth);
  };
  offload.decode = {.value = together(plan.decode.value, kHostBandwidth.value),
                    .low = together(plan.decode.low, kHostBandwidth.low),
                    .high = together(plan.decode.high, kHostBandwidth.high)};
  return offload;
}

}  // namespace ridge::planner
