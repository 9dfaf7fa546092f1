#include "engine/pass_cost.h"

#include <algorithm>

#include "base/check.h"

namespace ridge {
namespace {

constexpr double kWeight = 0.2;  // of a new time
constexpr double kOutlier = 3;   // times the mean
// Before anything is known a further column costs little.
constexpr double kPriorColumn = 0.05;  // of a column's time

}  // namespace

void RecentMean::add(double value) {
  if (count > 0) value = std::min(value, kOutlier * mean);
  ++count;
  mean += (value - mean) * std::max(kWeight, 1.0 / double(count));
}

PassCost::PassCost(int64_t most_columns) : passes_(size_t(most_columns)) {
  RIDGE_CHECK(most_columns >= 1);
}

void PassCost::record(int64_t n_columns, double seconds) {
  RIDGE_CHECK(n_columns >= 1 && n_columns <= int64_t(passes_.size()));
  passes_[size_t(n_columns - 1)].add(seconds);
  widest_ = std::max(widest_, n_columns);
}

double PassCost::seconds(int64_t n_columns) const {
  double least = on_line(size_t(n_columns - 1));
  for (int64_t wider = n_columns + 1; wider <= widest_; ++wider) {
    const RecentMean& pass = measured(wider);
    if (pass.count > 0) least = std::min(least, pass.mean);
  }
  return least;
}

// Beyond the measurements, with the slope of what is known.
double PassCost::on_line(size_t i) const {
  const auto is_known = [&](size_t at) { return passes_[at].count > 0; };
  if (is_known(i)) return passes_[i].mean;
  size_t first = 0, below = i, above = i;
  while (first + 1 < passes_.size() && !is_known(first)) ++first;
  if (first >= i) return passes_[first].mean;
  while (!is_known(below)) --below;
  while (above + 1 < passes_.size() && !is_known(above)) ++above;
  const double low = passes_[below].mean, narrowest = passes_[first].mean;
  double slope = below > first ? (low - narrowest) / double(below - first)
                               : kPriorColumn * narrowest / double(first + 1);
  if (is_known(above)) slope = (passes_[above].mean - low) / double(above - below);
  return low + double(i - below) * std::max(slope, 0.0);
}

}  // namespace ridge
