#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "cpu/dispatch.h"
#include "tests/kernels/attention_rig.h"

namespace ridge {
namespace {

using test::AttentionCase;
using test::AttentionRig;

std::vector<std::string> supported_levels() {
  std::vector<std::string> out;
  for (const cpu::Level& level : cpu::levels()) {
    if (level.supported) out.emplace_back(level.name);
  }
  return out;
}

struct Expected {
  std::vector<double> values;  // [n_heads, v_dim]
  double tolerance;
};

// What rounding to int16 adds, as six standard deviations of errors that are even within a step:
// of a score, from the steps of q and k, and of a weighted sum, from those of the weights and v.
struct Int16Errors {
  double score;  // times |q| · |k|
  double sum;    // times the largest |v|
};
Int16Errors int16_errors(const AttentionCase& c, double largest_k_over_norm) {
  const double even = 6.0 / std::sqrt(12.0);
  const double q_step = 1.0 / double(cpu::kQueryNorm);
  const double k_step = largest_k_over_norm * std::sqrt(double(c.k_dim)) / double(cpu::kKeyNorm);
  const double v_step = 1.0 / double(cpu::kLargestValue);
  const double weights_step = std::sqrt(256.0) / double(cpu::kLargestWeight);
  return {.score = even * std::hypot(q_step, k_step),
          .sum = even * std::hypot(v_step, weights_step)};
}

// One row in double on the cached values. The tolerance follows the errors of f32: of a dot product
// of k_dim terms in a score, which moves every weight by as much, then of the weighted sum; and
// those of int16 where the products are that.
Expected reference_row(const AttentionCase& c, bool is_int16, std::span<const float> q,
                       std::span<const float> k, std::span<const float> v, int64_t position) {
  constexpr double kEps = std::numeric_limits<float>::epsilon();
  const int64_t window = c.params.window.size;
  const bool chunked = c.params.window.rule == WindowRule::kChunks;
  const int64_t first = window == 0 ? 0
                        : chunked   ? position - position % window
                                    : std::max<int64_t>(0, position - window + 1);
  Expected expected{std::vector<double>(size_t(c.n_heads * c.v_dim)), 0.0};
  double largest_score = 0.0, largest_v = 0.0, largest_int16 = 0.0;
  for (int64_t head = 0; head < c.n_heads; ++head) {
    const int64_t kv_head = head / (c.n_heads / c.n_kv_heads);
    std::vector<double> scores;
    for (int64_t p = first; p <= position; ++p) {
      double dot = 0.0, magnitude = 0.0, q_squares = 0.0, k_squares = 0.0, largest_k = 0.0;
      for (int64_t i = 0; i < c.k_dim; ++i) {
        const double qi = double(q[size_t((position * c.n_heads + head) * c.k_dim + i)]);
        const double ki = double(k[size_t((p * c.n_kv_heads + kv_head) * c.k_dim + i)]);
        const double term = qi * ki;
        q_squares += qi * qi;
        k_squares += ki * ki;
        largest_k = std::max(largest_k, std::fabs(ki));
        dot += term;
        magnitude += std::fabs(term);
      }
      largest_score = std::max(largest_score, magnitude * double(c.params.scale));
      const double norms = std::sqrt(q_squares * k_squares) * double(c.params.scale);
      largest_int16 =
          std::max(largest_int16, norms * int16_errors(c, largest_k / std::sqrt(k_squares)).score);
      const double s = dot * double(c.params.scale);
      const double cap = double(c.params.softcap);
      scores.push_back(cap > 0 ? cap * std::tanh(s / cap) : s);
    }
    const bool has_sink = !c.sinks.empty();
    const double sink = has_sink ? double(c.sinks[size_t(head)]) : -INFINITY;
    const double max = std::max(sink, *std::max_element(scores.begin(), scores.end()));
    double total = std::exp(sink - max);
    for (double& s : scores) total += s = std::exp(s - max);
    for (int64_t p = first; p <= position; ++p) {
      for (int64_t i = 0; i < c.v_dim; ++i) {
        const double x = double(v[size_t((p * c.n_kv_heads + kv_head) * c.v_dim + i)]);
        largest_v = std::max(largest_v, std::fabs(x));
        expected.values[size_t(head * c.v_dim + i)] += scores[size_t(p - first)] / total * x;
      }
    }
  }
  double score_error = (double(c.k_dim) / 2 + 12) * kEps * largest_score;
  double sum_error = (std::sqrt(double(position + 1)) + 16) * kEps;
  if (is_int16) {
    score_error += largest_int16;
    sum_error += int16_errors(c, 1.0).sum;
  }
  expected.tolerance = (2 * score_error + sum_error) * largest_v;
  return expected;
}

bool is_int16(const std::string& level, const AttentionCase& c) {
  return cpu::choose_kernels(level).table.attention.int16.scores != nullptr &&
         c.k_dim % cpu::kInt16Step == 0 && c.v_dim % cpu::kInt16Step == 0;
}

void expect_reference(AttentionRig& rig, const AttentionCase& c, bool is_int16,
                      const AttentionRig::Part& part, std::span<const float> actual) {
  const std::vector<float> k = rig.cached(rig.cache().k, part.sequence);
  const std::vector<float> v = rig.cached(rig.cache().v, part.sequence);
  const size_t row_size = size_t(c.n_heads * c.v_dim);
  for (int64_t i = 0; i < part.n; i += std::max<int64_t>(1, part.n / 7)) {
    const Expected expected =
        reference_row(c, is_int16, rig.queries(part.sequence), k, v, part.begin + i);
    for (size_t j = 0; j < row_size; ++j) {
      ASSERT_NEAR(actual[size_t(i) * row_size + j], expected.values[j], expected.tolerance)
          << "row " << i << " element " << j;
    }
  }
}

const AttentionCase kCases[] = {
    {},
    {.n_heads = 14, .n_kv_heads = 2},
    {.n_heads = 16, .n_kv_heads = 1, .page_size = 16},
    {.n_heads = 2, .n_kv_heads = 2, .k_dim = 80, .v_dim = 80},
    {.n_heads = 4, .n_kv_heads = 1, .k_dim = 256, .v_dim = 256, .params = {.scale = 0.0625f}},
    {.n_heads = 6, .n_kv_heads = 3, .k_dim = 96, .v_dim = 64, .page_size = 64},
    {.n_heads = 5, .n_kv_heads = 1, .k_dim = 192, .v_dim = 128},
    {.n_heads = 2, .n_kv_heads = 1, .k_dim = 20, .v_dim = 12, .page_size = 7},
    {.n_heads = 1, .n_kv_heads = 1, .k_dim = 8, .v_dim = 600, .page_size = 1},
    {.n_heads = 80, .n_kv_heads = 1, .k_dim = 16, .v_dim = 16},
    {.k_dtype = DType::kQ8_0, .v_dtype = DType::kQ8_0},
    {.n_heads = 7, .k_dim = 128, .v_dim = 96, .k_dtype = DType::kQ8_0},
    {.n_heads = 2, .k_dim = 64, .v_dim = 32, .v_dtype = DType::kQ8_0, .page_size = 24},
    {.params = {.scale = 0.125f, .window = {40}}},
    {.n_heads = 4, .page_size = 16, .params = {.scale = 0.125f, .window = {300}}},
    {.n_heads = 1, .params = {.scale = 0.125f, .window = {1}}},
    {.n_heads = 8, .n_kv_heads = 2, .params = {.scale = 0.5f, .window = {257}, .softcap = 5.0f}},
    {.params = {.scale = 0.3f, .softcap = 30.0f}},
    {.params = {.scale = 3.0f}},  // peaks: most weights vanish
    {.params = {.scale = 0.125f, .window = {128}}, .sinks = {0.5f, -3.0f, 20.0f}},
    {.params = {.scale = 0.125f, .window = {100, WindowRule::kChunks}}},
    {.n_heads = 6, .params = {.scale = 0.125f, .window = {512, WindowRule::kChunks}}},
    {.n_heads = 4, .n_kv_heads = 2, .sinks = {-100.0f, 100.0f, 0.0f, 3.0f}},
    // Latent vectors: one row for all heads, whose beginning is V.
    {.n_heads = 2, .k_dim = 576, .v_dim = 512, .v_in_k = true},
    {.n_heads = 16, .k_dim = 96, .v_dim = 64, .v_in_k = true},
    {.n_heads = 5, .k_dim = 160, .v_dim = 128, .k_dtype = DType::kQ8_0, .v_in_k = true},
    {.n_heads = 98, .k_dim = 24, .v_dim = 16, .v_in_k = true},  // more rows than a block has
};

TEST(Attention, EqualsPlainArithmetic) {
  for (const std::string& level : supported_levels()) {
    for (const AttentionCase& c : kCases) {
      SCOPED_TRACE(level + ": " + describe(c));
      AttentionRig rig(c, {600, 70}, {.n_threads = 2, .isa = level});
      const AttentionRig::Part parts[] = {{0, 0, 600}, {0, 599, 1}, {0, 250, 20}, {1, 3, 67}};
      for (const auto& part : parts) {
        expect_reference(rig, c, is_int16(level, c), part, rig.run({part}));
        if (HasFatalFailure()) return;
      }
    }
  }
}

std::vector<float> slice(const std::vector<float>& all, int64_t row_size, int64_t begin,
                         int64_t n) {
  return {all.begin() + begin * row_size, all.begin() + (begin + n) * row_size};
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// Tokens one by one, in pieces of any size, in company, with any number of threads: the same bits.
TEST(Attention, OfARowDependsOnNothingElseInTheCall) {
  for (const std::string& level : supported_levels()) {
    for (const size_t i : {1, 3, 10, 11, 14, 16, 19, 20, 21, 23, 24, 25}) {
      const AttentionCase& c = kCases[i];
      SCOPED_TRACE(level + ": " + describe(c));
      const int64_t row_size = c.n_heads * c.v_dim;
      AttentionRig alone(c, {530, 300}, {.n_threads = 1, .isa = level});
      const std::vector<float> whole = alone.run({{0, 0, 530}});
      const std::vector<float> other = alone.run({{1, 0, 300}});
      for (int n_threads : {1, 2, 3}) {
        AttentionRig rig(c, {530, 300}, {.n_threads = n_threads, .isa = level});
        ASSERT_TRUE(same_bits(rig.run({{0, 0, 530}}), whole));
        for (int64_t p : {0, 1, 63, 64, 255, 256, 257, 511, 512, 529}) {
          ASSERT_TRUE(same_bits(rig.run({{0, p, 1}}), slice(whole, row_size, p, 1))) << p;
        }
        for (int64_t n : {7, 100, 300}) {
          for (int64_t p = 0; p < 530; p += n) {
            const int64_t rows = std::min(n, 530 - p);
            ASSERT_TRUE(same_bits(rig.run({{0, p, rows}}), slice(whole, row_size, p, rows)))
                << "rows " << p << " … " << p + rows - 1;
          }
        }
        const std::vector<float> batch =
            rig.run({{1, 299, 1}, {0, 390, 130}, {1, 0, 4}, {0, 529, 1}});
        ASSERT_TRUE(same_bits(slice(batch, row_size, 0, 1), slice(other, row_size, 299, 1)));
        ASSERT_TRUE(same_bits(slice(batch, row_size, 1, 130), slice(whole, row_size, 390, 130)));
        ASSERT_TRUE(same_bits(slice(batch, row_size, 131, 4), slice(other, row_size, 0, 4)));
        ASSERT_TRUE(same_bits(slice(batch, row_size, 135, 1), slice(whole, row_size, 529, 1)));
      }
    }
  }
}

// Deep caches: one thread takes several KV heads at once, three threads one after the other.
TEST(Attention, OfADeepCacheDoesNotDependOnHowHeadsAreShared) {
  const AttentionCase cases[] = {
      {.n_heads = 9, .n_kv_heads = 3},
      {.n_heads = 14, .n_kv_heads = 2, .k_dtype = DType::kQ8_0, .v_dtype = DType::kQ8_0},
      {.n_heads = 36, .n_kv_heads = 36, .k_dim = 20, .v_dim = 12, .page_size = 7},
      {.n_heads = 4, .n_kv_heads = 4, .params = {.scale = 0.125f, .window = {1100}}},
      {.n_heads = 6, .n_kv_heads = 3, .k_dim = 72, .v_dim = 32, .sinks = {1, 2, 3, 4, 5, 6}},
  };
  for (const std::string& level : supported_levels()) {
    for (const AttentionCase& c : cases) {
      SCOPED_TRACE(level + ": " + describe(c));
      AttentionRig together(c, {1400, 40}, {.n_threads = 1, .isa = level});
      AttentionRig apart(c, {1400, 40}, {.n_threads = 3, .isa = level});
      const AttentionRig::Part parts[] = {{0, 1399, 1}, {0, 1290, 5}};
      for (const auto& part : parts) {
        const std::vector<float> rows = together.run({part, {1, 30, 2}});
        expect_reference(together, c, is_int16(level, c), part, rows);
        if (HasFatalFailure()) return;
        ASSERT_TRUE(same_bits(rows, apart.run({part, {1, 30, 2}})));
      }
    }
  }
}

TEST(Attention, ARowIgnoresWhatComesAfterIt) {
  for (const std::string& level : supported_levels()) {
    for (const DType dtype : {DType::kF16, DType::kQ8_0}) {
      const AttentionCase c{.n_heads = 3, .k_dtype = dtype, .v_dtype = dtype};
      AttentionRig rig(c, {330}, {.n_threads = 2, .isa = level});
      const int64_t row_size = c.n_heads * c.v_dim;
      const std::vector<float> before = rig.run({{0, 290, 40}});
      rig.forget_from(0, 301);
      const std::vector<float> after = rig.run({{0, 290, 40}});
      EXPECT_TRUE(same_bits(slice(before, row_size, 0, 11), slice(after, row_size, 0, 11)))
          << level;
      if (dtype == DType::kF16) {
        EXPECT_TRUE(std::isnan(after[size_t(11 * row_size)])) << level;
      }
    }
  }
}

// With a maximum of 0 the weights are e^score itself.
TEST(Softmax, WeightsAreWithinTwoUlpsAndVanishBelowTheNormalRange) {
  constexpr double kEps = std::numeric_limits<float>::epsilon();
  for (const cpu::Level& level : cpu::levels()) {
    if (!level.supported) continue;
    const cpu::AttentionKernels kernels = cpu::choose_kernels(level.name).table.attention;
    Rng rng(9);
    for (int64_t n = 1; n < 200; ++n) {
      std::vector<float> scores(size_t(n), 0.0f);
      for (int64_t i = 1; i < n; ++i) scores[size_t(i)] = -float(rng.uniform() * double(n));
      std::vector<float> weights = scores;
      weights.push_back(-1.0f);  // a guard
      const cpu::SoftmaxSums sums = kernels.softmax(weights.data(), n, 0.0f);
      double total = 0.0;
      for (size_t i = 0; i < size_t(n); ++i) {
        const double expected = std::exp(double(scores[i]));
        total += expected;
        ASSERT_NEAR(double(weights[i]), expected, kEps * expected + 1.2e-38)
            << level.name << ": e^" << scores[i];
      }
      ASSERT_EQ(sums.max, 0.0f);
      ASSERT_NEAR(double(sums.sum), total, (2 + std::sqrt(double(n))) * kEps * total);
      ASSERT_EQ(weights.back(), -1.0f);
    }
  }
}

TEST(KvWrite, StoresWhatTheReferenceCodecStores) {
  for (const std::string& level : supported_levels()) {
    for (const DType dtype : {DType::kF16, DType::kQ8_0}) {
      const AttentionCase c{.n_kv_heads = 3, .k_dim = 96, .k_dtype = dtype};
      AttentionRig rig(c, {100}, {.n_threads = 2, .isa = level});
      const std::span<const float> k = rig.keys(0);
      std::vector<std::byte> encoded(size_t(row_bytes(dtype, int64_t(k.size()))));
      info(dtype).encode(k.data(), encoded.data(), int64_t(k.size()));
      std::vector<float> expected(k.size());
      info(dtype).decode(encoded.data(), expected.data(), int64_t(k.size()));
      EXPECT_TRUE(same_bits(rig.cached(rig.cache().k, 0), expected)) << level;
    }
  }
}

}  // namespace
}  // namespace ridge
