#include "bench/result.h"

namespace ridge {

std::vector<double> BenchResult::rates() const {
  std::vector<double> values;
  for (const BenchSample& sample : samples) values.push_back(rate(sample));
  return values;
}

std::vector<double> BenchResult::bandwidths() const {
  std::vector<double> values;
  for (const BenchSample& sample : samples) {
    if (sample.bandwidth > 0) values.push_back(sample.bandwidth);
  }
  return values;
}

double BenchResult::read_rate() const {
  return summary().median * bytes_per_token();
}

double BenchResult::mac_rate() const {
  return summary().median * work.macs / double(test.n_tokens());
}

double BenchResult::bue() const {
  if (!test.is_decode()) return 0;
  std::vector<double> shares;
  for (const BenchSample& sample : samples) {
    if (sample.bandwidth > 0) shares.push_back(rate(sample) * bytes_per_token() / sample.bandwidth);
  }
  return median(shares);
}

double BenchResult::steps_per_second() const {
  return summary().median / test.n_columns;
}

}  // namespace ridge
