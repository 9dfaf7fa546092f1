#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "base/rng.h"
#include "cpu/cpu_backend.h"
#include "cpu/dispatch.h"

namespace ridge {
namespace {

constexpr double kEps = std::numeric_limits<float>::epsilon();
constexpr float kGuard = 12345.0f;
const int64_t kSizes[] = {1, 2, 7, 8, 9, 15, 16, 31, 32, 33, 64, 127, 576};

std::vector<cpu::ChosenKernels> supported_kernels() {
  std::vector<cpu::ChosenKernels> out;
  for (const cpu::Level& level : cpu::levels()) {
    if (level.supported) out.push_back(cpu::choose_kernels(level.name));
  }
  return out;
}

// n values between -range and range that begin off any alignment and end at a guard.
class Row {
 public:
  Row(Rng& rng, int64_t n, double range) : values_(size_t(n) + 2, kGuard), n_(n) {
    for (int64_t i = 0; i < n; ++i) data()[i] = float((rng.uniform() * 2 - 1) * range);
  }
  float* data() { return values_.data() + 1; }
  const float* data() const { return values_.data() + 1; }
  double operator[](int64_t i) const { return double(data()[i]); }
  int64_t size() const { return n_; }
  bool guards_hold() const { return values_.front() == kGuard && values_.back() == kGuard; }

 private:
  std::vector<float> values_;
  int64_t n_;
};

double activate(Activation activation, double x, double up) {
  switch (activation) {
    case Activation::kSilu:
      return x / (1 + std::exp(-x)) * up;
    case Activation::kGeluTanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))) * up;
    case Activation::kGelu:
      return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))) * up;
    case Activation::kRelu:
      return std::max(0.0, x) * up;
    case Activation::kClampedSwish: {
      const double g = std::min(x, 7.0);
      return g / (1 + std::exp(-1.702 * g)) * (std::clamp(up, -7.0, 7.0) + 1);
    }
    case Activation::kSigmoid:
      return up / (1 + std::exp(-x));
    case Activation::kIdentity:
      return x * up;
  }
  return NAN;
}

TEST(GatedActivation, EqualsPlainArithmetic) {
  Rng rng(1);
  for (const cpu::ChosenKernels& level : supported_kernels()) {
    for (int a = 0; a < kActivations; ++a) {
      for (const double range : {0.01, 1.0, 10.0, 200.0}) {
        for (const int64_t n : kSizes) {
          const Row gate(rng, n, range), up(rng, n, 9.0);
          Row out(rng, n, 1.0);
          level.table.vector.gated_activation[a](out.data(), gate.data(), up.data(), n);
          ASSERT_TRUE(out.guards_hold());
          for (int64_t i = 0; i < n; ++i) {
            const double x = gate[i];
            const double expected = activate(Activation(a), x, up[i]);
            // The exponent's rounding moves e^x by its own size; 1 + tanh and 1 + erf lose what
            // stands below 1.
            const double exponent = std::min(90.0, std::fabs(x) * (1.6 + 0.08 * x * x));
            const double tolerance = kEps * ((8 + 2 * exponent) * std::fabs(expected) +
                                             (a == 1 || a == 2 ? std::fabs(x * up[i]) : 0)) +
                                     1e-35;
            ASSERT_NEAR(out[i], expected, tolerance) << level.level << " " << a << " of " << x;
          }
        }
      }
    }
  }
}

TEST(GatedActivation, OfAnElementDependsOnNoOther) {
  Rng rng(2);
  for (const cpu::ChosenKernels& level : supported_kernels()) {
    for (int a = 0; a < kActivations; ++a) {
      const int64_t n = 61;
      const Row gate(rng, n, 8.0), up(rng, n, 2.0);
      const auto kernel = level.table.vector.gated_activation[a];
      Row whole(rng, n, 1.0), parts(rng, n, 1.0);
      kernel(whole.data(), gate.data(), up.data(), n);
      for (int64_t i = 0; i < n;) {
        const int64_t m = std::min<int64_t>(n - i, 1 + int64_t(rng.below(13)));
        kernel(parts.data() + i, gate.data() + i, up.data() + i, m);
        i += m;
      }
      for (int64_t i = 0; i < n; ++i) ASSERT_EQ(whole[i], parts[i]) << level.level << " " << a;
    }
  }
}

