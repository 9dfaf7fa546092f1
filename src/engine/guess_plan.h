// GuessPlan: how many of the tokens that are guessed for several requests the next pass reads. A
// guess that costs nothing to make costs a column of the pass, which all of them pay for: it takes
// those that are most likely right, as many as give all requests together the most tokens a second,
// none where guesses do not pay. Now and then it steps aside to learn what has changed. It decides
// about time only, never about text. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/acceptance.h"
#include "engine/exploration.h"
#include "engine/pass_cost.h"

namespace ridge {

class GuessPlan {
 public:
  explicit GuessPlan(int64_t most_columns);  // of a pass: requests and guesses

  struct Request {
    const Acceptance* acceptance = nullptr;
    int64_t n = 0;  // guesses there are; choose() leaves those that are taken
  };
  // With a request's guesses it takes those before them.
  void choose(std::span<Request> requests);
  // What a pass took that read these columns and no prompt.
  void record(int64_t n_columns, double seconds) { cost_.record(n_columns, seconds); }
  // Of a pass for one request without guesses; 0: too few were measured.
  double plain_seconds() const;

 private:
  struct Guess {
    size_t request;
    double chance;  // that it is reached and right
  };
  void rank(std::span<const Request> requests);
  int64_t best(int64_t n_requests, int64_t least) const;

  PassCost cost_;
  std::vector<Guess> ranked_;  // most likely first
  std::vector<Guess> next_;    // of each request
  Exploration exploration_;
};

}  // namespace ridge
