#include "engine/draft_length.h"

#include <algorithm>

#include "base/check.h"

namespace ridge {
namespace {

constexpr int64_t kFirstPlain = 2;     // passes to know what one column costs
constexpr int64_t kPlainEvery = 64;    // steps, to know it still
constexpr int64_t kProbeEvery = 16;    // steps, to know the lengths beside the best
constexpr int64_t kFirstWait = 16;     // steps
constexpr int64_t kLongestWait = 256;  // steps

}  // namespace

DraftLength::DraftLength(int most) : most_(most), cost_(most + 1), wait_(kFirstWait) {
  RIDGE_CHECK(most >= 1 && most <= kMostDraft);
}

void DraftLength::begin() {
  wait_ = kFirstWait;
  waited_ = kFirstWait;
}

int DraftLength::next() {
  ++n_steps_;
  if (n_plain() < kFirstPlain) return 0;
  const int n = best(0);
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
  return std::clamp(is_up ? n + 1 : n - 1, 1, most_);
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
