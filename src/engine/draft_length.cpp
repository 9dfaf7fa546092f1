#include "engine/draft_length.h"

#include <algorithm>

#include "base/check.h"

namespace ridge {

DraftLength::DraftLength(int most) : most_(most), cost_(most + 1) {
  RIDGE_CHECK(most >= 1 && most <= kMostDraft);
}

int DraftLength::next() {
  const auto best = [this](int64_t least) { return this->best(int(least)); };
  return int(exploration_.next(n_plain(), most_, best));
}

void DraftLength::record(const Step& step) {
  cost_.record(step.n_drafted + 1, step.pass_seconds);
  acceptance_.record(step.n_drafted, step.n_accepted);
  if (step.n_drafted == 0) return;
  longest_ = std::max(longest_, step.n_drafted);
  if (!step.draft_read_prompt) draft_.add(step.draft_seconds / step.n_drafted);
}

// Lengths grow one by one, so that hopes for long drafts are tested on shorter ones first.
int DraftLength::best(int least) const {
  const int end = std::min(most_, std::max(2, longest_ + 1));
  int best = least;
  for (int n = least + 1; n <= end; ++n) {
    if (rate(n) > rate(best)) best = n;
  }
  return best;
}

double DraftLength::rate(int n) const {
  double n_tokens = 1, survival = 1;
  for (int i = 0; i < n; ++i) {
    survival *= acceptance_.of(i);
    n_tokens += survival;
  }
  return n_tokens / (n * draft_.mean + cost_.seconds(n + 1));
}

}  // namespace ridge
