// Statistics of a handful of timings. Robust ones (median, quartiles, median absolute deviation)
// stand beside mean and deviation, since one disturbed run of five moves the latter at will. Pure
// functions.
#pragma once

#include <cstddef>
#include <span>

namespace ridge {

struct Summary {
  size_t n = 0;
  double mean = 0;
  double deviation = 0;  // of the sample (n - 1); 0 below two values
  double median = 0;
  double mad = 0;  // median absolute deviation from the median
  double q1 = 0;   // quartiles, interpolated between order statistics (R's type 7)
  double q3 = 0;
  double min = 0;
  double max = 0;

  // Half of the interquartile range over the median: what "± 2 %" beside a median means.
  double relative_spread() const { return median > 0 ? (q3 - q1) / 2 / median : 0; }
};
Summary summarise(std::span<const double> values);  // all 0 for none

double median(std::span<const double> values);
double quantile(std::span<const double> sorted,
                double share);  // of ascending values; share in 0..1

struct RatioInterval {
  double ratio = 0;  // median(b) / median(a)
  double low = 0;    // percentile bootstrap, 95 % (B. Efron, Annals of Statistics 7(1), 1979)
  double high = 0;
  bool known = false;  // with fewer than kLeastSamples values on a side there is no interval

  static constexpr size_t kLeastSamples = 3;
  bool shows_faster() const { return known && low > 1; }
  bool shows_slower() const { return known && high < 1; }
};

// How many times as fast b is as a, for rates (tokens/s). Resamples both sides from a fixed seed,
// so that the same samples give the same interval.
RatioInterval compare_rates(std::span<const double> a, std::span<const double> b);

}  // namespace ridge
