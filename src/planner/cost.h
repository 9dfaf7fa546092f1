// What tokens cost on an own machine and by a service. Dollars; pure functions; any thread.
#pragma once

#include <optional>

#include "planner/prices.h"

namespace ridge::planner {

inline constexpr double kDaysAMonth = 30;

// A day's work.
struct Load {
  double input = 0;          // tokens, cached ones included
  double output = 0;         // tokens
  double cached_share = 0;   // of input, that was read before
  double working_hours = 8;  // of a day
};

struct Ownership {
  double usd = 0;
  double years = 3;
  double residual_share = 0;  // of the price, at the end
  double watts_idle = 0;
  double watts_load = 0;
  double duty = 0.25;  // share of all hours at load
  double usd_per_kwh = 0.15;
};

struct Speeds {
  double prefill = 0;  // tokens/s
  double decode = 0;
};

double service_month(const Load& load, const ApiPrice& price);
double power_month(const Ownership& own);
double own_month(const Ownership& own);  // depreciation and power

// Months until what is not paid to the service has paid for the machine, less what it will be sold
// for; nothing: never, or not within its years.
std::optional<double> break_even_months(const Ownership& own, double service_a_month);

// A day's hours that the load keeps the machine busy: uncached input at prefill's rate, output at
// decode's.
double busy_hours(const Load& load, const Speeds& speeds);
bool is_feasible(const Load& load, const Speeds& speeds);

// $ for a million output tokens, machine and power, when it does nothing else at this duty.
double usd_per_million(const Ownership& own, double decode);

}  // namespace ridge::planner
