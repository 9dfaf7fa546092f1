// PassCost: what a forward pass takes here by its columns, learned from those that were measured.
// One thread; allocates in the constructor only.
#pragma once

#include <cstdint>
#include <vector>

namespace ridge {

// A mean that forgets; outliers (another process, a page fault) count in part.
struct RecentMean {
  double mean = 0;
  int64_t count = 0;
  void add(double value);
};

class PassCost {
 public:
  explicit PassCost(int64_t most_columns);

  void record(int64_t n_columns, double seconds);
  // Measured, or on a line between measurements, and never more than what a wider pass took; before
  // any, 0. n_columns in [1, most_columns].
  double seconds(int64_t n_columns) const;
  const RecentMean& measured(int64_t n_columns) const { return passes_[size_t(n_columns - 1)]; }
  int64_t widest() const { return widest_; }  // pass that was measured, in columns

 private:
  double on_line(size_t i) const;

  std::vector<RecentMean> passes_;
  int64_t widest_ = 0;
};

}  // namespace ridge
