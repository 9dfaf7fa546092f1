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
constexpr double kMemory = 0.95;       // of acceptance: twenty steps
constexpr double kWeight = 0.2;        // of a new time
constexpr double kOutlier = 3;         // times the mean
// Before anything is known: four of five drafts are accepted, and a column costs little.
constexpr double kPriorAcceptance = 0.8;
constexpr double kPriorColumn = 0.05;  // of the first one's time

}  // namespace

DraftLength::DraftLength(int most) : most_(most), wait_(kFirstWait) {
  RIDGE_CHECK(most >= 1 && most <= kMostDraft);
}

void DraftLength::Mean::add(double value) {
  if (count > 0) value = std::min(value, kOutlier * mean);
  ++count;
  mean += (value - mean) * std::max(kWeight, 1.0 / double(count));
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
  RIDGE_CHECK(step.n_drafted <= kMostDraft && step.n_accepted <= step.n_drafted);
  pass_[size_t(step.n_drafted)].add(step.pass_seconds);
  if (step.n_drafted == 0) return;
  longest_ = std::max(longest_, step.n_drafted);
  if (!step.draft_read_prompt) draft_.add(step.draft_seconds / step.n_drafted);
  for (int i = 0; i < step.n_drafted && i <= step.n_accepted; ++i) {
    reached_[size_t(i)] = kMemory * reached_[size_t(i)] + 1;
    accepted_[size_t(i)] = kMemory * accepted_[size_t(i)] + (i < step.n_accepted ? 1 : 0);
  }
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
    survival *= acceptance(i);
    n_tokens += survival;
  }
  return n_tokens / (n * draft_.mean + pass_seconds(n));
}

double DraftLength::acceptance(int i) const {
  const double prior = i == 0 ? kPriorAcceptance : acceptance(i - 1);
  return (accepted_[size_t(i)] + prior) / (reached_[size_t(i)] + 1);
}

// Between lengths that were measured a line, beyond them the slope of what is known.
double DraftLength::pass_seconds(int n) const {
  if (pass_[size_t(n)].count > 0) return pass_[size_t(n)].mean;
  int below = n, above = n;
  while (below > 0 && pass_[size_t(below)].count == 0) --below;
  while (above < most_ && pass_[size_t(above)].count == 0) ++above;
  const double low = pass_[size_t(below)].mean, first = pass_[0].mean;
  double slope = below > 0 ? (low - first) / below : kPriorColumn * first;
  if (pass_[size_t(above)].count > 0) {
    slope = (pass_[size_t(above)].mean - low) / (above - below);
  }
  return low + (n - below) * std::max(slope, 0.0);
}

}  // namespace ridge
