#include "engine/guess_plan.h"

#include <algorithm>

namespace ridge {

GuessPlan::GuessPlan(int64_t most_columns) : cost_(most_columns) {
  exploration_.begin();
}

void GuessPlan::choose(std::span<Request> requests) {
  rank(requests);
  const auto n_requests = int64_t(requests.size());
  const auto best = [&](int64_t least) { return this->best(n_requests, least); };
  const int64_t n = ranked_.empty() ? 0
                                    : exploration_.next(cost_.measured(n_requests).count,
                                                        int64_t(ranked_.size()), best);
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