// As the gated one of ones, to the bit: one definition of each function.
TEST(Activation, IsTheGatedOneOfOnes) {
  Rng rng(12);
  for (const cpu::ChosenKernels& level : supported_kernels()) {
    for (int a = 0; a < 4; ++a) {
      for (const int64_t n : kSizes) {
        Row x(rng, n, 8.0), ones(rng, n, 0.0), expected(rng, n, 1.0);
        std::fill_n(ones.data(), n, 1.0f);
        level.table.vector.gated_activation[a](expected.data(), x.data(), ones.data(), n);
        level.table.vector.activation[a](x.data(), n);
        ASSERT_TRUE(x.guards_hold());
        for (int64_t i = 0; i < n; ++i) ASSERT_EQ(x[i], expected[i]) << level.level << " " << a;
      }
    }
  }
}

TEST(Softcap, EqualsPlainArithmetic) {
  Rng rng(3);
  for (const cpu::ChosenKernels& level : supported_kernels()) {
    for (const double range : {0.001, 1.0, 40.0, 3000.0}) {
      for (const int64_t n : kSizes) {
        Row x(rng, n, range);
        const Row before = x;
        level.table.vector.softcap(x.data(), 30.0f, n);
        ASSERT_TRUE(x.guards_hold());
        for (int64_t i = 0; i < n; ++i) {
          const double expected = 30 * std::tanh(before[i] / 30);
          ASSERT_NEAR(x[i], expected, 6 * kEps * std::fabs(expected)) << level.level;
        }
      }
    }
  }
}

TEST(AddAndScale, EqualPlainArithmetic) {
  Rng rng(4);
  for (const cpu::ChosenKernels& level : supported_kernels()) {
    for (const int64_t n : kSizes) {
      Row a(rng, n, 1.0);
      const Row before = a, b(rng, n, 3.0);
      level.table.vector.add(a.data(), b.data(), n);
      level.table.vector.scale(a.data(), 0.3f, n);
      ASSERT_TRUE(a.guards_hold());
      for (int64_t i = 0; i < n; ++i) {
        ASSERT_EQ(float(a[i]), float(float(before[i]) + float(b[i])) * 0.3f) << level.level;
      }
    }
  }
}

TEST(StoreF16AndQ8_0, GiveTheBytesOfTheReferenceCodecs) {
  Rng rng(5);
  for (const cpu::ChosenKernels& level : supported_kernels()) {
    for (const double range : {0.0, 1e-6, 1.0, 500.0, 60000.0}) {
      for (const int64_t n : {32, 64, 96, 256}) {
        const Row x(rng, n, range);
        for (const DType dtype : {DType::kF16, DType::kQ8_0}) {
          std::vector<std::byte> expected(size_t(row_bytes(dtype, n))), actual(expected.size());
          info(dtype).encode(x.data(), expected.data(), n);
          const auto& kernels = level.table.vector;
          (dtype == DType::kF16 ? kernels.store_f16 : kernels.store_q8_0)(actual.data(), x.data(),
                                                                          n);
          ASSERT_EQ(actual, expected) << level.level << " " << info(dtype).name;
        }
      }
    }
    // Halves between two levels round away from zero, as in the reference.
    std::vector<float> halves(32);
    for (int i = 0; i < 32; ++i) halves[size_t(i)] = float(i) - 15.5f;
    halves[0] = 127.0f;
    std::vector<std::byte> expected(34), actual(34);
    info(DType::kQ8_0).encode(halves.data(), expected.data(), 32);
    level.table.vector.store_q8_0(actual.data(), halves.data(), 32);
    EXPECT_EQ(actual, expected) << level.level;
  }
}

// A tensor of random values with gaps between its rows.
struct Strided {
  BufferPtr buffer;
  Tensor tensor;
  std::vector<float> values;  // of the whole buffer

  Strided(Backend& backend, Rng& rng, int64_t n, int64_t heads, int64_t dim, int64_t gap)
      : buffer(backend.alloc(size_t(n * (heads * dim + gap)) * 4)),
        values(size_t(n * (heads * dim + gap))) {
    for (float& x : values) x = float(rng.uniform() * 4 - 2);
    const Tensor flat = make_tensor(DType::kF32, {n, heads * dim + gap}, *buffer, 0);
    backend.upload(flat, std::as_bytes(std::span(values)));
    tensor = split_heads(slice_cols(flat, 0, heads * dim), heads);
  }
  size_t at(int64_t row, int64_t head, int64_t i) const {
    return size_t(row * tensor.stride[0] + head * tensor.stride[1] + i);
  }
  std::vector<float> read(Backend& backend) const {
    std::vector<float> out(values.size());
    backend.download(make_tensor(DType::kF32, {int64_t(out.size())}, *buffer, 0),
                     std::as_writable_bytes(std::span(out)));
    return out;
  }
};

