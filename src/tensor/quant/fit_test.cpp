// Laws of the encoders that search (K-quants, IQ4) and properties that every encoder has.
#include "tensor/quant/fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tensor/dtype.h"
#include "tensor/quant/levels.h"

namespace ridge {
namespace {

constexpr int kNumbers = 1 << 14;

// Bell-shaped with rms `scale`, as the weights of a trained layer are.
std::vector<float> bell(int n, float scale) {
  std::mt19937 random(7);
  std::vector<float> x(n);
  for (float& v : x) {
    double sum = -6.0;  // twelve uniform numbers: variance 1, tails up to six sigma
    for (int i = 0; i < 12; ++i) sum += double(random()) * 0x1p-32;
    v = scale * float(sum);
  }
  return x;
}

std::vector<float> round_trip(const DTypeInfo& type, const std::vector<float>& x) {
  std::vector<std::byte> blocks(row_bytes(type.dtype, int64_t(x.size())));
  std::vector<float> y(x.size());
  type.encode(x.data(), blocks.data(), int64_t(x.size()));
  type.decode(blocks.data(), y.data(), int64_t(x.size()));
  return y;
}

double rms_error(const std::vector<float>& x, const std::vector<float>& y) {
  double squares = 0.0;
  for (size_t i = 0; i < x.size(); ++i) squares += std::pow(double(x[i]) - double(y[i]), 2);
  return std::sqrt(squares / double(x.size()));
}

// A plain search: scales are f32 and a group knows nothing of its block. Codes stand for
// levels[code] - offset, and 41 scales below and above the one that just fits are tried.
struct PlainGroup {
  int size;
  std::vector<double> levels;
  bool affine;  // the least element, if negative, becomes code 0
};

double plain_error(const std::vector<float>& x, const PlainGroup& format) {
  double total = 0.0;
  for (size_t first = 0; first < x.size(); first += format.size) {
    double extreme = 0.0, lo = 0.0, hi = 0.0;
    for (int i = 0; i < format.size; ++i) {
      const double v = x[first + i];
      if (std::fabs(v) > std::fabs(extreme)) extreme = v;
      lo = std::min(lo, v);
      hi = std::max(hi, v);
    }
    const double fits =
        format.affine ? (hi - lo) / format.levels.back() : extreme / format.levels.front();
    double least = INFINITY;
    for (int t = -20; t <= 20; ++t) {
      const double scale = fits * (1.0 + 0.015 * t);
      double error = 0.0;
      for (int i = 0; i < format.size; ++i) {
        double missed = INFINITY;
        for (double level : format.levels) {
          const double value = scale * level + (format.affine ? lo : 0.0);
          missed = std::min(missed, std::fabs(value - double(x[first + i])));
        }
        error += missed * missed;
      }
      least = std::min(least, error);
    }
    total += least;
  }
  return std::sqrt(total / double(x.size()));
}

std::vector<double> integers(int from, int to) {
  std::vector<double> levels;
  for (int i = from; i <= to; ++i) levels.push_back(i);
  return levels;
}

struct SearchCase {
  DType dtype;
  PlainGroup plain;
  double at_most;  // error as a multiple of the plain search's
};

// Integer scales and weights that favour large elements cost some percent; the offset of the affine
// types, regressed together with the scale, gains more than that.
TEST(Fit, IsCloseToOrBetterThanAPlainSearchWithExactScales) {
  const std::vector<double> iq4(std::begin(quant::kIq4Levels), std::end(quant::kIq4Levels));
  const SearchCase cases[] = {
      {DType::kQ2_K, {16, integers(0, 3), true}, 1.0},
      {DType::kQ3_K, {16, integers(-4, 3), false}, 1.03},
      {DType::kQ4_K, {32, integers(0, 15), true}, 1.0},
      {DType::kQ5_K, {32, integers(0, 31), true}, 1.0},
      {DType::kQ6_K, {16, integers(-32, 31), false}, 1.03},
      {DType::kIQ4_NL, {32, iq4, false}, 1.0},
      {DType::kIQ4_XS, {32, iq4, false}, 1.0},
  };
  const std::vector<float> x = bell(kNumbers, 0.02f);
  for (const SearchCase& c : cases) {
    const double ratio = rms_error(x, round_trip(info(c.dtype), x)) / plain_error(x, c.plain);
    EXPECT_LE(ratio, c.at_most) << info(c.dtype).name;
  }
}

class EveryEncoder : public testing::TestWithParam<DTypeInfo> {};

TEST_P(EveryEncoder, KeepsZero) {
  const std::vector<float> zeros(256, 0.0f);
  for (float v : round_trip(GetParam(), zeros)) EXPECT_EQ(std::fabs(v), 0.0f);
}

// Powers of two pass through every step of an encoder exactly while no scale leaves f16's normal
// numbers.
TEST_P(EveryEncoder, ScalesWithPowersOfTwo) {
  const std::vector<float> x = bell(4096, 1.0f);
  std::vector<float> doubled = x;
  for (float& v : doubled) v *= 2.0f;
  const std::vector<float> y = round_trip(GetParam(), x);
  const std::vector<float> doubled_y = round_trip(GetParam(), doubled);
  for (size_t i = 0; i < x.size(); ++i) ASSERT_EQ(doubled_y[i], 2.0f * y[i]) << i;
}

// What is encoded once stays what it is, or nearly: a second pass may only find a scale that
// repeats the same numbers to f16 precision, so errors do not pile up.
TEST_P(EveryEncoder, SecondPassAddsLittle) {
  const std::vector<float> x = bell(4096, 1.0f);
  const std::vector<float> once = round_trip(GetParam(), x);
  const std::vector<float> twice = round_trip(GetParam(), once);
  EXPECT_LE(rms_error(once, twice), 0.25 * rms_error(x, once) + 1e-7);
}

TEST_P(EveryEncoder, SurvivesWhatIsNotAWeight) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kMax = std::numeric_limits<float>::max();
  constexpr float kTiny = std::numeric_limits<float>::denorm_min();
  const std::vector<std::vector<float>> patterns = {
      {kNan},       {kInf},        {-kInf},       {kMax},          {-kMax},
      {kTiny},      {-kTiny},      {kMax, -kMax}, {1.0f},          {-1.0f},
      {1.0f, kNan}, {1.0f, -kInf}, {0.0f, kMax},  {kTiny, 1e-30f}, {kNan, kInf, 0.0f}};
  for (const std::vector<float>& pattern : patterns) {
    std::vector<float> x(256);
    for (size_t i = 0; i < x.size(); ++i) x[i] = pattern[i % pattern.size()];
    EXPECT_EQ(round_trip(GetParam(), x).size(), x.size());
  }
}

std::vector<DTypeInfo> types_with_encoder() {
  std::vector<DTypeInfo> types;
  for (const DTypeInfo& type : all_dtypes()) {
    if (type.encode) types.push_back(type);
  }
  return types;
}

INSTANTIATE_TEST_SUITE_P(Table, EveryEncoder, testing::ValuesIn(types_with_encoder()),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace ridge
