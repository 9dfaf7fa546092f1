#include "cpu/ops/operand.h"

#include <cstring>

#include "base/round_up.h"
#include "cpu/cpu_buffer.h"
#include "cpu/kernels/activation.h"

namespace ridge::cpu {
namespace {

constexpr size_t kLine = 64;

bool takes_panels(const PackedWeight& weight, int64_t n_cols) {
  const MatmulFormat& format = weight.format();
  return format.multiply_panels != nullptr && n_cols >= format.min_panel_columns;
}

size_t column_bytes(ActivationFormat format, int64_t n_in) {
  switch (format) {
    case ActivationFormat::kF32:
      return size_t(n_in) * sizeof(float);
    case ActivationFormat::kBlock32:
      return Block32{n_in}.bytes();
    case ActivationFormat::kBlock256:
      return Block256{n_in}.bytes();
  }
  return 0;
}

}  // namespace

Operand::Operand(const PackedWeight& weight, int64_t n_cols)
    : format_(weight.format().activation),
      in_tiles_(takes_panels(weight, n_cols)),
      n_cols_(n_cols),
      n_in_(weight.n_in()),
      tiles_(format_, n_cols, n_in_),
      stride_(round_up(column_bytes(format_, n_in_), kLine)) {}

bool Operand::suits(const PackedWeight& weight) const {
  return weight.format().activation == format_ && takes_panels(weight, n_cols_) == in_tiles_;
}

size_t Operand::n_bytes() const {
  return in_tiles_ ? tiles_.n_bytes() : size_t(n_cols_) * stride_;
}

void Operand::place_at(uint8_t* memory) {
  memory_ = memory;
  columns_ = memory;
  tiles_.place_at(memory);
}

void Operand::refer_to(const Tensor& x) {
  RIDGE_DCHECK(is_plain() && !in_tiles_);
  columns_ = reinterpret_cast<const uint8_t*>(data_of<float>(x));
  stride_ = size_t(x.stride[0]) * sizeof(float);
}

void Operand::fill(const MatmulKernels& kernels, int64_t piece, const Tensor& x,
                   std::span<const int32_t> rows) {
  if (in_tiles_) return tiles_.fill(kernels, piece, x, rows);
  const int64_t row = rows.empty() ? piece : rows[size_t(piece)];
  const float* from = data_of<float>(x) + row * x.stride[0];
  uint8_t* to = memory_ + size_t(piece) * stride_;
  if (is_plain()) {
    std::memcpy(to, from, size_t(n_in_) * sizeof(float));
  } else {
    kernels.quantize[int(format_)](from, n_in_, to);
  }
}

}  // namespace ridge::cpu
