// unroll<n>(f): f(0) … f(n-1) with indices that are constants from the start, so that arrays of
// vectors which they index become registers. g++ 12 unrolls plain loops too late for that and keeps
// such arrays in memory.
#pragma once

#include <utility>

namespace ridge::cpu {
namespace {

// Like std::integral_constant, whose conversion a debug build would leave behind as a weak symbol.
template <int kIndex>
struct Index {
  static constexpr int value = kIndex;
  [[gnu::always_inline]] constexpr operator int() const { return kIndex; }
};

template <int... kIndices, class F>
[[gnu::always_inline]] inline void unroll_over(std::integer_sequence<int, kIndices...>, F& f) {
  (f(Index<kIndices>()), ...);
}

template <int kCount, class F>
[[gnu::always_inline]] inline void unroll(F f) {
  unroll_over(std::make_integer_sequence<int, kCount>(), f);
}

// f(0) … f(n-1), unrolled for one column alone: several leave the loop's overhead and the latencies
// of one group hidden, run as fast or faster in a loop, and compile in a tenth of the time.
template <int kCount, int kColumns, class F>
[[gnu::always_inline]] inline void for_groups(F f) {
  if constexpr (kColumns == 1) {
    unroll<kCount>(f);
  } else {
#pragma GCC unroll 1
    for (int i = 0; i < kCount; ++i) f(i);
  }
}

}  // namespace
}  // namespace ridge::cpu
