// PackedWeight: a Weight in the row groups that the chosen kernels like; each matrix begins a group
// of its own. One that is mapped stays in its file as it is, and groups are packed when they are
// multiplied: the results are the same bits. Immutable once made; any thread may read it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "backend/backend.h"
#include "cpu/context.h"

namespace ridge::cpu {

class PackedWeight final : public Weight {
 public:
  // Reads `source` in bounded pieces on all members of the pool. Throws what source.read throws and
  // Error{kOutOfMemory}.
  PackedWeight(Context& context, const WeightSource& source);

  // What the constructor allocates.
  static size_t memory_of(const KernelTable& kernels, const WeightSource& source);

  size_t n_bytes() const override { return size_t(n_groups_ * n_matrices()) * group_bytes_; }
  bool is_mapped() const { return mapped_ != nullptr; }
  const MatmulFormat& format() const { return format_; }
  int64_t n_groups() const { return n_groups_; }  // of one matrix
  size_t group_bytes() const { return group_bytes_; }
  // Groups [begin, end) of a matrix, where they are or, when mapped, packed into `staging`, which
  // has room for them.
  const uint8_t* groups(int64_t matrix, int64_t begin, int64_t end, uint8_t* staging) const;
  // Bytes of staging for so many rows.
  size_t staging_bytes(int64_t n_rows) const;
  // Where reading a matrix begins that begins with this group; tells weights apart.
  const void* address(int64_t matrix, int64_t group) const;
  // The bytes of a whole matrix, where they are.
  std::span<const std::byte> matrix(int64_t i) const;
  size_t packed_row_bytes() const { return group_bytes_ / size_t(format_.group_rows); }
  size_t plain_row_bytes() const { return size_t(row_bytes(dtype(), n_in())); }  // in the file
  // Writes the n_in values of one row of the first matrix, bit for bit what the type's reference
  // decode gives. scratch: plain_row_bytes() bytes.
  void decode_row(int64_t row, float* out, std::byte* scratch) const;

 private:
  // staging: room for the groups as the file has them.
  void load_groups(const WeightSource& source, int64_t matrix, int64_t begin, int64_t end,
                   std::byte* staging);
  // rows: of the file, at `plain`, the last group's perhaps too few.
  void pack_groups(const uint8_t* plain, int64_t n_rows, uint8_t* groups) const;
  const uint8_t* mapped_row(int64_t matrix, int64_t row) const {
    return reinterpret_cast<const uint8_t*>(mapped_) + uint64_t(matrix) * mapped_matrix_bytes_ +
           uint64_t(row) * plain_row_bytes();
  }

  MatmulFormat format_;
  int64_t n_groups_;
  size_t group_bytes_;
  WeightMemory memory_;  // empty when mapped
  const std::byte* mapped_;
  uint64_t mapped_matrix_bytes_;
};

}  // namespace ridge::cpu
