// Acceptance: how often the guesses for a text are right, by their place in a draft; what is long
// ago counts less. One thread; allocates nothing.
#pragma once

#include <array>

namespace ridge {

inline constexpr int kMostDraft = 15;  // with the token before them: 16 columns of a pass

class Acceptance {
 public:
  // Of guess i, where those before it were accepted; i < kMostDraft.
  double of(int i) const;
  // n_accepted <= n_drafted <= kMostDraft
  void record(int n_drafted, int n_accepted);

 private:
  std::array<double, kMostDraft> reached_{}, accepted_{};
};

}  // namespace ridge
