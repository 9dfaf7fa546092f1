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

}  // namespace

double measure_mac_roof(Backend& backend, DType dtype) {
  using Clock = std::chrono::steady_clock;
  // Zeros: kernels take as long for them as for any other numbers that are not denormal.
  const WeightPtr weight = backend.make_weight(
      {.name = "the arithmetic roof",
       .dtype = dtype,
       .n_out = kSide,
       .n_in = kSide,
       .read = [](uint64_t, std::span<std::byte> to) { std::memset(to.data(), 0, to.size()); }});
  const BufferPtr buffer = backend.alloc(size_t(2 * kColumns * kSide) * sizeof(float));
  const Tensor x = make_tensor(DType::kF32, {kColumns, kSide}, *buffer, 0);
  const Tensor out = make_tensor(DType::kF32, {kColumns, kSide}, *buffer,
                                 size_t(kColumns * kSide) * sizeof(float));
  const std::vector<float> ones(size_t(kColumns * kSide), 1.0f);
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
    best = std::max(best, double(kColumns * kSide * kSide) / seconds);
    spent = std::chrono::duration<double>(after - start).count();
  }
  return best;
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
