// PackedWeight: a Weight in the row groups that the chosen kernels like; each matrix begins a group
// of its own. Immutable once made; any thread may read it.
#pragma once

#include "backend/backend.h"
#include "cpu/context.h"

namespace ridge::cpu {

class PackedWeight final : public Weight {
 public:
  // Reads `source` in bounded pieces on all members of the pool. Throws what source.read throws and
  // Error{kOutOfMemory}.
  PackedWeight(Context& context, const WeightSource& source);

  size_t n_bytes() const override { return memory_.size(); }
  const MatmulFormat& format() const { return format_; }
  int64_t n_groups() const { return n_groups_; }  // of one matrix
  size_t group_bytes() const { return group_bytes_; }
  const uint8_t* group(int64_t g, int64_t matrix = 0) const {
    return reinterpret_cast<const uint8_t*>(memory_.data()) +
           size_t(matrix * n_groups_ + g) * group_bytes_;
  }
  size_t packed_row_bytes() const { return group_bytes_ / size_t(format_.group_rows); }
  size_t plain_row_bytes() const { return size_t(row_bytes(dtype(), n_in())); }  // in the file
  // Writes the n_in values of one row of the first matrix, bit for bit what the type's reference
  // decode gives. scratch: plain_row_bytes() bytes.
  void decode_row(int64_t row, float* out, std::byte* scratch) const;

 private:
  void pack_groups(const WeightSource& source, int64_t matrix, int64_t begin, int64_t end);

  MatmulFormat format_;
  int64_t n_groups_;
  size_t group_bytes_;
  WeightMemory memory_;
};

}  // namespace ridge::cpu
