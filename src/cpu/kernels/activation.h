// How a column of x lies in memory in each ActivationFormat: quants first, then one array per fact
// about a block. Shared by the quantiser and the kernels, hence constants and plain offsets only.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ridge::cpu {

// x[i] = d[i / 32] * q[i]; a block whose largest magnitude is below 2^-116 counts as zero, one with
// an infinity or a NaN gets d = NaN and q = 0, which makes every product of its row NaN.
//   int8 q[n]; f32 d[n / 32]; f32 d * sum(q) [n / 32]; int32 sum(q) [n / 32]
struct Block32 {
  int64_t n;
  size_t scales() const { return size_t(n); }
  size_t scaled_sums() const { return size_t(n + n / 8); }
  size_t sums() const { return size_t(n + n / 4); }
  size_t bytes() const { return size_t(n + n / 8 * 3); }
};

// x[i] = d[i / 256] * q[i], edge cases as above.
//   int8 q[n]; f32 d[n / 256]; int16 sum of 32 q [n / 32]; int16 sum of 16 q [n / 16]
struct Block256 {
  int64_t n;
  size_t scales() const { return size_t(n); }
  size_t sums_of_32() const { return size_t(n + n / 64); }
  size_t sums_of_16() const { return size_t(n + n / 64 + n / 16); }
  size_t bytes() const { return size_t(n + n / 64 + n / 16 + n / 8); }
};

}  // namespace ridge::cpu
