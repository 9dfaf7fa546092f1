// The grouped matmuls of a mixture of experts against their composed defaults, bit for bit: the
// same kernels see the same rows and columns, and sums have one order.
#include "cpu/ops/experts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "base/rng.h"
#include "cpu/cpu_backend.h"
#include "cpu/cpu_buffer.h"
#include "support/allocations.h"
#include "tests/kernels/machine.h"

namespace ridge::cpu::testing {
namespace {

struct Shape {
  int64_t n_experts = 4;
  int64_t top_k = 2;
  int64_t d_model = 256;
  int64_t d_ff = 256;
  bool biases = false;
  ExpertWeighting weighting = ExpertWeighting::kOutput;
};

struct Values {
  Values(Backend& backend, int64_t rows, int64_t cols)
      : buffer(backend.alloc(size_t(rows * cols) * sizeof(float))),
        tensor(make_tensor(DType::kF32, {rows, cols}, *buffer, 0)) {}
  std::span<float> all() const { return {data_of<float>(tensor), size_t(tensor.n_elements())}; }

  BufferPtr buffer;
  Tensor tensor;
};

// All experts' weights of a layer, and rows to send through them.
class Rig {
 public:
  Rig(Backend& backend, DType dtype, const Shape& shape)
      : shape_(shape),
        backend_(backend),
        gate_(weights(dtype, shape.d_ff, shape.d_model, 1)),
        up_(weights(dtype, shape.d_ff, shape.d_model, 2)),
        down_(weights(dtype, shape.d_model, shape.d_ff, 3)),
        gate_bias_(biases(shape.d_ff, 4)),
        up_bias_(biases(shape.d_ff, 5)),
        down_bias_(biases(shape.d_model, 6)) {}

  struct Result {
    std::vector<float> inner, out;
    bool operator==(const Result&) const = default;
  };
  void forward(const Tensor& x, const Tensor& inner, const Tensor& out, const Routing& routing) {
    backend_.expert_gated_matmul(inner, x, routing, {*gate_, *up_, Activation::kSilu, {}, {}});
    backend_.expert_matmul(out, inner, routing, {*down_, {}}, Store::kWrite);
  }
  enum class Way { kComposed, kGrouped };
  // Rows [first, first + n) of an endless table of inputs and choices.
  Result run(Way way, int64_t first, int64_t n, Store store) {
    Values x(backend_, n, shape_.d_model), out(backend_, n, shape_.d_model);
    Values inner(backend_, n * shape_.top_k, shape_.d_ff), route_weights(backend_, n, shape_.top_k);
    const BufferPtr chosen = backend_.alloc(size_t(n * shape_.top_k) * sizeof(int32_t));
    auto* numbers = reinterpret_cast<int32_t*>(static_cast<CpuBuffer&>(*chosen).data());
    for (int64_t i = 0; i < n; ++i) {
      Rng rng(uint64_t(first + i + 1));
      for (const Values* to : {&x, &out}) {
        for (float& v : to->all().subspan(size_t(i * shape_.d_model), size_t(shape_.d_model))) {
          v = float(2 * rng.uniform() - 1);
        }
      }
      // Some experts stay without rows, one gets many.
      auto free = shape_.top_k;
      for (int32_t e = 0; e < shape_.n_experts && free > 0; ++e) {
        const bool must = shape_.n_experts - e == free;
        if (!must && e != 1 && (e == 0 || rng.below(2) == 0)) continue;
        *numbers++ = e;
        --free;
      }
      for (int64_t j = 0; j < shape_.top_k; ++j) {
        route_weights.all()[size_t(i * shape_.top_k + j)] = float(rng.uniform());
      }
    }
    const Routing routing{.weights = route_weights.tensor, .experts = chosen.get()};
    const GatedExperts experts = gated();
    const ExpertProjection down{*down_, shape_.biases ? down_bias_.tensor : Tensor{}};
    if (way == Way::kGrouped) {
      backend_.expert_gated_matmul(inner.tensor, x.tensor, routing, experts);
      backend_.expert_matmul(out.tensor, inner.tensor, routing, down, store);
    } else {
      backend_.Backend::expert_gated_matmul(inner.tensor, x.tensor, routing, experts);
      backend_.Backend::expert_matmul(out.tensor, inner.tensor, routing, down, store);
    }
    return {{inner.all().begin(), inner.all().end()}, {out.all().begin(), out.all().end()}};
  }