template <class Check>
void on_every_level(Check check) {
  for (const cpu::Level& level : cpu::levels()) {
    if (!level.supported) continue;
    SCOPED_TRACE(std::string(level.name));
    const auto backend = cpu::make_backend({.n_threads = 2, .isa = std::string(level.name)});
    check(*backend);
  }
}

TEST(RmsNorm, EqualsPlainArithmeticOnStridedRows) {
  on_every_level([](Backend& backend) {
    Rng rng(6);
    for (const int64_t dim : {1, 7, 64, 100, 576, 2048}) {
      for (const int64_t n : {1, 3, 64}) {
        const Strided x(backend, rng, n, 2, dim, 5), weight(backend, rng, 1, 1, dim, 0);
        const Tensor w = make_tensor(DType::kF32, {dim}, *weight.buffer, 0);
        backend.rms_norm(x.tensor, x.tensor, w, 1e-5f);
        const std::vector<float> out = x.read(backend);
        std::vector<float> untouched = x.values;
        for (int64_t row = 0; row < n; ++row) {
          for (int64_t head = 0; head < 2; ++head) {
            double sum = 0;
            for (int64_t i = 0; i < dim; ++i) {
              const double value = double(x.values[x.at(row, head, i)]);
              sum += value * value;
            }
            const double factor = 1 / std::sqrt(sum / double(dim) + double(1e-5f));
            for (int64_t i = 0; i < dim; ++i) {
              const size_t at = x.at(row, head, i);
              const double expected =
                  double(x.values[at]) * factor * double(weight.values[size_t(i)]);
              ASSERT_NEAR(double(out[at]), expected,
                          (4 + double(dim) / 64) * kEps * std::fabs(expected));
              untouched[at] = out[at];
            }
          }
        }
        ASSERT_EQ(untouched, out);
      }
    }
  });
}

TEST(Rope, TurnsPairsByTheExactAngleAtAnyPosition) {
  on_every_level([](Backend& backend) {
    Rng rng(7);
    const std::vector<int32_t> positions = {0, 1, 2, 4095, 131071, 1000003};
    for (const RopeStyle style : {RopeStyle::kInterleaved, RopeStyle::kHalves}) {
      for (const int64_t n_pairs : {1, 5, 8, 13, 32, 64}) {
        const int64_t dim = 2 * n_pairs + (n_pairs == 13 ? 6 : 0);  // partly rotated
        const Strided x(backend, rng, int64_t(positions.size()), 3, dim, 4);
        Strided frequencies(backend, rng, 1, 1, n_pairs, 0);
        for (int64_t i = 0; i < n_pairs; ++i) {
          frequencies.values[size_t(i)] = float(std::pow(1e6, -double(i) / double(n_pairs)));
        }
        const Tensor f = make_tensor(DType::kF32, {n_pairs}, *frequencies.buffer, 0);
        backend.upload(f, std::as_bytes(std::span(frequencies.values)));
        const float magnitude = 1.3f;
        backend.rope(x.tensor, positions,
                     {.style = style, .inverse_frequency = f, .magnitude = magnitude});
        const std::vector<float> out = x.read(backend);
        std::vector<float> untouched = x.values;
        for (size_t row = 0; row < positions.size(); ++row) {
          for (int64_t head = 0; head < 3; ++head) {
            for (int64_t i = 0; i < n_pairs; ++i) {
              const bool halves = style == RopeStyle::kHalves;
              const size_t at_a = x.at(int64_t(row), head, halves ? i : 2 * i);
              const size_t at_b = x.at(int64_t(row), head, halves ? i + n_pairs : 2 * i + 1);
              const double angle = double(positions[row]) * double(frequencies.values[size_t(i)]);
              const double a = double(x.values[at_a]), b = double(x.values[at_b]);
              const double c = std::cos(angle) * double(magnitude);
              const double s = std::sin(angle) * double(magnitude);
              const double tolerance = 3 * kEps * (std::fabs(a) + std::fabs(b)) * double(magnitude);
              ASSERT_NEAR(double(out[at_a]), a * c - b * s, tolerance);
              ASSERT_NEAR(double(out[at_b]), a * s + b * c, tolerance);
              untouched[at_a] = out[at_a];
              untouched[at_b] = out[at_b];
            }
          }
        }
        ASSERT_EQ(untouched, out);
      }
    }
  });
}

