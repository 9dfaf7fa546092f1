// What `ridge calibrate` found out about the machine it ran on, as JSON to keep, and as a machine
// and a family of constants to plan with. Pure functions; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "planner/calibration.h"
#include "planner/hardware.h"

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
  double cache_rate = 0;               // bytes/s of cache
  double attention_flops = 0;          // per second, of one token's attention
  double prompt_attention_flops = 0;   // of a prompt's
};

std::string local_json(const LocalSpeed& speed);
LocalSpeed parse_local(std::string_view json);  // throws Error{kInvalidArgument}

Machine local_machine(const LocalSpeed& speed);
Family local_family(const LocalSpeed& speed);

}  // namespace ridge::planner
