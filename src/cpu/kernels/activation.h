// How x lies in memory in each ActivationFormat, as single columns and as tiles of columns: quants
// first, then one array per fact about a block. Shared by the quantiser and the kernels, hence
// constants and plain offsets only.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ridge::cpu {

// x[i] = d[i / 32] * q[i]; a block whose largest magnitude is below 2^-116 counts as zero, one with
// an infinity or a NaN gets d = NaN and q = 0, which makes every product of its row NaN.
//   int8 q[n]; f32 d[n / 32]; f32 d * sum(q) [n / 32]; int32 sum(q) [n / 32]
struct Block32 {
  int64_t n;
  constexpr size_t scales() const { return size_t(n); }
  constexpr size_t scaled_sums() const { return size_t(n + n / 8); }
  constexpr size_t sums() const { return size_t(n + n / 4); }
  constexpr size_t bytes() const { return size_t(n + n / 8 * 3); }
};

// x[i] = d[i / 256] * q[i], edge cases as above.
//   int8 q[n]; f32 d[n / 256]; int16 sum of 32 q [n / 32]; int16 sum of 16 q [n / 16]
struct Block256 {
  int64_t n;
  constexpr size_t scales() const { return size_t(n); }
  constexpr size_t sums_of_32() const { return size_t(n + n / 64); }
  constexpr size_t sums_of_16() const { return size_t(n + n / 64 + n / 16); }
  constexpr size_t bytes() const { return size_t(n + n / 64 + n / 16 + n / 8); }
};

// Many columns lie in tiles for the panel kernels: the same 256 values of up to 8 columns, which a
// kernel walks front to back. Arrays of a tile are [run][column]; offsets are in bytes.
inline constexpr int kTileColumns = 8;
inline constexpr int kTileValues = 256;

// How the bytes of a tile are ordered.
enum class TileOrder : uint8_t {
  kRunsOf32,  // as the offsets below say
  // For products of two columns with two rows: quants as [run of 8][column][8 int8]; int16 sums as
  // 128 * high + low, either of which fits a byte: [high, low][run of 8 sums][column][8 int8]. The
  // rest is as below.
  kRunsOf8,
};

struct Tile256 {
  static constexpr size_t kQuants = 0;       // 32 int8 for each of 8 runs of 32
  static constexpr size_t kScales = 2048;    // f32 d, one a column
  static constexpr size_t kSumsOf32 = 2080;  // two int16 for each of 4 runs of 64
  static constexpr size_t kSumsOf16 = 2208;  // two int16 for each of 8 runs of 32
  static constexpr size_t kBytes = 2496;
};
struct Tile32 {                                // runs are blocks of 32
  static constexpr size_t kQuants = 0;         // 32 int8
  static constexpr size_t kScales = 2048;      // f32 d
  static constexpr size_t kSums = 2304;        // f32 sum(q)
  static constexpr size_t kScaledSums = 2560;  // f32 d * sum(q)
  static constexpr size_t kBytes = 2816;
};

// n columns are spread evenly over tiles, in pairs: 18 are 6 + 6 + 6. Tile t of n_tiles begins with
// column tile_begin(n, n_tiles, t); an odd last column has a column of zeros beside it.
constexpr int64_t tile_count(int64_t n) {
  return (n + kTileColumns - 1) / kTileColumns;
}
constexpr int64_t tile_begin(int64_t n, int64_t n_tiles, int64_t t) {
  return (n + 1) / 2 * t / n_tiles * 2;
}

}  // namespace ridge::cpu
