// What loads took and how fast answers came, beside what the planner says: kept by `ridge run` and
// `ridge serve`, shown by `ridge plan --check`. A line of JSON each in <data>/loads.jsonl, the
// newest last; the last 200 stay. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/plan/predicted_speed.h"

namespace ridge::cli {

struct LoadBytes {
  int64_t weights = 0;
  int64_t cache = 0;
  int64_t compute = 0;  // with what the program itself takes
  int64_t total() const { return weights + cache + compute; }
};

struct LoadRecord {
  std::string time;     // UTC
  std::string command;  // "run", "serve"
  std::string model;    // file name without its ending
  std::string build;    // commit
  int64_t context = 0;  // tokens of the cache over all slots
  LoadBytes planned, allocated;
  int64_t depth = 0;         // tokens in the cache when the answer began
  double decode_tok_s = 0;   // measured; 0: too few tokens to say
  double planned_tok_s = 0;  // 0: not asked
  double planned_low = 0, planned_high = 0;
  std::string provenance;  // of the planned rate
};

// What was loaded, and what came of it.
struct LoadFacts {
  std::string command;
  std::filesystem::path model;
  LoadBytes allocated;
  int64_t depth = 0;
  double decode_tok_s = 0;
};

// Keeps them beside what was planned. A record is not worth failing for: what goes wrong is said on
// standard error, once, and nothing is kept.
void keep_load(const LoadFacts& facts, const PlansHere& plans, Context& context);
// The same for a load that was kept before anything was measured: in that record's place.
void complete_load(const LoadFacts& facts, const PlansHere& plans, Context& context);

std::vector<LoadRecord> kept_loads(const Context& context);  // the newest first
std::string loads_text(const std::vector<LoadRecord>& loads);
std::string loads_json(const std::vector<LoadRecord>& loads);

}  // namespace ridge::cli
