#include "planner/cost.h"

#include <algorithm>

namespace ridge::planner {
namespace {

constexpr double kHoursAMonth = 24 * kDaysAMonth;
constexpr double kHoursAYear = 8760;

double mean_watts(const Ownership& own) {
  return own.duty * own.watts_load + (1 - own.duty) * own.watts_idle;
}

double lost_value(const Ownership& own) {
  return own.usd * (1 - own.residual_share);
}

}  // namespace

double service_month(const Load& load, const ApiPrice& price) {
  const double cached = load.input * load.cached_share;
  const double day =
      (load.input - cached) * price.input + cached * price.cached + load.output * price.output;
  return kDaysAMonth * day / 1e6;
}

double power_month(const Ownership& own) {
  return mean_watts(own) / 1000 * kHoursAMonth * own.usd_per_kwh;
}

double own_month(const Ownership& own) {
  return lost_value(own) / (12 * own.years) + power_month(own);
}

std::optional<double> break_even_months(const Ownership& own, double service_a_month) {
  const double saved = service_a_month - power_month(own);
  if (saved <= 0) return std::nullopt;
  const double months = lost_value(own) / saved;
  if (months > 12 * own.years) return std::nullopt;
  return months;
}

double busy_hours(const Load& load, const Speeds& speeds) {
  const double uncached = load.input * (1 - load.cached_share);
  return (uncached / speeds.prefill + load.output / speeds.decode) / 3600;
}

bool is_feasible(const Load& load, const Speeds& speeds) {
  return busy_hours(load, speeds) <= load.working_hours;
}

double usd_per_million(const Ownership& own, double decode) {
  const double hours = own.years * kHoursAYear * own.duty;
  const double tokens = decode * 3600 * hours;
  const double power = own.watts_load / 1000 * hours * own.usd_per_kwh;
  return (lost_value(own) + power) / tokens * 1e6;
}

}  // namespace ridge::planner
