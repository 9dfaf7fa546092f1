// How R rows of a weight lie together. A block of the file is a run of units (a scale of 2 bytes, 4
// bytes of quants, …); a group's block holds unit 0 of all R rows, then unit 1 of all R rows, and
// so on. So a vector register loads the same unit of R rows, mostly at the file's bit width.
//
//   row 0: d0 q0 q1 …      group: d0 d0' d0'' … q0 q0' q0'' … q1 q1' q1'' …
//
// Values of 3, 5 and 6 bits, whose upper bits the file keeps apart, are put together first
// (bit_fields.h): that takes fewer instructions to undo. Types with codebooks become wider by it.
//
// Types without a layout here stay plain: a group is R rows, one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tensor/dtype.h"

namespace ridge::cpu {

struct UnitRun {
  int n_units;
  int unit_bytes;  // 1, 2 or 4
};

// The runs of a block as it is packed, or empty for a plain type.
std::span<const UnitRun> unit_layout(DType dtype);

// Bytes of n_in values of one row as they are packed in groups of so many rows.
size_t packed_row_bytes(DType dtype, int group_rows, int64_t n_in);

// rows: group_rows pointers to n_in values each in the file's format. group: group_rows times
// packed_row_bytes().
void pack_group(DType dtype, int group_rows, int64_t n_in, const uint8_t* const* rows,
                uint8_t* group);

// The bytes of one row of a group, as the file had them.
void unpack_row(DType dtype, int group_rows, int64_t n_in, const uint8_t* group, int row,
                uint8_t* out);

}  // namespace ridge::cpu
