#include "cpu/ops/matmul.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cpu/ops/embed.h"
#include "support/allocations.h"
#include "tests/kernels/machine.h"

namespace ridge::cpu::testing {
namespace {

enum class Values { kNoise, kOnes, kSigns, kOutlier, kHuge, kTiny, kZero };
const Values kAllValues[] = {Values::kNoise, Values::kOnes, Values::kSigns, Values::kOutlier,
                             Values::kHuge,  Values::kTiny, Values::kZero};

// A hash of the place: noise that any rectangle can be filled with.
float noise(int64_t row, int64_t col) {
  uint64_t x = uint64_t(row) * 0x9e3779b97f4a7c15u + uint64_t(col) * 0xc2b2ae3d27d4eb4fu + 12345;
  x ^= x >> 29;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 32;
  return float(int32_t(x & 0xffff) - 0x8000) / 0x8000;
}

float value_at(Values values, int64_t row, int64_t col) {
  switch (values) {
    case Values::kNoise:
      return noise(row, col);
    case Values::kOnes:
      return 1.0f;
    case Values::kSigns:
      return noise(row, col) < 0 ? -1.0f : 1.0f;
    case Values::kOutlier:
      return noise(row, col) * (col % 37 == 5 ? 1000.0f : 1.0f);
    case Values::kHuge:
      return noise(row, col) * 1e30f;
    case Values::kTiny:
      return noise(row, col) * 1e-30f;
    case Values::kZero:
      return 0.0f;
  }
  return 0.0f;
}

void fill(Matrix& matrix, Values values, int64_t first_row = 0) {
  for (int64_t r = 0; r < matrix.rows(); ++r) {
    for (int64_t c = 0; c < matrix.cols(); ++c)
      matrix.at(r, c) = value_at(values, first_row + r, c);
  }
}

int64_t granule(DType dtype) {
  return info(dtype).block_size;
}

// y = x · Wᵀ on a level.
Matrix product(const TestedLevel& level, int n_threads, const PlainWeight& plain, const Matrix& x) {
  Machine machine(level, n_threads);
  const PackedWeight weight(machine.context, plain.source());
  Matrix out(x.rows(), plain.n_out, 5);
  const Projection projection{.weight = &weight, .out = out.tensor()};
  matmul(machine.context, x.tensor(), {&projection, 1}, Store::kWrite);
  EXPECT_TRUE(out.guards_intact());
  return out;
}

// What f32 arithmetic may lose. Integer sums are exact below 2^24 and lose one rounding above, so a
// block (or, in the f32 form, a value) adds at most four roundings of a partial sum. Partial sums
// are bounded by n · max|w| · max|x|, where a minimum or an offset may double max|w|.
double tolerance(const PlainWeight& weight, ActivationFormat x_format, const std::vector<float>& w,
                 double max_x) {
  double max_w = 0;
  for (float value : w) max_w = std::max(max_w, double(std::fabs(value)));
  const int64_t step = x_format == ActivationFormat::kF32 ? 1 : granule(weight.dtype);
  const double n_roundings = 4 * double(weight.n_in / step + 1);
  const double epsilon = std::numeric_limits<float>::epsilon() / 2;
  return n_roundings * epsilon * 2 * double(weight.n_in) * max_w * max_x +
         std::numeric_limits<float>::min();
}

struct Case {
  const TestedLevel* level;
  DType dtype;
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const TestedLevel& level : tested_levels()) {
    for (const DTypeInfo& type : all_dtypes()) cases.push_back({&level, type.dtype});
  }
  return cases;
}

class KernelTest : public ::testing::TestWithParam<Case> {
 protected:
  const TestedLevel& level() const { return *GetParam().level; }
  DType dtype() const { return GetParam().dtype; }

