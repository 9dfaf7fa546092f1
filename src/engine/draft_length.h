// DraftLength: how many tokens to draft for the next step. It learns what drafts and passes of the
// model cost here and how far drafts are accepted, and takes the length with the most tokens per
// second; none at all where drafting does not pay. Now and then it steps aside to learn what has
// changed. It decides about time only, never about text. One thread; allocates in the
// constructor only.
#pragma once

#include <cstdint>

#include "engine/acceptance.h"
#include "engine/exploration.h"
#include "engine/pass_cost.h"

namespace ridge {

class DraftLength {
 public:
  explicit DraftLength(int most);  // 1 … kMostDraft

  void begin() { exploration_.begin(); }  // a new request
  int next();

  struct Step {
    int n_drafted = 0;  // the pass has one column more
    int n_accepted = 0;
    double draft_seconds = 0;
    double pass_seconds = 0;
    bool draft_read_prompt = false;  // its time says nothing about others
  };
  void record(const Step& step);

  double plain_seconds() const { return cost_.measured(1).mean; }  // of one column; 0: unknown
  int64_t n_plain() const { return cost_.measured(1).count; }      // passes of it

 private:
  int best(int least) const;
  double rate(int n) const;  // tokens per second with drafts of n

  int most_;
  int longest_ = 0;  // drafted so far
  PassCost cost_;
  RecentMean draft_;  // seconds for each drafted token
  Acceptance acceptance_;
  Exploration exploration_;
};

}  // namespace ridge
