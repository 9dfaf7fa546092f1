// Two runs of the history side by side: for each test that both have, how many times as fast the
// second is, with an interval; and what else differs between them, which a ratio does not show.
#pragma once

#include <string>
#include <vector>

#include "bench/statistics.h"
#include "history/record.h"

namespace ridge::cli {

struct ComparedTest {
  std::string test;   // "tg128 @ d4096"
  std::string model;  // empty when both runs have one model only
  double rate_a = 0;  // median tokens/s
  double rate_b = 0;
  RatioInterval ratio;         // of the rates
  double bandwidth_ratio = 0;  // b over a, of the read bandwidths of their moments; 0: unknown
};

struct Comparison {
  std::vector<ComparedTest> tests;
  std::vector<std::string> only_a;  // tests
  std::vector<std::string> only_b;
  std::vector<std::string> differences;  // sentences: other threads, cache types, kernels, model…
  bool same_machine = false;             // both known, and equal
};

Comparison compare_runs(const history::RunRecord& a, const history::RunRecord& b);

// Why the machines of two runs cannot be called the same; empty: they can.
std::string machine_difference(const history::RunRecord& a, const history::RunRecord& b);

std::string comparison_text(const Comparison& comparison);
std::string comparison_json(const Comparison& comparison, const history::RunRecord& a,
                            const history::RunRecord& b);

}  // namespace ridge::cli
