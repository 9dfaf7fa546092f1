// What `ridge calibrate` found out about the machine it ran on, as JSON to keep, and as a machine
// and a family of constants to plan with. Pure functions; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "planner/calibration.h"
#include "planner/hardware.h"
#include "planner/work.h"

namespace ridge::planner {

struct LocalSpeed {
  std::string time;        // UTC
  std::string build;       // of ridge
  std::string engine;      // "cpu avx2, 2 threads"
  std::string machine;     // what it is, for people
  std::string machine_id;  // equal for the same machine
  int64_t memory_gb = 0;
  double bandwidth = 0;                // bytes/s of a plain read loop
  std::map<DType, double> type_rates;  // bytes/s of weights of a type, a column at a time
  std::map<DType, double> type_flops;  // per second, of prompts
  double layer_s = 0;                  // seconds a layer
  double prompt_value_s = 0;           // seconds a value into or out of a prompt's products
  double cache_rate = 0;               // bytes/s of cache
  double attention_flops = 0;          // per second, of one token's attention
  double prompt_attention_flops = 0;   // of a prompt's
};

// Seconds a token of a model here, at an empty cache and behind `depth` positions; 0: not measured.
struct ModelTimes {
  Work work;
  int64_t depth = 0;
  double decode = 0, decode_deep = 0;
  double prompt = 0, prompt_deep = 0;
};
// Fixes what models cost beyond the products that `speed` has the rates of. small and larger are of
// the same types, with blocks of 256: they tell apart how much slower products are inside of a
// model, by which the rates are corrected, and what each layer, or each value of a prompt, costs.
// in_blocks is one of Q8_0, which tells the latter of types with smaller blocks. Of `small` both
// depths are needed, of `in_blocks` decode alone. Throws Error{kBusy} where the figures contradict
// each other.
void fit_local(const ModelTimes& small, const ModelTimes& larger, const ModelTimes& in_blocks,
               LocalSpeed& speed);

std::string local_json(const LocalSpeed& speed);
LocalSpeed parse_local(std::string_view json);  // throws Error{kInvalidArgument}

// This engine on processors whose bandwidth alone is known, by a plain read loop: what decode
// reaches of it, and layers cost, on those that were looked at (docs/performance.md). Nominal.
Family nominal_family();

Machine local_machine(const LocalSpeed& speed);
Family local_family(const LocalSpeed& speed);

}  // namespace ridge::planner
