#include <cstdio>
#include <vector>

#include "cpu/ops/recurrent.h"
#include "tests/kernels/bench.h"
#include "tests/kernels/machine.h"
#include "tests/kernels/timing.h"

namespace ridge::cpu::testing {
namespace {

struct Shape {
  int64_t n_k_heads;
  int64_t n_v_heads;
  int64_t dim;
};
constexpr Shape kShapes[] = {{16, 32, 128}, {16, 48, 128}, {16, 64, 128}};
constexpr int64_t kTaps = 4;
constexpr int64_t kLayers = 30;  // whose states no level of the machine's cache can hold

// A slot a layer: a step of each comes before the first one's turn again.
class Layers {
 public:
  Layers(const Shape& shape, int64_t n_rows)
      : shape_(shape),
        n_channels_((2 * shape.n_k_heads + shape.n_v_heads) * shape.dim),
        x_(n_rows, n_channels_),
        mixed_(n_rows, n_channels_),
        gates_(n_rows, 2 * shape.n_v_heads),
        out_(n_rows, shape.n_v_heads * shape.dim),
        weight_(kTaps, n_channels_),
        convolved_(size_t(kLayers * (kTaps - 1) * n_channels_) * sizeof(float)),
        states_(size_t(kLayers * shape.n_v_heads * shape.dim * shape.dim) * sizeof(float)),
        a_(shape.n_v_heads, 1),
        dt_bias_(shape.n_v_heads, 1) {
    x_.fill(0.1f);
    mixed_.fill(0.1f);
    gates_.fill(0.5f);
    weight_.fill(0.3f);
    a_.fill(-0.5f);
    dt_bias_.fill(0.1f);
  }

  void convolve(Machine& machine) {
    const Tensor weight = make_contiguous(weight_);
    const Tensor states =
        make_tensor(DType::kF32, {kLayers, kTaps - 1, n_channels_}, convolved_, 0);
    short_convolution(machine.context, mixed_.tensor(), x_.tensor(),
                      {weight, states, ConvolutionOutput::kSilu}, next_rows());
  }
  void delta(Machine& machine) {
    const int64_t n_qk = shape_.n_k_heads * shape_.dim, n_v = shape_.n_v_heads;
    const Tensor mixed = mixed_.tensor(), gates = gates_.tensor();
    const DeltaNetInputs inputs{
        .q = split_heads(slice_cols(mixed, 0, n_qk), shape_.n_k_heads),
        .k = split_heads(slice_cols(mixed, n_qk, n_qk), shape_.n_k_heads),
        .v = split_heads(slice_cols(mixed, 2 * n_qk, n_v * shape_.dim), n_v),
        .alpha = split_heads(slice_cols(gates, 0, n_v), 1),
        .beta = split_heads(slice_cols(gates, n_v, n_v), 1)};
    const Tensor states =
        make_tensor(DType::kF32, {kLayers, n_v, shape_.dim, shape_.dim}, states_, 0);
    delta_net(machine.context, split_heads(out_.tensor(), n_v), inputs,
              {.a = make_contiguous(a_), .dt_bias = make_contiguous(dt_bias_), .states = states},
              next_rows());
  }

 private:
  static Tensor make_contiguous(const Matrix& m) {
    Tensor t = m.tensor();
    RIDGE_CHECK(t.stride[0] == t.cols());
    return t;
  }
  std::span<const SequenceRows> next_rows() {
    rows_ = {.n_rows = int(x_.rows()), .first_pos = 1, .slot = int32_t(next_++ % kLayers)};
    return {&rows_, 1};
  }

  Shape shape_;
  int64_t n_channels_;
  Matrix x_, mixed_, gates_, out_, weight_;
  CpuBuffer convolved_, states_;
  Matrix a_, dt_bias_;
  SequenceRows rows_;
  int64_t next_ = 0;
};

void bench_shape(Machine& machine, const Shape& shape) {
  std::printf("%2lld/%lld x%-8lld", (long long)shape.n_k_heads, (long long)shape.n_v_heads,
              (long long)shape.dim);
  const double elements = double(shape.n_v_heads * shape.dim * shape.dim);
  for (const int64_t n_rows : {1, 512}) {
    Layers layers(shape, n_rows);
    const int n_threads = machine.pool.size();
    const double convolution =
        median_seconds([&] { layers.convolve(machine); }, n_threads, 0.2) / double(n_rows);
    const double delta =
        median_seconds([&] { layers.delta(machine); }, n_threads, 0.4) / double(n_rows);
    std::printf(
        " %9.2f %9.2f %9.1f", convolution * 1e6, delta * 1e6,
        n_rows == 1 ? 2 * sizeof(float) * elements / delta * 1e-9 : 3 * elements / delta * 1e-9);
  }
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace

int run_recurrent_bench(std::span<char* const> args) {
  const BenchLevel bench = parse_bench_level(args);
  Machine machine(bench.level, bench.n_threads);
  print_bench_head(machine, bench.level);
  std::printf("%-15s %29s %29s\n", "microseconds of", "decode: a token of a layer",
              "512 rows: a token of a layer");
  std::printf("%-15s %9s %9s %9s %9s %9s %9s\n", "heads", "convolve", "delta", "r+w GB/s",
              "convolve", "delta", "GMAC/s");
  for (const Shape& shape : kShapes) bench_shape(machine, shape);
  return 0;
}

}  // namespace ridge::cpu::testing