// Far from zero, where a variance taken as E[x²] - E[x]² would be lost.
TEST(LayerNorm, EqualsPlainArithmeticOnStridedRows) {
  constexpr int64_t kHeads = 2;
  on_every_level([](Backend& backend) {
    Rng rng(13);
    for (const int64_t dim : {2, 7, 64, 100, 576, 2048}) {
      for (const bool a_weight_each : {false, true}) {
        for (const bool has_bias : {false, true}) {
          Strided x(backend, rng, 5, kHeads, dim, 3);
          for (float& value : x.values) value += 100.0f;
          backend.upload(make_tensor(DType::kF32, {int64_t(x.values.size())}, *x.buffer, 0),
                         std::as_bytes(std::span(x.values)));
          const int64_t n_weights = a_weight_each ? kHeads : 1;
          const Strided weight(backend, rng, 1, n_weights, dim, 0),
              bias(backend, rng, 1, 1, dim, 0);
          const Tensor w = make_tensor(DType::kF32, {n_weights, dim}, *weight.buffer, 0);
          const Tensor b = has_bias ? make_tensor(DType::kF32, {dim}, *bias.buffer, 0) : Tensor{};
          backend.layer_norm(x.tensor, x.tensor, {.weight = w, .bias = b, .eps = 1e-5f});
          const std::vector<float> out = x.read(backend);
          for (int64_t row = 0; row < 5 * kHeads; ++row) {
            const int64_t head = row % kHeads;
            const size_t first = x.at(row / kHeads, head, 0);
            double sum = 0, squares = 0;
            for (int64_t i = 0; i < dim; ++i) sum += double(x.values[first + size_t(i)]);
            const double mean = sum / double(dim);
            for (int64_t i = 0; i < dim; ++i) {
              squares += std::pow(double(x.values[first + size_t(i)]) - mean, 2);
            }
            const double factor = 1 / std::sqrt(squares / double(dim) + double(1e-5f));
            for (int64_t i = 0; i < dim; ++i) {
              const double gain = double(weight.values[size_t(a_weight_each ? head * dim + i : i)]);
              const double shift = has_bias ? double(bias.values[size_t(i)]) : 0.0;
              const double expected =
                  (double(x.values[first + size_t(i)]) - mean) * factor * gain + shift;
              // The mean of values near 100 is off by a few of their last bits.
              const double tolerance = kEps * (8 * 100 * factor * std::fabs(gain) + 8);
              ASSERT_NEAR(double(out[first + size_t(i)]), expected, tolerance) << dim;
            }
          }
        }
      }
    }
  });
}

TEST(ScaleRows, GivesEachRowItsFactor) {
  on_every_level([](Backend& backend) {
    Rng rng(14);
    const Strided x(backend, rng, 3, 1, 33, 2);
    Tensor flat = x.tensor;
    flat.rank = 2;
    flat.shape[1] = 33;
    flat.stride[1] = 1;
    const float factors[] = {1.0f, -0.5f, 3.0f};
    backend.scale_rows(flat, factors);
    std::vector<float> expected = x.values;
    for (int64_t row = 0; row < 3; ++row) {
      for (int64_t i = 0; i < 33; ++i) expected[x.at(row, 0, i)] *= factors[row];
    }
    EXPECT_EQ(x.read(backend), expected);
  });
}

TEST(Copy, MovesARowsValuesAndNothingBetween) {
  on_every_level([](Backend& backend) {
    Rng rng(21);
    const Strided x(backend, rng, 5, 3, 33, 2), out(backend, rng, 5, 3, 33, 4);
    backend.copy(out.tensor, x.tensor);
    std::vector<float> expected = out.values;
    for (int64_t row = 0; row < 5; ++row) {
      for (int64_t head = 0; head < 3; ++head) {
        for (int64_t i = 0; i < 33; ++i) {
          expected[out.at(row, head, i)] = x.values[x.at(row, head, i)];
        }
      }
    }
    EXPECT_EQ(out.read(backend), expected);
  });
}

TEST(GatherRows, CopiesInTheOrderAsked) {
  on_every_level([](Backend& backend) {
    Rng rng(8);
    const Strided x(backend, rng, 9, 1, 33, 2), out(backend, rng, 4, 1, 33, 0);
    const int32_t rows[] = {8, 0, 3, 3};
    const auto flat = [](const Strided& s) {
      Tensor t = s.tensor;
      t.rank = 2;
      t.shape = {t.shape[0], t.shape[2]};
      t.stride = {t.stride[0], 1};
      return t;
    };
    backend.gather_rows(flat(out), flat(x), rows);
    const std::vector<float> values = out.read(backend);
    for (int64_t row = 0; row < 4; ++row) {
      for (int64_t i = 0; i < 33; ++i) {
        ASSERT_EQ(values[out.at(row, 0, i)], x.values[x.at(rows[row], 0, i)]);
      }
    }
  });
}

}  // namespace
}  // namespace ridge