  void expect_as_generic(const PlainWeight& weight, Values values, int64_t n_cols) {
    Matrix x(n_cols, weight.n_in, 3);
    fill(x, values);
    Matrix got = product(level(), 2, weight, x);
    const TestedLevel oracle = oracle_for(level());
    Matrix want = product(oracle, 1, weight, x);
    const ActivationFormat x_format = level().table.matmul.formats[int(dtype())].activation;
    double max_x = 0;
    for (int64_t c = 0; c < n_cols; ++c) {
      for (int64_t k = 0; k < weight.n_in; ++k) {
        max_x = std::max(max_x, double(std::fabs(x.at(c, k))));
      }
    }
    for (int64_t r = 0; r < weight.n_out; ++r) {
      const double bound = tolerance(weight, x_format, weight.decode_row(r), max_x);
      for (int64_t c = 0; c < n_cols; ++c) {
        ASSERT_LE(std::fabs(double(got.at(c, r)) - double(want.at(c, r))), bound)
            << "row " << r << " of " << weight.n_out << ", column " << c << " of " << n_cols
            << ", n_in " << weight.n_in << ", values " << int(values) << ": " << got.at(c, r)
            << " instead of " << want.at(c, r);
      }
    }
  }
};

TEST_P(KernelTest, EqualsGenericOnEveryShape) {
  const struct {
    int64_t n_out, blocks, n_cols;
  } shapes[] = {{1, 1, 1}, {8, 1, 2}, {16, 3, 3}, {13, 2, 4}, {40, 5, 5}, {33, 1, 9}, {24, 2, 17}};
  for (const auto& shape : shapes) {
    const int64_t n_in = granule(dtype()) == 1 ? shape.blocks * 7 : shape.blocks * granule(dtype());
    const PlainWeight weight =
        make_weight(dtype(), shape.n_out, n_in, Fill::kRandom, uint64_t(shape.n_out));
    expect_as_generic(weight, Values::kNoise, shape.n_cols);
  }
}

TEST_P(KernelTest, EqualsGenericWithManyColumns) {
  // More rows than a panel, whole and partial panels along n_in, every width of a tile, and more
  // columns than a chunk.
  const struct {
    int64_t n_out, n_in, n_cols;
  } shapes[] = {{83, 512, 10}, {24, 288, 12}, {9, 768, 30}, {16, 256, 523}};
  for (const auto& shape : shapes) {
    if (shape.n_in % granule(dtype()) != 0) continue;
    const PlainWeight weight =
        make_weight(dtype(), shape.n_out, shape.n_in, Fill::kRandom, uint64_t(shape.n_cols));
    expect_as_generic(weight, Values::kOutlier, shape.n_cols);
  }
}

TEST_P(KernelTest, EqualsGenericOnEdgeValues) {
  for (Fill fill : {Fill::kRandom, Fill::kZeros, Fill::kOnes, Fill::kAlternating}) {
    const PlainWeight weight = make_weight(dtype(), 19, 512, fill, 7);
    for (Values values : kAllValues) expect_as_generic(weight, values, 3);
    for (Values values : {Values::kOnes, Values::kSigns, Values::kHuge}) {
      expect_as_generic(weight, values, 8);
    }
  }
}

TEST_P(KernelTest, ARowsResultDependsNeitherOnOtherColumnsNorOnThreads) {
  const PlainWeight weight = make_weight(dtype(), 72, 768, Fill::kRandom, 3);
  constexpr int64_t kColumns = 23;
  Matrix x(kColumns, weight.n_in);
  fill(x, Values::kNoise);
  Matrix together = product(level(), 3, weight, x);
  for (int64_t n : {1, 2, 3, 4, 5, 8, 16}) {
    for (int64_t first = 0; first + n <= kColumns; first += n + 3) {
      Matrix some(n, weight.n_in, 1);
      fill(some, Values::kNoise, first);
      Matrix apart = product(level(), 1 + int(first % 2), weight, some);
      for (int64_t c = 0; c < n; ++c) {
        for (int64_t r = 0; r < weight.n_out; ++r) {
          ASSERT_EQ(std::bit_cast<uint32_t>(apart.at(c, r)),
                    std::bit_cast<uint32_t>(together.at(first + c, r)))
              << "row " << r << ", column " << first + c << " among " << n;
        }
      }
    }
  }
}

TEST_P(KernelTest, EmbedGivesTheReferenceDecodeOfARow) {
  const PlainWeight plain = make_weight(dtype(), 21, 512, Fill::kRandom, 5);
  Machine machine(level(), 2);
  const PackedWeight weight(machine.context, plain.source());
  const std::vector<int32_t> ids = {20, 0, 7, 8, 15, 16, 7};
  Matrix out(int64_t(ids.size()), plain.n_in, 2);
  embed(machine.context, out.tensor(), weight, ids, 3.0f);
  EXPECT_TRUE(out.guards_intact());
  for (size_t i = 0; i < ids.size(); ++i) {
    const std::vector<float> want = plain.decode_row(ids[i]);
    for (int64_t k = 0; k < plain.n_in; ++k) {
      ASSERT_EQ(out.at(int64_t(i), k), 3.0f * want[size_t(k)]) << "row " << ids[i] << ", " << k;
    }
  }
}

TEST_P(KernelTest, ABadColumnSpoilsOnlyItself) {
  const PlainWeight weight = make_weight(dtype(), 9, 512, Fill::kRandom, 11);
  Matrix x(6, weight.n_in);
  fill(x, Values::kNoise);
  Matrix clean = product(level(), 2, weight, x);
  x.at(1, 300) = std::numeric_limits<float>::quiet_NaN();
  x.at(4, 0) = std::numeric_limits<float>::infinity();
  Matrix out = product(level(), 2, weight, x);
  for (int64_t r = 0; r < weight.n_out; ++r) {
    EXPECT_TRUE(std::isnan(out.at(1, r)));
    EXPECT_FALSE(std::isfinite(out.at(4, r)));
    for (int64_t c : {0, 2, 3, 5}) EXPECT_EQ(out.at(c, r), clean.at(c, r));
  }
}

TEST_P(KernelTest, BiasAndSumAndGateEqualTheirParts) {
  const PlainWeight plain = make_weight(dtype(), 43, 512, Fill::kRandom, 13);
  const PlainWeight plain_up = make_weight(dtype(), 43, 512, Fill::kRandom, 14);
  Matrix bias(1, plain.n_out);
  fill(bias, Values::kNoise, 99);
  Tensor bias_row = bias.tensor();
  bias_row.rank = 1;
  bias_row.shape = {plain.n_out};
  bias_row.stride = {1};
  for (int64_t n : {1, 3, 7, 40}) {
    Matrix x(n, plain.n_in);
    fill(x, Values::kNoise);
    Matrix y = product(level(), 2, plain, x);
    Matrix z = product(level(), 1, plain_up, x);
    Machine machine(level(), 2);
    const PackedWeight weight(machine.context, plain.source());
    const PackedWeight up(machine.context, plain_up.source());

    Matrix sum(n, plain.n_out, 4);
    fill(sum, Values::kSigns);
    const Projection projection{.weight = &weight, .bias = bias_row, .out = sum.tensor()};
    matmul(machine.context, x.tensor(), {&projection, 1}, Store::kAdd);
    Matrix gated(n, plain.n_out, 9);
    gated_matmul(machine.context, gated.tensor(), x.tensor(), weight, up, Activation::kRelu);
    EXPECT_TRUE(sum.guards_intact());
    EXPECT_TRUE(gated.guards_intact());
    for (int64_t c = 0; c < n; ++c) {
      for (int64_t r = 0; r < plain.n_out; ++r) {
        const float before = value_at(Values::kSigns, c, r);
        ASSERT_EQ(sum.at(c, r), before + (y.at(c, r) + bias.at(0, r))) << r << " " << c;
        ASSERT_EQ(gated.at(c, r), std::max(y.at(c, r), 0.0f) * z.at(c, r)) << r << " " << c;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, KernelTest, ::testing::ValuesIn(all_cases()),
                         [](const auto& info_of_case) {
                           return info_of_case.param.level->name + "_" +
                                  std::string(ridge::info(info_of_case.param.dtype).name);
                         });

class LevelTest : public ::testing::TestWithParam<const TestedLevel*> {};

TEST_P(LevelTest, ProjectionsOfOneCallEqualSingleCalls) {
  // Different types, forms of x and sizes: QKV of a mixed file.
  const PlainWeight plain[] = {make_weight(DType::kQ4_K, 96, 512, Fill::kRandom, 1),
                               make_weight(DType::kQ6_K, 16, 512, Fill::kRandom, 2),
                               make_weight(DType::kQ8_0, 3, 512, Fill::kRandom, 3),
                               make_weight(DType::kF16, 130, 512, Fill::kRandom, 4),
                               make_weight(DType::kIQ2_S, 24, 512, Fill::kRandom, 5)};
  for (int n_threads : {1, 2, 5}) {
    for (int64_t n : {1, 6}) {
      Matrix x(n, 512, 7);
      fill(x, Values::kNoise);
      Machine machine(*GetParam(), n_threads);
      std::vector<std::unique_ptr<PackedWeight>> weights;
      std::vector<Matrix> outs;
      std::vector<Projection> projections;
      for (const PlainWeight& weight : plain) {
        weights.push_back(std::make_unique<PackedWeight>(machine.context, weight.source()));
        outs.emplace_back(n, weight.n_out, 1);
        projections.push_back({.weight = weights.back().get(), .out = outs.back().tensor()});
      }
      matmul(machine.context, x.tensor(), projections, Store::kWrite);
      for (size_t i = 0; i < outs.size(); ++i) {
        Matrix want = product(*GetParam(), 1, plain[i], x);
        EXPECT_TRUE(outs[i].guards_intact());
        for (int64_t c = 0; c < n; ++c) {
          for (int64_t r = 0; r < plain[i].n_out; ++r) {
            ASSERT_EQ(outs[i].at(c, r), want.at(c, r)) << "projection " << i << ", row " << r;
          }
        }
      }
    }
  }
}

TEST_P(LevelTest, QuantisersGiveTheBytesOfGeneric) {
  constexpr int64_t kN = 1024;
  Matrix x(1, kN);
  for (Values values : kAllValues) {
    fill(x, values);
    for (int bad = 0; bad < 4; ++bad) {
      if (bad == 1) x.at(0, 40) = std::numeric_limits<float>::quiet_NaN();
      if (bad == 2) x.at(0, 300) = -std::numeric_limits<float>::infinity();
      if (bad == 3) x.at(0, 600) = std::numeric_limits<float>::denorm_min();
      for (int f = 1; f < kActivationFormats; ++f) {
        std::vector<uint8_t> got(4 * kN, 0xab);
        std::vector<uint8_t> want(4 * kN, 0xab);
        GetParam()->table.matmul.quantize[f](&x.at(0, 0), kN, got.data());
        generic_level().table.matmul.quantize[f](&x.at(0, 0), kN, want.data());
        ASSERT_EQ(got, want) << "form " << f << ", values " << int(values) << ", bad " << bad;
      }
    }
  }
}

TEST_P(LevelTest, ASteadyStepAllocatesNothing) {
  const PlainWeight plain = make_weight(DType::kQ4_K, 64, 512, Fill::kRandom, 1);
  const PlainWeight decoded = make_weight(DType::kIQ3_S, 64, 512, Fill::kRandom, 2);
  Machine machine(*GetParam(), 2);
  const PackedWeight a(machine.context, plain.source());
  const PackedWeight b(machine.context, decoded.source());
  Matrix x(5, 512);
  fill(x, Values::kNoise);
  Matrix out(5, 64);
  const std::vector<int32_t> ids = {1, 2, 3};
  Matrix rows(3, 512);
  const auto step = [&] {
    const Projection projections[] = {{.weight = &a, .out = out.tensor()},
                                      {.weight = &b, .out = out.tensor()}};
    matmul(machine.context, x.tensor(), projections, Store::kAdd);
    gated_matmul(machine.context, out.tensor(), x.tensor(), a, b, Activation::kSilu);
    embed(machine.context, rows.tensor(), a, ids, 1.0f);
  };
  step();
  const std::byte* tiles = machine.scratch.get(ScratchSlot::kTiles, 1);
  const ridge::testing::AllocationScope scope;
  step();
  EXPECT_EQ(scope.so_far().count, 0u);
  EXPECT_EQ(machine.scratch.get(ScratchSlot::kTiles, 1), tiles);
}

std::vector<const TestedLevel*> level_pointers() {
  std::vector<const TestedLevel*> out;
  for (const TestedLevel& level : tested_levels()) out.push_back(&level);
  return out;
}
INSTANTIATE_TEST_SUITE_P(Levels, LevelTest, ::testing::ValuesIn(level_pointers()),
                         [](const auto& level) { return level.param->name; });

}  // namespace
}  // namespace ridge::cpu::testing
