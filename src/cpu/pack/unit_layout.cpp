#include "cpu/pack/unit_layout.h"

#include <cstring>

#include "base/check.h"
#include "cpu/pack/bit_fields.h"

namespace ridge::cpu {
namespace {

void copy_unit(const uint8_t* from, uint8_t* to, int unit_bytes) {
  if (unit_bytes == 4) {
    std::memcpy(to, from, 4);
  } else if (unit_bytes == 2) {
    std::memcpy(to, from, 2);
  } else {
    *to = *from;
  }
}

constexpr UnitRun kF32[] = {{1, 4}};
constexpr UnitRun kHalf[] = {{1, 2}};
constexpr UnitRun kQ4_0[] = {{1, 2}, {4, 4}};
constexpr UnitRun kQ4_1[] = {{2, 2}, {4, 4}};
constexpr UnitRun kQ5_0[] = {{1, 2}, {5, 4}};
constexpr UnitRun kQ5_1[] = {{2, 2}, {5, 4}};
constexpr UnitRun kQ8_0[] = {{1, 2}, {8, 4}};
constexpr UnitRun kQ2_K[] = {{20, 4}, {2, 2}};
constexpr UnitRun kQ3_K[] = {{27, 4}, {1, 2}};
constexpr UnitRun kQ4_K[] = {{2, 2}, {35, 4}};
constexpr UnitRun kQ5_K[] = {{2, 2}, {43, 4}};
constexpr UnitRun kQ6_K[] = {{52, 4}, {1, 2}};
constexpr UnitRun kIQ4_XS[] = {{2, 2}, {33, 4}};
constexpr UnitRun kIQ1_S[] = {{1, 2}, {17, 4}};
constexpr UnitRun kIQ1_M[] = {{1, 2}, {19, 4}};
constexpr UnitRun kIQ2_XXS[] = {{1, 2}, {25, 4}};
constexpr UnitRun kIQ2_S[] = {{1, 2}, {26, 4}};
constexpr UnitRun kIQ3[] = {{1, 2}, {33, 4}};
constexpr UnitRun kTernary[] = {{1, 2}, {16, 4}};
constexpr UnitRun kMXFP4[] = {{1, 1}, {4, 4}};

struct Layout {
  DType dtype;
  std::span<const UnitRun> runs;
};
constexpr Layout kLayouts[] = {
    {DType::kF32, kF32},         {DType::kF16, kHalf},     {DType::kBF16, kHalf},
    {DType::kQ4_0, kQ4_0},       {DType::kQ4_1, kQ4_1},    {DType::kQ5_0, kQ5_0},
    {DType::kQ5_1, kQ5_1},       {DType::kQ8_0, kQ8_0},    {DType::kQ2_K, kQ2_K},
    {DType::kQ3_K, kQ3_K},       {DType::kQ4_K, kQ4_K},    {DType::kQ5_K, kQ5_K},
    {DType::kQ6_K, kQ6_K},       {DType::kIQ4_NL, kQ4_0},  {DType::kIQ4_XS, kIQ4_XS},
    {DType::kMXFP4, kMXFP4},     {DType::kIQ1_S, kIQ1_S},  {DType::kIQ1_M, kIQ1_M},
    {DType::kIQ2_XXS, kIQ2_XXS}, {DType::kIQ2_XS, kIQ2_S}, {DType::kIQ2_S, kIQ2_S},
    {DType::kIQ3_XXS, kIQ3},     {DType::kIQ3_S, kIQ3},    {DType::kTQ1_0, kTernary},
    {DType::kTQ2_0, kTernary},
};

constexpr size_t kMaxBlockBytes = 256;
constexpr int kMaxRows = 16;

// Units [at, at + n) of the rows `from`, unit after unit.
template <int kRows, class Unit>
uint8_t* interleave(const uint8_t* const* from, size_t at, int n, uint8_t* group) {
  const uint8_t* rows[kRows];
  for (int r = 0; r < kRows; ++r) rows[r] = from[r] + at;
  for (int unit = 0; unit < n; ++unit, group += kRows * sizeof(Unit)) {
    Unit units[kRows];
    for (int r = 0; r < kRows; ++r)
      std::memcpy(&units[r], rows[r] + unit * sizeof(Unit), sizeof(Unit));
    std::memcpy(group, units, sizeof units);
  }
  return group;
}

template <int kRows>
uint8_t* interleave_run(const uint8_t* const* from, size_t at, const UnitRun& run, uint8_t* group) {
  if (run.unit_bytes == 4) return interleave<kRows, uint32_t>(from, at, run.n_units, group);
  if (run.unit_bytes == 2) return interleave<kRows, uint16_t>(from, at, run.n_units, group);
  return interleave<kRows, uint8_t>(from, at, run.n_units, group);
}

}  // namespace

std::span<const UnitRun> unit_layout(DType dtype) {
  for (const Layout& layout : kLayouts) {
    if (layout.dtype == dtype) return layout.runs;
  }
  return {};
}

size_t packed_row_bytes(DType dtype, int group_rows, int64_t n_in) {
  const auto runs = unit_layout(dtype);
  if (runs.empty() || group_rows == 1) return size_t(row_bytes(dtype, n_in));
  size_t block_bytes = 0;
  for (const UnitRun& run : runs) block_bytes += size_t(run.n_units * run.unit_bytes);
  return size_t(n_in / info(dtype).block_size) * block_bytes;
}

void pack_group(DType dtype, int group_rows, int64_t n_in, const uint8_t* const* rows,
                uint8_t* group) {
  const auto runs = unit_layout(dtype);
  if (runs.empty() || group_rows == 1) {
    const size_t bytes = size_t(row_bytes(dtype, n_in));
    for (int r = 0; r < group_rows; ++r) std::memcpy(group + size_t(r) * bytes, rows[r], bytes);
    return;
  }
  const DTypeInfo& type = info(dtype);
  RIDGE_CHECK((group_rows == 4 || group_rows == 8 || group_rows == kMaxRows) &&
              size_t(type.block_bytes) <= kMaxBlockBytes);
  const BitFields fields = bit_fields(dtype);
  const auto interleave_rows = group_rows == 4   ? interleave_run<4>
                               : group_rows == 8 ? interleave_run<8>
                                                 : interleave_run<16>;
  uint8_t joined[kMaxRows][kMaxBlockBytes];
  const uint8_t* from[kMaxRows];
  for (int64_t block = 0; block < n_in / type.block_size; ++block) {
    for (int r = 0; r < group_rows; ++r) {
      from[r] = rows[r] + block * type.block_bytes;
      if (!fields.join) continue;
      fields.join(from[r], joined[r]);
      from[r] = joined[r];
    }
    size_t at = 0;  // in a block
    for (const UnitRun& run : runs) {
      group = interleave_rows(from, at, run, group);
      at += size_t(run.n_units * run.unit_bytes);
    }
  }
}

void unpack_row(DType dtype, int group_rows, int64_t n_in, const uint8_t* group, int row,
                uint8_t* out) {
  const auto runs = unit_layout(dtype);
  if (runs.empty() || group_rows == 1) {
    const size_t bytes = size_t(row_bytes(dtype, n_in));
    std::memcpy(out, group + size_t(row) * bytes, bytes);
    return;
  }
  const DTypeInfo& type = info(dtype);
  const BitFields fields = bit_fields(dtype);
  uint8_t joined[kMaxBlockBytes];
  for (int64_t block = 0; block < n_in / type.block_size; ++block, out += type.block_bytes) {
    uint8_t* to = fields.split ? joined : out;
    for (const UnitRun& run : runs) {
      for (int unit = 0; unit < run.n_units; ++unit, to += run.unit_bytes) {
        copy_unit(group + row * run.unit_bytes, to, run.unit_bytes);
        group += group_rows * run.unit_bytes;
      }
    }
    if (fields.split) fields.split(joined, out);
  }
}

}  // namespace ridge::cpu
