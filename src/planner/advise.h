// What to buy for a need: machines on which a model fits and is fast enough, without those that
// another one beats in price and in speed. Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/cost.h"
#include "planner/plan.h"
#include "planner/prices.h"

namespace ridge::planner {

// kNice: a portable machine stands beside a desktop that beats it in everything else.
enum class Portability { kMust, kNice, kNo };

struct Need {
  double budget = 0;    // $; 0: none
  int64_t n_users = 1;  // people; a quarter of them wait for an answer at once
  Portability portability = Portability::kNo;
  int64_t context = 32768;   // tokens of each request
  double least_decode = 10;  // tokens/s for each request: readable; agents want 50
  double least_prefill = 0;  // tokens/s at that context; agents want 500

  int64_t n_streams() const;
};

struct Choice {
  Machine machine;
  MachinePrice price;
  std::string quant;       // the best that fits and is fast enough
  double quality_percent;  // perplexity over F16
  Rate decode;             // tokens/s of one request while n_streams run
  double prefill = 0;      // tokens/s at the context
  double first_token = 0;  // seconds, cold, at the context
  double usd_per_million = 0;
  bool fits_budget = true;
  std::string why;
};

struct Advice {
  std::vector<Choice> choices;            // two or three, none beaten by another
  std::vector<std::string> would_change;  // what would change the answer
};
// Throws Error{kInvalidArgument} for needs that are none.
Advice advise(const Catalogues& catalogues, const Prices& prices, const Quality& quality,
              const CatalogueEntry& model, const Need& need);

}  // namespace ridge::planner
