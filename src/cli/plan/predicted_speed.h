// How fast a loaded model should be here: what the planner says of this very machine, for those who
// are about to use it. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "cli/context.h"
#include "planner/plan.h"

namespace ridge::cli {

// Plans of one file on this machine: file, catalogues and machine are looked at once.
class PlansHere {
 public:
  // Throws Error for a file or kept data that cannot be read.
  PlansHere(const std::filesystem::path& model, const planner::RunSetup& setup,
            const Context& context);

  planner::Plan at(int64_t depth) const;  // with so many tokens before the answer
  const planner::RunSetup& setup() const { return question_.setup; }
  const std::string& bandwidth_source() const { return question_.machine.hardware.source; }

 private:
  planner::Catalogues catalogues_;
  planner::PlannedModel model_;
  planner::PlanQuestion question_;
};

// A load is not worth failing for them: what goes wrong is said on standard error, and there are
// none.
std::optional<PlansHere> plans_here(const std::filesystem::path& model,
                                    const planner::RunSetup& setup, Context& context);

// In tokens per second of one request alone, without guesses ahead.
struct PredictedSpeed {
  planner::Rate decode;       // with nothing before the answer
  planner::Rate decode_deep;  // … with `depth` tokens
  int64_t depth = 0;
  planner::Rate prefill;   // of a prompt of 512 tokens
  std::string provenance;  // of the constants, and of the machine's bandwidth
};
PredictedSpeed predict_speed(const PlansHere& plans, int64_t depth);

// "decode 45 tok/s (38 to 52), 30 after 8,192 tokens; prompts 310 (260 to 370)".
std::string speed_text(const PredictedSpeed& speed);

}  // namespace ridge::cli
