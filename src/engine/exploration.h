// Exploration: when a decode step leaves the number of guesses that is known to pay most, to learn
// what has changed. One thread; allocates nothing.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ridge {

class Exploration {
 public:
  // Guesses that did not pay are soon tried again.
  void begin() {
    wait_ = kFirstWait;
    waited_ = kFirstWait;
  }

  // Guesses for the next step, at most `most`, of which there is one. n_plain: steps without
  // guesses that were measured; best(least): the number that pays most, not below `least`.
  template <class Best>
  int64_t next(int64_t n_plain, int64_t most, const Best& best) {
    ++n_steps_;
    if (n_plain < kFirstPlain) return 0;
    const int64_t n = best(0);
    if (n == 0) {
      if (++waited_ < wait_) return 0;
      waited_ = 0;
      wait_ = std::min(2 * wait_, kLongestWait);
      return best(1);
    }
    wait_ = kFirstWait;
    waited_ = 0;
    if (n_steps_ % kPlainEvery == 0) return 0;
    if (n_steps_ % kProbeEvery != 0) return n;
    const bool is_up = n_steps_ / kProbeEvery % 2 == 0;
    return std::clamp<int64_t>(is_up ? n + 1 : n - 1, 1, most);
  }

 private:
  static constexpr int64_t kFirstPlain = 2;     // steps to know what one without guesses costs
  static constexpr int64_t kPlainEvery = 64;    // steps, to know it still
  static constexpr int64_t kProbeEvery = 16;    // steps, to know the numbers beside the best
  static constexpr int64_t kFirstWait = 16;     // steps
  static constexpr int64_t kLongestWait = 256;  // steps

  int64_t n_steps_ = 0;
  int64_t wait_ = kFirstWait;  // steps between two looks at guesses that do not pay
  int64_t waited_ = 0;         // since the last
};

}  // namespace ridge
