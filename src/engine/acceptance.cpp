#include "engine/acceptance.h"

#include "base/check.h"

namespace ridge {
namespace {

constexpr double kMemory = 0.95;  // of a record: twenty drafts
// Before anything is known: four of five guesses are accepted.
constexpr double kPrior = 0.8;

}  // namespace

double Acceptance::of(int i) const {
  const double prior = i == 0 ? kPrior : of(i - 1);
  return (accepted_[size_t(i)] + prior) / (reached_[size_t(i)] + 1);
}

void Acceptance::record(int n_drafted, int n_accepted) {
  RIDGE_CHECK(n_drafted <= kMostDraft && n_accepted <= n_drafted);
  for (int i = 0; i < n_drafted && i <= n_accepted; ++i) {
    reached_[size_t(i)] = kMemory * reached_[size_t(i)] + 1;
    accepted_[size_t(i)] = kMemory * accepted_[size_t(i)] + (i < n_accepted ? 1 : 0);
  }
}

}  // namespace ridge
