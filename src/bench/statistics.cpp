#include "bench/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/rng.h"

namespace ridge {
namespace {

constexpr int kResamples = 10000;
constexpr double kTail = 0.025;

std::vector<double> sorted_copy(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

double deviation_of(std::span<const double> values, double mean) {
  if (values.size() < 2) return 0;
  double squares = 0;
  for (double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / double(values.size() - 1));
}

// Median of as many draws from `values` with replacement.
double resampled_median(std::span<const double> values, std::vector<double>& scratch, Rng& rng) {
  scratch.clear();
  for (size_t i = 0; i < values.size(); ++i) scratch.push_back(values[rng.below(values.size())]);
  std::sort(scratch.begin(), scratch.end());
  return quantile(scratch, 0.5);
}

}  // namespace

double quantile(std::span<const double> sorted, double share) {
  if (sorted.empty()) return 0;
  const double position = share * double(sorted.size() - 1);
  const auto below = size_t(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = position - double(below);
  return sorted[below] + part * (sorted[above] - sorted[below]);
}

double median(std::span<const double> values) {
  return quantile(sorted_copy(values), 0.5);
}

Summary summarise(std::span<const double> values) {
  if (values.empty()) return {};
  const std::vector<double> sorted = sorted_copy(values);
  Summary summary{.n = values.size(),
                  .median = quantile(sorted, 0.5),
                  .q1 = quantile(sorted, 0.25),
                  .q3 = quantile(sorted, 0.75),
                  .min = sorted.front(),
                  .max = sorted.back()};
  summary.mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / double(sorted.size());
  summary.deviation = deviation_of(sorted, summary.mean);
  std::vector<double> distances;
  for (double value : sorted) distances.push_back(std::abs(value - summary.median));
  summary.mad = median(distances);
  return summary;
}

RatioInterval compare_rates(std::span<const double> a, std::span<const double> b) {
  RatioInterval result;
  const double base = median(a);
  if (base > 0) result.ratio = median(b) / base;
  result.known = std::min(a.size(), b.size()) >= RatioInterval::kLeastSamples && base > 0;
  if (!result.known) return result;
  Rng rng(1);
  std::vector<double> scratch;
  std::vector<double> ratios;
  ratios.reserve(kResamples);
  for (int i = 0; i < kResamples; ++i) {
    const double below = resampled_median(a, scratch, rng);
    ratios.push_back(resampled_median(b, scratch, rng) / below);
  }
  std::sort(ratios.begin(), ratios.end());
  result.low = quantile(ratios, kTail);
  result.high = quantile(ratios, 1 - kTail);
  return result;
}

}  // namespace ridge
