// Pearson's test: do counts follow expected probabilities? With a fixed seed it is a yes or no.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

namespace ridge::testing {

// The statistic over its critical value at p = 0.0001 (Wilson and Hilferty's approximation): above
// 1 the counts do not follow. Cells expected to hold less than 5 are pooled; a count where 0 is
// expected gives infinity.
inline double chi_square_ratio(std::span<const int> counts, std::span<const double> probabilities) {
  double n = 0;
  for (const int count : counts) n += count;
  double statistic = 0;
  double pooled_count = 0;
  double pooled_expected = 0;
  int n_cells = 0;
  const auto add = [&](double count, double expected) {
    statistic += (count - expected) * (count - expected) / expected;
    ++n_cells;
  };
  for (size_t i = 0; i < counts.size(); ++i) {
    const double expected = n * probabilities[i];
    if (expected <= 0 && counts[i] > 0) return std::numeric_limits<double>::infinity();
    if (expected >= 5) {
      add(counts[i], expected);
    } else {
      pooled_count += counts[i];
      pooled_expected += expected;
    }
  }
  if (pooled_expected > 0) add(pooled_count, pooled_expected);
  const double freedom = n_cells - 1;
  if (freedom < 1) return 0;
  const double spread = 2.0 / (9.0 * freedom);
  const double critical = freedom * std::pow(1 - spread + 3.719 * std::sqrt(spread), 3);
  return statistic / critical;
}

}  // namespace ridge::testing
