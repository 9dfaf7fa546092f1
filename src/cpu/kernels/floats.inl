// multiply() for F32, F16 and BF16 weights against f32 activations, written once over `Isa` like
// quantized.inl. A group is kRows rows, transposed: value k of all rows, then value k + 1, and so
// on.
//
// Two sums a row, over even and odd k ascending, added at the end: the order for any number of
// columns.

namespace ridge::cpu {
namespace {

using Float = Isa::Float;
constexpr int kRows = Isa::kRows;

struct F32 {
  static constexpr int kBytes = 4;
  static Float load(const uint8_t* w) { return Isa::floats(w); }
};
struct F16 {
  static constexpr int kBytes = 2;
  static Float load(const uint8_t* w) { return Isa::halves(w); }
};
struct BF16 {
  static constexpr int kBytes = 2;
  static Float load(const uint8_t* w) { return Isa::brain_halves(w); }
};

template <class Type, int C>
void multiply_columns(const MultiplyArgs& args, int64_t first) {
  constexpr int kStep = Type::kBytes * kRows;
  const uint8_t* x[C];
  for (int c = 0; c < C; ++c) x[c] = args.x + size_t(first + c) * args.x_stride;
  for (int64_t g = 0; g < args.n_groups; ++g) {
    const uint8_t* w = args.weights + size_t(g) * args.group_bytes;
    Float even[C];
    Float odd[C];
    for (int c = 0; c < C; ++c) even[c] = odd[c] = Isa::zero_float();
    int64_t k = 0;
    for (; k + 2 <= args.n_in; k += 2, w += 2 * kStep) {
      const Float w0 = Type::load(w);
      const Float w1 = Type::load(w + kStep);
      for (int c = 0; c < C; ++c) {
        even[c] = Isa::fma(w0, Isa::broadcast(x[c] + 4 * k), even[c]);
        odd[c] = Isa::fma(w1, Isa::broadcast(x[c] + 4 * k + 4), odd[c]);
      }
    }
    if (k < args.n_in) {
      const Float w0 = Type::load(w);
      for (int c = 0; c < C; ++c) even[c] = Isa::fma(w0, Isa::broadcast(x[c] + 4 * k), even[c]);
    }
    for (int c = 0; c < C; ++c) {
      Isa::store(args.out + (first + c) * args.out_stride + g * kRows,
                 Isa::add_floats(even[c], odd[c]));
    }
  }
}

// All columns in passes of at most four, spread evenly.
template <class Type>
void multiply(DType, const MultiplyArgs& args) {
  const int64_t n_passes = (args.n_cols + 3) / 4;
  for (int64_t pass = 0; pass < n_passes; ++pass) {
    const int64_t first = args.n_cols * pass / n_passes;
    switch (args.n_cols * (pass + 1) / n_passes - first) {
      case 1:
        multiply_columns<Type, 1>(args, first);
        break;
      case 2:
        multiply_columns<Type, 2>(args, first);
        break;
      case 3:
        multiply_columns<Type, 3>(args, first);
        break;
      default:
        multiply_columns<Type, 4>(args, first);
        break;
    }
  }
}

// F32, F16 and BF16, and with them every type that has no kernel of its own: it is decoded to f32.
void install_floats(MatmulKernels& kernels) {
  for (MatmulFormat& format : kernels.formats) {
    const bool no_vector_kernel = format.group_rows == 1 || format.multiply == nullptr;
    if (no_vector_kernel) format = {kRows, ActivationFormat::kF32, nullptr};
  }
  kernels.formats[int(DType::kF32)] = {kRows, ActivationFormat::kF32, multiply<F32>};
  kernels.formats[int(DType::kF16)] = {kRows, ActivationFormat::kF32, multiply<F16>};
  kernels.formats[int(DType::kBF16)] = {kRows, ActivationFormat::kF32, multiply<BF16>};
}

}  // namespace
}  // namespace ridge::cpu
