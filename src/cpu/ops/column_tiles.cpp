#include "cpu/ops/column_tiles.h"

#include <algorithm>
#include <cstring>

#include "cpu/cpu_buffer.h"
#include "cpu/kernels/activation.h"

namespace ridge::cpu {
namespace {

size_t tile_bytes(ActivationFormat format) {
  return format == ActivationFormat::kBlock256 ? Tile256::kBytes : Tile32::kBytes;
}

// One column's kTileValues values in column form, on their way into a tile.
struct alignas(64) Piece {
  uint8_t bytes[512];
};
static_assert(sizeof(Piece) >= Block32{kTileValues}.bytes());
static_assert(sizeof(Piece) >= Block256{kTileValues}.bytes());

// Element (i, c) of an array of a tile.
template <class T>
void put(uint8_t* array, int64_t i, int64_t c, const T& value) {
  std::memcpy(array + size_t(i * kTileColumns + c) * sizeof(T), &value, sizeof(T));
}

template <class T>
T get(const uint8_t* array, int64_t i) {
  T value;
  std::memcpy(&value, array + size_t(i) * sizeof(T), sizeof(T));
  return value;
}

template <class T, int n>
struct Run {
  T v[n];
};

void place_quants(const uint8_t* from, int64_t n, TileOrder order, int64_t c, uint8_t* quants) {
  if (order == TileOrder::kRunsOf8) {
    for (int64_t i = 0; i < n / 8; ++i) put(quants, i, c, get<Run<int8_t, 8>>(from, i));
  } else {
    for (int64_t i = 0; i < n / 32; ++i) put(quants, i, c, get<Run<int8_t, 32>>(from, i));
  }
}

// n int16, at most 127 * 32 in magnitude; a multiple of 8.
void place_sums(const uint8_t* from, int n, TileOrder order, int64_t c, uint8_t* sums) {
  if (order == TileOrder::kRunsOf32) {
    for (int i = 0; i < n / 2; ++i) put(sums, i, c, get<Run<int16_t, 2>>(from, i));
    return;
  }
  for (int i = 0; i < n / 8; ++i) {
    const auto eight = get<Run<int16_t, 8>>(from, i);
    Run<int8_t, 8> low;
    Run<int8_t, 8> high;
    for (int j = 0; j < 8; ++j) {
      low.v[j] = int8_t(((eight.v[j] + 64) & 127) - 64);
      high.v[j] = int8_t((eight.v[j] - low.v[j]) / 128);
    }
    put(sums, i, c, high);
    put(sums, n / 8 + i, c, low);
  }
}

void place_256(const Piece& piece, TileOrder order, int64_t c, uint8_t* tile) {
  const Block256 from{kTileValues};
  const uint8_t* p = piece.bytes;
  place_quants(p, kTileValues, order, c, tile + Tile256::kQuants);
  put(tile + Tile256::kScales, 0, c, get<float>(p + from.scales(), 0));
  place_sums(p + from.sums_of_32(), 8, order, c, tile + Tile256::kSumsOf32);
  place_sums(p + from.sums_of_16(), 16, order, c, tile + Tile256::kSumsOf16);
}

void place_32(const Piece& piece, int64_t n, TileOrder order, int64_t c, uint8_t* tile) {
  const Block32 from{n};
  const uint8_t* p = piece.bytes;
  place_quants(p, n, order, c, tile + Tile32::kQuants);
  for (int64_t i = 0; i < n / 32; ++i) {
    put(tile + Tile32::kScales, i, c, get<float>(p + from.scales(), i));
    put(tile + Tile32::kSums, i, c, float(get<int32_t>(p + from.sums(), i)));
    put(tile + Tile32::kScaledSums, i, c, get<float>(p + from.scaled_sums(), i));
  }
}

}  // namespace

ColumnTiles::ColumnTiles(ActivationFormat format, int64_t n_cols, int64_t n_in)
    : format_(format), n_cols_(n_cols), n_in_(n_in) {}

size_t ColumnTiles::chunk_bytes(int64_t n_cols) const {
  const int64_t n_slabs = (n_in_ + kTileValues - 1) / kTileValues;
  return size_t(tile_count(n_cols) * n_slabs) * tile_bytes(format_);
}

int64_t ColumnTiles::n_tiles() const {
  return tile_count(n_cols_);  // chunks but the last are whole tiles
}

void ColumnTiles::fill(const MatmulKernels& kernels, int64_t tile, const Tensor& x,
                       std::span<const int32_t> rows) {
  constexpr int64_t kTilesAChunk = kChunkColumns / kTileColumns;
  const int64_t chunk_begin = tile / kTilesAChunk * kChunkColumns;
  const int64_t n = columns_of_chunk(chunk_begin);
  const int64_t t = tile % kTilesAChunk;
  const int64_t begin = tile_begin(n, tile_count(n), t);
  const int64_t end = tile_begin(n, tile_count(n), t + 1);
  const auto quantize = kernels.quantize[int(format_)];
  const size_t bytes = tile_bytes(format_);
  uint8_t* at =
      memory_ + chunk_bytes(kChunkColumns) * size_t(tile / kTilesAChunk) + size_t(t) * bytes;
  for (int64_t k = 0; k < n_in_; k += kTileValues, at += size_t(tile_count(n)) * bytes) {
    const int64_t n_values = std::min<int64_t>(kTileValues, n_in_ - k);
    for (int64_t c = begin; c < end; ++c) {
      Piece piece{};
      if (c < n) {
        const int64_t column = chunk_begin + c;
        const int64_t row = rows.empty() ? column : rows[size_t(column)];
        quantize(data_of<float>(x) + row * x.stride[0] + k, n_values, piece.bytes);
      }
      if (format_ == ActivationFormat::kBlock256) {
        place_256(piece, kernels.tile_order, c - begin, at);
      } else {
        place_32(piece, n_values, kernels.tile_order, c - begin, at);
      }
    }
  }
}

}  // namespace ridge::cpu
