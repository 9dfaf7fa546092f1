// round_up: the arithmetic of alignment.
#pragma once

namespace ridge {

// The next multiple of `unit`; neither is negative.
template <class T>
constexpr T round_up(T n, T unit) {
  return (n + unit - 1) / unit * unit;
}

}  // namespace ridge