 private:
  GatedExperts gated() const {
    if (!shape_.biases) return {*gate_, *up_, Activation::kSilu, {}, {}, shape_.weighting};
    return {*gate_, *up_, Activation::kClampedSwish, gate_bias_.tensor, up_bias_.tensor};
  }
  Values biases(int64_t size, uint64_t seed) {
    Values values(backend_, shape_.n_experts, size);
    Rng rng(seed);
    for (float& v : values.all()) v = float(2 * rng.uniform() - 1);
    return values;
  }
  WeightPtr weights(DType dtype, int64_t n_out, int64_t n_in, uint64_t seed) {
    const PlainWeight plain =
        make_weight(dtype, n_out * shape_.n_experts, n_in, Fill::kRandom, seed);
    WeightSource source = plain.source();
    source.n_out = n_out;
    source.n_matrices = shape_.n_experts;
    return backend_.make_weight(source);
  }

  Shape shape_;
  Backend& backend_;
  WeightPtr gate_, up_, down_;
  Values gate_bias_, up_bias_, down_bias_;
};

// Rows that fill no whole group of any level.
constexpr Shape kOdd{.n_experts = 5, .top_k = 3, .d_model = 40, .d_ff = 24};
constexpr Shape kWeighsInput{.top_k = 1, .weighting = ExpertWeighting::kInput};
constexpr Shape kBiased{.n_experts = 5, .top_k = 3, .d_model = 96, .d_ff = 64, .biases = true};

std::vector<std::string> isas() {
  std::vector<std::string> names;
  for (const Level& level : levels()) {
    if (level.supported) names.emplace_back(level.name);
  }
  return names;
}

TEST(Experts, GroupedEqualsComposedForEveryTypeAndLevel) {
  for (const std::string& isa : isas()) {
    const auto backend = make_backend({.n_threads = 2, .isa = isa});
    for (const DTypeInfo& type : all_dtypes()) {
      Rig rig(*backend, type.dtype, {});
      for (const int64_t n : {1, 12}) {  // of one expert: enough for panels
        SCOPED_TRACE(isa + " " + std::string(type.name) + " " + std::to_string(n));
        for (const Store store : {Store::kWrite, Store::kAdd}) {
          EXPECT_EQ(rig.run(Rig::Way::kGrouped, 0, n, store),
                    rig.run(Rig::Way::kComposed, 0, n, store));
        }
      }
    }
    for (const auto& [dtype, shape] :
         {std::pair(DType::kF16, kOdd), {DType::kMXFP4, kBiased}, {DType::kQ4_K, kWeighsInput}}) {
      Rig rig(*backend, dtype, shape);
      for (const Store store : {Store::kWrite, Store::kAdd}) {
        EXPECT_EQ(rig.run(Rig::Way::kGrouped, 0, 50, store),
                  rig.run(Rig::Way::kComposed, 0, 50, store))
            << isa << " " << info(dtype).name;
      }
    }
  }
}

TEST(Experts, ASteadyStepAllocatesNothing) {
  const auto backend = make_backend({.n_threads = 2});
  const Shape shape;
  Rig rig(*backend, DType::kQ4_K, shape);
  Values x(*backend, 3, shape.d_model), out(*backend, 3, shape.d_model);
  Values inner(*backend, 6, shape.d_ff), logits(*backend, 3, 4), weights(*backend, 3, 2);
  const BufferPtr chosen = backend->alloc(6 * sizeof(int32_t));
  const Routing routing{.weights = weights.tensor, .experts = chosen.get()};
  const auto step = [&] {
    backend->route(routing, logits.tensor, {});
    rig.forward(x.tensor, inner.tensor, out.tensor, routing);
  };
  step();
  step();  // teaches what follows the last section
  const ridge::testing::AllocationScope scope;
  step();
  EXPECT_EQ(scope.so_far().count, 0u);
}

TEST(Experts, ARowHasTheSameBitsAloneInABatchAndForAnyThreads) {
  for (const DType dtype : {DType::kQ4_K, DType::kQ8_0, DType::kF16}) {
    const auto one = make_backend({.n_threads = 1});
    Rig alone(*one, dtype, {});
    constexpr int64_t kRows = 600;  // more than a chunk of one expert's columns holds
    const Rig::Result whole = alone.run(Rig::Way::kGrouped, 0, kRows, Store::kAdd);
    const auto d_model = size_t(Shape{}.d_model);
    for (const int64_t row : {0, 17, 599}) {
      const Rig::Result single = alone.run(Rig::Way::kGrouped, row, 1, Store::kAdd);
      EXPECT_EQ(std::memcmp(single.out.data(), &whole.out[size_t(row) * d_model],
                            d_model * sizeof(float)),
                0)
          << row;
    }
    for (const int n_threads : {2, 3, 40}) {
      const auto many = make_backend({.n_threads = n_threads});
      Rig rig(*many, dtype, {});
      EXPECT_EQ(rig.run(Rig::Way::kGrouped, 0, kRows, Store::kAdd), whole) << n_threads;
    }
  }
}

}  // namespace
}  // namespace ridge::cpu::testing
