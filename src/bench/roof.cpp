#include "bench/roof.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <vector>

namespace ridge {
namespace {

constexpr int64_t kSide = 1024;  // 1 MiB of 8-bit weights
constexpr int64_t kColumns = 256;
constexpr double kSeconds = 0.3;
constexpr int64_t kLargeWidth = 2048;
constexpr int64_t kLargeBytes = int64_t{160} << 20;

struct ProductShape {
  int64_t n_columns, n_out, n_in;
};

// Products/s of a weight with so many columns: the best of those that fit into kSeconds.
double measure_products(Backend& backend, DType dtype, const ProductShape& shape) {
  using Clock = std::chrono::steady_clock;
  // Zeros: kernels take as long for them as for any other numbers that are not denormal.
  const WeightPtr weight = backend.make_weight(
      {.name = "a roof",
       .dtype = dtype,
       .n_out = shape.n_out,
       .n_in = shape.n_in,
       .read = [](uint64_t, std::span<std::byte> to) { std::memset(to.data(), 0, to.size()); }});
  const auto n_inputs = size_t(shape.n_columns * shape.n_in);
  const auto n_outputs = size_t(shape.n_columns * shape.n_out);
  const BufferPtr buffer = backend.alloc((n_inputs + n_outputs) * sizeof(float));
  const Tensor x = make_tensor(DType::kF32, {shape.n_columns, shape.n_in}, *buffer, 0);
  const Tensor out =
      make_tensor(DType::kF32, {shape.n_columns, shape.n_out}, *buffer, n_inputs * sizeof(float));
  const std::vector<float> ones(n_inputs, 1.0f);
  backend.upload(x, std::as_bytes(std::span(ones)));
  const Projection projection[] = {{.weight = weight.get(), .out = out}};
  double best = 0;
  const auto start = Clock::now();
  for (double spent = 0; spent < kSeconds;) {
    const auto before = Clock::now();
    backend.matmul(x, projection, Store::kWrite);
    backend.sync();
    const auto after = Clock::now();
    const double seconds = std::chrono::duration<double>(after - before).count();
    best = std::max(best, 1 / seconds);
    spent = std::chrono::duration<double>(after - start).count();
  }
  return best;
}

}  // namespace

double measure_mac_roof(Backend& backend, DType dtype) {
  const ProductShape shape{.n_columns = kColumns, .n_out = kSide, .n_in = kSide};
  return measure_products(backend, dtype, shape) * double(kColumns * kSide * kSide);
}

double measure_weight_rate(Backend& backend, DType dtype) {
  const int64_t n_out = kLargeBytes / row_bytes(dtype, kLargeWidth) / 8 * 8;
  const ProductShape shape{.n_columns = 1, .n_out = n_out, .n_in = kLargeWidth};
  return measure_products(backend, dtype, shape) * double(n_out * row_bytes(dtype, kLargeWidth));
}

DType main_weight_type(const gguf::File& file) {
  std::map<DType, int64_t> elements;
  for (const gguf::TensorInfo& tensor : file.tensors()) {
    if (tensor.rank >= 2) elements[tensor.dtype] += tensor.n_elements();
  }
  const auto most = std::max_element(elements.begin(), elements.end(),
                                     [](auto& a, auto& b) { return a.second < b.second; });
  return most == elements.end() ? DType::kF32 : most->first;
}

}  // namespace ridge
