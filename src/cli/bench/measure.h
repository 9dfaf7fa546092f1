// Carries a plan out: loads each model, runs the tests in rounds, and gathers what was found.
#pragma once

#include <functional>

#include "bench/machine/conditions.h"
#include "bench/rounds.h"
#include "cli/bench/report.h"
#include "cli/context.h"
#include "engine/memory_plan.h"

namespace ridge::cli {

enum class Starts { kSkip, kMeasure };
enum class ProgressLines { kNo, kYes };

struct MeasureOptions {
  int n_repeat = 5;
  std::chrono::milliseconds delay{0};
  WarmUp warm_up = WarmUp::kYes;
  Starts starts = Starts::kSkip;  // cold and warm
  ProgressLines progress = ProgressLines::kNo;
  Paging paging = Paging::kRefused;
  std::function<bool()> keep_going;
};

// A group for each model and cache; fewer, with fewer samples, when keep_going said no. Throws what
// loading throws, and Error{kOutOfMemory} before that for what does not fit.
std::vector<BenchGroup> measure_plan(const BenchPlan& plan, const MeasureOptions& options,
                                     Context& context);

// What the machine must give for the largest model of the plan.
Needs needs_of(const BenchPlan& plan, const Context& context);

}  // namespace ridge::cli
