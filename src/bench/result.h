// What a test gave: its samples, and the figures made of them. A value.
#pragma once

#include <vector>

#include "bench/machine/activity.h"
#include "bench/statistics.h"
#include "bench/test.h"
#include "bench/work.h"

namespace ridge {

struct BenchSample {
  double seconds = 0;
  double bandwidth = 0;  // bytes/s of a plain read loop just before; 0: not measured
  Activity activity;     // of the machine meanwhile
};

struct BenchResult {
  BenchTest test;
  TestWork work;
  std::vector<BenchSample> samples;

  double rate(const BenchSample& s) const { return double(test.n_tokens()) / s.seconds; }
  std::vector<double> rates() const;       // tokens/s
  std::vector<double> bandwidths() const;  // bytes/s, of the samples that have one
  Summary summary() const { return summarise(rates()); }
  double bytes_per_token() const { return work.bytes / double(test.n_tokens()); }
  double read_rate() const;  // bytes/s that the median run read at least
  double mac_rate() const;   // multiply-adds/s of the median run
  // Bandwidth utilisation efficiency of decode: measured rate over (read bandwidth / bytes that a
  // token must read); the median over the samples, each against its own bandwidth. 0: no decode.
  double bue() const;
  double steps_per_second() const;  // of decode: forward passes
};

}  // namespace ridge
