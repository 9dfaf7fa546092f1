// The figures by which articles compare models on a machine, under their names: bandwidth
// utilization efficiency (BUE), context scaling retention (CSR), decay of generation (tg decay).
// Theirs were measured; ours follow from a prediction, or judge a measured rate by the right bytes.
// Pure functions; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "planner/speed.h"
#include "planner/work.h"

namespace ridge::planner {

// Bands of CSR: above 35 % long prompts hold up, below 20 % they do not.
enum class Retention { kExcellent, kMarginal, kSevere };
Retention retention_band(double csr);
std::string_view name(Retention band);  // "excellent"

struct Metrics {
  // Of one stream at an empty cache: the rate over what the bandwidth allows, bytes of the tensors
  // that a token reads and no cache. 0 to 1.
  double bue = 0;
  // Rate of a prompt of 65,536 tokens over that of one of 512; nothing: the model has no such
  // context.
  std::optional<double> csr;
  // Rate of an answer of 1024 tokens over that of one of 128.
  double tg_decay = 0;
};
Metrics metrics_of(const SpeedModel& speed, const Work& work, int64_t context_length);

// BUE of a rate that somebody measured.
double bandwidth_utilization(double tokens_per_second, const Work& work, double bandwidth);

}  // namespace ridge::planner
