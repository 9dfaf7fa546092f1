// A matrix for each head, in one call, against its composed default: the same kernels see the same
// rows and columns, so the bits are equal.
#include <gtest/gtest.h>

#include <vector>

#include "base/rng.h"
#include "cpu/cpu_backend.h"
#include "cpu/cpu_buffer.h"
#include "cpu/dispatch.h"
#include "support/allocations.h"
#include "tests/kernels/machine.h"

namespace ridge::cpu::testing {
namespace {

struct Shape {
  int64_t n_heads = 3;
  int64_t n_out = 64;
  int64_t n_in = 256;
};

// Heads that lie apart from each other on both sides, as parts of wider ones.
class Rig {
 public:
  Rig(Backend& backend, DType dtype, const Shape& shape) : shape_(shape), backend_(backend) {
    const PlainWeight plain =
        make_weight(dtype, shape.n_out * shape.n_heads, shape.n_in, Fill::kRandom, 1);
    WeightSource source = plain.source();
    source.n_out = shape.n_out;
    source.n_matrices = shape.n_heads;
    weight_ = backend.make_weight(source);
  }

  enum class Way { kComposed, kTogether };
  // Rows [first, first + n) of an endless table, times each head's matrix: [n, heads, n_out + 5],
  // of which the last five stay 7.
  std::vector<float> run(Way way, int64_t first, int64_t n) {
    const BufferPtr x = rows_of(n, shape_.n_in + kRest, first);
    const BufferPtr out = rows_of(n, shape_.n_out + kRest, -1);
    forward(way, heads(*x, n, shape_.n_in), heads(*out, n, shape_.n_out));
    const float* values = reinterpret_cast<const float*>(static_cast<CpuBuffer&>(*out).data());
    return {values, values + n * shape_.n_heads * (shape_.n_out + kRest)};
  }
  void forward(Way way, const Tensor& x, const Tensor& out) {
    if (way == Way::kTogether) {
      backend_.head_matmul(out, x, *weight_);
    } else {
      backend_.Backend::head_matmul(out, x, *weight_);
    }
  }
  Tensor heads(Buffer& buffer, int64_t n, int64_t width) const {
    return slice_cols(make_tensor(DType::kF32, {n, shape_.n_heads, width + kRest}, buffer, 0), 0,
                      width);
  }
  // From row `first` of the table on; below zero: sevens.
  BufferPtr rows_of(int64_t n, int64_t width, int64_t first) const {
    BufferPtr buffer = backend_.alloc(size_t(n * shape_.n_heads * width) * sizeof(float));
    auto* to = reinterpret_cast<float*>(static_cast<CpuBuffer&>(*buffer).data());
    for (int64_t i = 0; i < n; ++i) {
      Rng rng(uint64_t(first + i + 1));
      for (int64_t j = 0; j < shape_.n_heads * width; ++j) {
        *to++ = first < 0 ? 7.0f : float(2 * rng.uniform() - 1);
      }
    }
    return buffer;
  }

 private:
  static constexpr int64_t kRest = 5;

  Shape shape_;
  Backend& backend_;
  WeightPtr weight_;
};

TEST(HeadMatmul, EqualsHeadAfterHeadForEveryTypeAndLevel) {
  for (const Level& level : levels()) {
    if (!level.supported) continue;
    const auto backend = make_backend({.n_threads = 2, .isa = std::string(level.name)});
    for (const DTypeInfo& type : all_dtypes()) {
      Rig rig(*backend, type.dtype, {});
      for (const int64_t n : {1, 3, 40}) {  // the last: enough for panels
        EXPECT_EQ(rig.run(Rig::Way::kTogether, 0, n), rig.run(Rig::Way::kComposed, 0, n))
            << level.name << " " << type.name << " " << n;
      }
    }
    // Rows that fill no whole group of any level.
    Rig odd(*backend, DType::kF16, {.n_heads = 7, .n_out = 27, .n_in = 24});
    EXPECT_EQ(odd.run(Rig::Way::kTogether, 0, 9), odd.run(Rig::Way::kComposed, 0, 9));
  }
}

TEST(HeadMatmul, ARowHasTheSameBitsAloneInABatchAndForAnyThreads) {
  constexpr Shape kShape{.n_heads = 5, .n_out = 40, .n_in = 128};
  constexpr int64_t kRows = 520;  // more than one chunk of columns
  for (const DType dtype : {DType::kQ5_0, DType::kF16, DType::kQ8_0}) {
    const auto one = make_backend({.n_threads = 1});
    Rig alone(*one, dtype, kShape);
    const std::vector<float> whole = alone.run(Rig::Way::kTogether, 0, kRows);
    const auto row_size = ptrdiff_t(whole.size() / kRows);
    for (const int64_t row : {0, 17, 519}) {
      const auto begin = whole.begin() + row * row_size;
      EXPECT_EQ(alone.run(Rig::Way::kTogether, row, 1), std::vector(begin, begin + row_size));
    }
    for (const int n_threads : {2, 3, 11}) {
      const auto many = make_backend({.n_threads = n_threads});
      Rig rig(*many, dtype, kShape);
      EXPECT_EQ(rig.run(Rig::Way::kTogether, 0, kRows), whole) << n_threads;
    }
  }
}

TEST(HeadMatmul, ASteadyStepAllocatesNothing) {
  const auto backend = make_backend({.n_threads = 2});
  Rig rig(*backend, DType::kQ4_K, {.n_heads = 128});  // so many that the threads share x
  const BufferPtr x = rig.rows_of(2, 256 + 5, 0), out = rig.rows_of(2, 64 + 5, 0);
  const Tensor x_heads = rig.heads(*x, 2, 256), out_heads = rig.heads(*out, 2, 64);
  const auto step = [&] { rig.forward(Rig::Way::kTogether, x_heads, out_heads); };
  step();
  step();  // teaches what follows the last section
  const ridge::testing::AllocationScope scope;
  step();
  EXPECT_EQ(scope.so_far().count, 0u);
}

}  // namespace
}  // namespace ridge::cpu::testing
