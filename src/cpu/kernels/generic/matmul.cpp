// The meaning of multiply(): decoded weights times decoded activations, summed in double. One code
// for all types, and the oracle for every other level.
#include <cstring>

#include "cpu/kernels/activation.h"
#include "cpu/kernels/matmul_kernels.h"

namespace ridge::cpu {
namespace {

// A row is decoded once for this many columns, in chunks that all block sizes divide.
constexpr int64_t kColumns = 16;
constexpr int64_t kChunk = 256;

float load_f32(const uint8_t* from, size_t at, int64_t index) {
  float value;
  std::memcpy(&value, from + at + size_t(index) * 4, 4);
  return value;
}

// The scale that value i of a quantised column shares with its block.
double scale_at(ActivationFormat format, const uint8_t* x, int64_t n_in, int64_t i) {
  if (format == ActivationFormat::kBlock32) return load_f32(x, Block32{n_in}.scales(), i / 32);
  return load_f32(x, Block256{n_in}.scales(), i / 256);
}

// Σ w[i] * x[begin + i] over n values. In double, products of floats are exact.
double dot(const MultiplyArgs& args, const float* w, int64_t column, int64_t begin, int64_t n) {
  const uint8_t* x = args.x + size_t(column) * args.x_stride;
  double total = 0;
  if (args.x_format == ActivationFormat::kF32) {
    for (int64_t i = 0; i < n; ++i) total += double(w[i]) * load_f32(x, 0, begin + i);
    return total;
  }
  const auto* q = reinterpret_cast<const int8_t*>(x) + begin;
  for (int64_t block = 0; block < n; block += 32) {
    double sum = 0;
    for (int64_t i = block; i < block + 32; ++i) sum += double(w[i]) * q[i];
    total += scale_at(args.x_format, x, args.n_in, begin + block) * sum;
  }
  return total;
}

void multiply_row(const DTypeInfo& type, const uint8_t* row, const MultiplyArgs& args,
                  int64_t first_column, int64_t n_columns, float* out) {
  double totals[kColumns] = {};
  for (int64_t begin = 0; begin < args.n_in; begin += kChunk) {
    const int64_t n = args.n_in - begin < kChunk ? args.n_in - begin : kChunk;
    float w[kChunk];
    type.decode(reinterpret_cast<const std::byte*>(row), w, n);
    row += n / type.block_size * type.block_bytes;
    for (int64_t c = 0; c < n_columns; ++c) {
      totals[c] += dot(args, w, first_column + c, begin, n);
    }
  }
  for (int64_t c = 0; c < n_columns; ++c) out[c * args.out_stride] = float(totals[c]);
}

void multiply(DType dtype, const MultiplyArgs& args) {
  const DTypeInfo& type = info(dtype);
  for (int64_t row = 0; row < args.n_groups; ++row) {
    const uint8_t* packed = args.weights + size_t(row) * args.group_bytes;
    for (int64_t c = 0; c < args.n_cols; c += kColumns) {
      const int64_t n = args.n_cols - c < kColumns ? args.n_cols - c : kColumns;
      multiply_row(type, packed, args, c, n, args.out + c * args.out_stride + row);
    }
  }
}

ActivationFormat format_for(int block_size) {
  if (block_size == 256) return ActivationFormat::kBlock256;
  return block_size == 32 ? ActivationFormat::kBlock32 : ActivationFormat::kF32;
}

}  // namespace

void generic::install_matmul(MatmulKernels& kernels) {
  for (const DTypeInfo& type : all_dtypes()) {
    kernels.formats[int(type.dtype)] = {1, format_for(type.block_size), multiply};
  }
  install_quantize(kernels);
}

}  // namespace ridge::cpu
