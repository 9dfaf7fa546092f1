// Figures that two results make together: context scaling retention, decay over a long answer, what
// depth and further columns cost. Beside a decode ratio stands what the bytes alone would make of
// it: a cache that grows explains some loss; heat, clocks and neighbours do not show in bytes. Pure
// functions.
#pragma once

#include <string>
#include <vector>

#include "bench/result.h"

namespace ridge {

enum class DerivedKind {
  kRetention,   // CSR: prefill rate of the longest prompt over that of the shortest
  kDecay,       // decode rate of the longest answer over that of the shortest
  kDepth,       // decode rate at a depth over that at depth 0
  kColumnCost,  // time of a step of n columns over that of one
};

struct Derived {
  DerivedKind kind = DerivedKind::kRetention;
  BenchTest of;
  BenchTest over;
  double value = 0;
  double expected = 0;  // from the bytes; 0: bytes do not decide (prefill), or are not known

  std::string name() const;  // "CSR pp8192/pp512", "tg1024/tg128", "tg64 x4/tg64 step time"
};

// What these results allow. A result without samples makes none.
std::vector<Derived> derive(const std::vector<BenchResult>& results);

}  // namespace ridge
