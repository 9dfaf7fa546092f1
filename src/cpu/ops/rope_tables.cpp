#include "cpu/ops/rope_tables.h"

#include <algorithm>
#include <cmath>

namespace ridge::cpu {

bool RopeTables::Table::is_for(std::span<const int32_t> wanted_positions,
                               std::span<const float> wanted_frequencies,
                               float wanted_magnitude) const {
  return magnitude == wanted_magnitude && std::ranges::equal(frequencies, wanted_frequencies) &&
         std::ranges::equal(positions, wanted_positions);
}

void RopeTables::Table::fill() {
  const size_t n = frequencies.size();
  values.resize(positions.size() * 2 * n);
  float* row = values.data();
  for (const int32_t position : positions) {
    for (size_t i = 0; i < n; ++i) {
      const double angle = double(position) * double(frequencies[i]);
      row[i] = float(std::cos(angle) * double(magnitude));
      row[n + i] = float(std::sin(angle) * double(magnitude));
    }
    row += 2 * n;
  }
}

std::span<const float> RopeTables::get(std::span<const int32_t> positions,
                                       std::span<const float> frequencies, float magnitude) {
  for (const Table& table : tables_) {
    if (table.is_for(positions, frequencies, magnitude)) return table.values;
  }
  Table& table = tables_[next_];
  next_ = (next_ + 1) % tables_.size();
  table.positions.assign(positions.begin(), positions.end());
  table.frequencies.assign(frequencies.begin(), frequencies.end());
  table.magnitude = magnitude;
  table.fill();
  return table.values;
}

}  // namespace ridge::cpu
