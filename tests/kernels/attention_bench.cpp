#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "cpu/ops/attention.h"
#include "tests/kernels/bench.h"
#include "tests/kernels/machine.h"
#include "tests/kernels/timing.h"

namespace ridge::cpu::testing {
namespace {

constexpr int kPageSize = 32;

struct Shape {
  int64_t n_heads;
  int64_t n_kv_heads;
  int64_t dim;
  int64_t v_dim = dim;
  bool v_in_k = false;  // latent vectors: V is the beginning of K's rows

  int64_t position_bytes(DType dtype) const {
    return n_kv_heads * (row_bytes(dtype, dim) + (v_in_k ? 0 : row_bytes(dtype, v_dim)));
  }
};
// The last two are one layer of DeepSeek-V2-Lite: absorbed, and with K and V of every head.
constexpr Shape kShapes[] = {{9, 3, 64},        {14, 2, 64}, {12, 2, 128},
                             {32, 8, 128},      {4, 1, 256}, {16, 1, 576, 512, true},
                             {16, 16, 192, 128}};

// The caches of so many layers that no level of the machine's cache can hold them, as in a model.
class Layers {
 public:
  Layers(const Shape& shape, DType dtype, int64_t depth, int64_t n_layers)
      : n_pages_((depth + kPageSize - 1) / kPageSize) {
    for (int64_t i = 0; i < n_pages_; ++i) pages_.push_back(int32_t(i));
    for (int64_t i = 0; i < n_layers; ++i) {
      const Tensor k = make_half(shape.n_kv_heads, shape.dim, dtype);
      const Tensor v = shape.v_in_k ? slice_cols(k, 0, shape.v_dim)
                                    : make_half(shape.n_kv_heads, shape.v_dim, dtype);
      views_.push_back({k, v});
    }
  }
  const KvView& next() { return views_[next_++ % views_.size()]; }
  std::span<const int32_t> pages() const { return pages_; }

 private:
  Tensor make_half(int64_t n_kv_heads, int64_t dim, DType dtype) {
    const int64_t n = n_pages_ * n_kv_heads * kPageSize * dim;
    std::vector<float> row(static_cast<size_t>(dim));
    for (size_t i = 0; i < row.size(); ++i) row[i] = float(i * 7 % 37) * 0.05f - 0.9f;
    const auto bytes = size_t(row_bytes(dtype, n)), step = size_t(row_bytes(dtype, dim));
    buffers_.push_back(std::make_unique<CpuBuffer>(bytes));
    std::byte* data = buffers_.back()->data();
    info(dtype).encode(row.data(), data, dim);
    for (size_t i = step; i < bytes; i += step) std::memcpy(data + i, data, step);
    return make_tensor(dtype, {n_pages_, n_kv_heads, kPageSize, dim}, *buffers_.back(), 0);
  }

  int64_t n_pages_;
  std::vector<int32_t> pages_;
  std::vector<std::unique_ptr<CpuBuffer>> buffers_;
  std::vector<KvView> views_;
  size_t next_ = 0;
};

// Seconds of one layer's attention for the last n_rows of depth positions.
double time_layer(Machine& machine, const Shape& shape, Layers& layers, int64_t depth,
                  int64_t n_rows) {
  Matrix q(n_rows, shape.n_heads * shape.dim), out(n_rows, shape.n_heads * shape.v_dim);
  q.fill(0.01f);
  const SequenceRows rows{0, int(n_rows), int32_t(depth - n_rows), layers.pages()};
  return median_seconds(
      [&] {
        attention(machine.context, split_heads(out.tensor(), shape.n_heads),
                  split_heads(q.tensor(), shape.n_heads), layers.next(), {&rows, 1},
                  {.scale = 0.1f});
      },
      machine.pool.size(), 0.1);
}

void bench_shape(Machine& machine, const Shape& shape, DType dtype) {
  std::printf("%2lld/%lld x%-3lld %-4s", (long long)shape.n_heads, (long long)shape.n_kv_heads,
              (long long)shape.dim, std::string(info(dtype).name).c_str());
  for (const int64_t depth : {4096, 16384}) {
    const int64_t bytes = depth * shape.position_bytes(dtype);
    Layers layers(shape, dtype, depth, std::max<int64_t>(1, (int64_t{100} << 20) / bytes));
    const double seconds = time_layer(machine, shape, layers, depth, 1);
    std::printf(" %9.1f", double(bytes) / seconds * 1e-9);
  }
  for (const int64_t n : {512, 8192}) {
    Layers layers(shape, dtype, n, 1);
    const double seconds = time_layer(machine, shape, layers, n, 512);
    const double pairs = 512.0 * (double(n - 512) + 513.0 / 2);
    std::printf(" %9.1f",
                pairs * double(shape.n_heads * (shape.dim + shape.v_dim)) / seconds * 1e-9);
  }
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace

int run_attention_bench(std::span<char* const> args) {
  BenchLevel bench = parse_bench_level(args);
  // The path of heads whose sizes int16 does not fit.
  const bool is_f32 = !args.empty() && std::string_view(args.back()) == "--f32";
  if (is_f32) bench.level.table.attention.int16 = {};
  Machine machine(bench.level, bench.n_threads);
  print_bench_head(machine, bench.level);
  std::printf("%-15s %19s %19s\n", "", "decode, GB/s of KV", "prefill, GMAC/s");
  std::printf("%-15s %9s %9s %9s %9s\n", "heads", "4096", "16384", "512", "8192");
  for (const Shape& shape : kShapes) {
    for (const DType dtype : {DType::kF16, DType::kQ8_0}) bench_shape(machine, shape, dtype);
  }
  return 0;
}

}  // namespace ridge::cpu::testing
