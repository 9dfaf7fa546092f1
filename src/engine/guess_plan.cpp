#include "engine/guess_plan.h"

#include <algorithm>

namespace ridge {
namespace {

constexpr int64_t kFirstPlain = 2;     // passes to know what one without guesses costs
constexpr int64_t kPlainEvery = 64;    // passes, to know it still
constexpr int64_t kProbeEvery = 16;    // passes, to know the numbers beside the best
constexpr int64_t kFirstWait = 16;     // passes
constexpr int64_t kLongestWait = 256;  // passes

}  // namespace

GuessPlan::GuessPlan(int64_t most_columns)
    : cost_(most_columns), wait_(kFirstWait), waited_(kFirstWait) {}

void GuessPlan::choose(std::span<Request> requests) {
  rank(requests);
  const int64_t n = ranked_.empty() ? 0 : number(int64_t(requests.size()));
  for (Request& request : requests) request.n = 0;
  for (const Guess& guess : std::span(ranked_).first(size_t(n))) ++requests[guess.request].n;
}

double GuessPlan::plain_seconds() const {
  constexpr int64_t kEnough = 3;  // passes for a mean to mean something
  const RecentMean& plain = cost_.measured(1);
  return plain.count >= kEnough ? plain.mean : 0;
}

// A request's guesses are less likely one by one, so that they come in their order.
void GuessPlan::rank(std::span<const Request> requests) {
  ranked_.clear();
  next_.clear();
  std::vector<int64_t> n_ranked(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].n > 0) next_.push_back({i, requests[i].acceptance->of(0)});
  }
  while (!next_.empty()) {
    const auto likeliest = std::ranges::max_element(next_, {}, &Guess::chance);
    ranked_.push_back(*likeliest);
    const Request& request = requests[likeliest->request];
    const int64_t place = ++n_ranked[likeliest->request];
    if (place < request.n) {
      likeliest->chance *= request.acceptance->of(int(place));
    } else {
      next_.erase(likeliest);
    }
  }
}

int64_t GuessPlan::number(int64_t n_requests) {
  ++n_passes_;
  if (cost_.measured(n_requests).count < kFirstPlain) return 0;
  const int64_t n = best(n_requests, 0);
  if (n == 0) {
    if (++waited_ < wait_) return 0;
    waited_ = 0;
    wait_ = std::min(2 * wait_, kLongestWait);
    return best(n_requests, 1);
  }
  wait_ = kFirstWait;
  waited_ = 0;
  if (n_passes_ % kPlainEvery == 0) return 0;
  if (n_passes_ % kProbeEvery != 0) return n;
  const bool is_up = n_passes_ / kProbeEvery % 2 == 0;
  return std::clamp<int64_t>(is_up ? n + 1 : n - 1, 1, int64_t(ranked_.size()));
}

// Passes grow to twice the widest one that is known, so that one's cost is never far from known.
int64_t GuessPlan::best(int64_t n_requests, int64_t least) const {
  double tokens = double(n_requests), best_rate = 0;
  int64_t best = least;
  for (int64_t n = 0; n <= int64_t(ranked_.size()); ++n) {
    if (n > 0) tokens += ranked_[size_t(n - 1)].chance;
    if (n < least) continue;
    if (n > least && n_requests + n > 2 * cost_.widest()) break;
    const double rate = tokens / cost_.seconds(n_requests + n);
    if (rate <= best_rate) continue;
    best_rate = rate;
    best = n;
  }
  return best;
}

}  // namespace ridge
