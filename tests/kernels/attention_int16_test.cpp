// The kernels of attention in int16 against plain arithmetic: what becomes words is off by half a
// step, and products and sums of words are exact.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "base/rng.h"
#include "tests/kernels/machine.h"

namespace ridge::cpu::testing {
namespace {

constexpr DType kTypes[] = {DType::kF16, DType::kQ8_0};  // in the order of KvElement
constexpr int64_t kDims[] = {32, 64, 96, 128, 256, 576};
constexpr int64_t kMostRows = 14;

std::vector<const TestedLevel*> int16_levels() {
  std::vector<const TestedLevel*> out;
  for (const TestedLevel& level : tested_levels()) {
    if (level.table.attention.int16.scores != nullptr) out.push_back(&level);
  }
  return out;
}

// Sixteen rows in the cache's type: one of zeros, one with a value far from the others, and of the
// others each ten times as large as the one before, from subnormal halves to the largest.
struct CachedRows {
  std::vector<std::byte> bytes;
  std::vector<float> values;  // as stored
  const std::byte* rows[kPanelKeys];
  int64_t dim;

  CachedRows(Rng& rng, DType dtype, int64_t size) : values(size_t(kPanelKeys * size)), dim(size) {
    for (int64_t row = 0; row < kPanelKeys; ++row) {
      const float largest = row == 3 ? 0.0f : 65504.0f * std::pow(10.0f, float(-row));
      for (int64_t i = 0; i < dim; ++i) {
        values[size_t(row * dim + i)] = largest * float(rng.uniform() * 2 - 1) * 0.999f;
      }
    }
    values[size_t(5 * dim + 7)] = 600.0f;
    bytes.resize(size_t(row_bytes(dtype, kPanelKeys * dim)));
    info(dtype).encode(values.data(), bytes.data(), kPanelKeys * dim);
    info(dtype).decode(bytes.data(), values.data(), kPanelKeys * dim);
    for (int64_t i = 0; i < kPanelKeys; ++i) rows[i] = bytes.data() + i * row_bytes(dtype, dim);
  }
  float largest(int64_t row) const {
    float most = 0.0f;
    for (int64_t i = 0; i < dim; ++i) most = std::max(most, std::fabs(value(row, i)));
    return most;
  }
  float value(int64_t row, int64_t i) const { return values[size_t(row * dim + i)]; }
};

// Half a step, and of Q8_0, whose factors are words themselves, another one; and floats' rounding.
double allowed_steps(int type) {
  return type == int(KvElement::kF16) ? 0.51 : 1.02;
}

// A scale by which the largest value just fits `limit`. Of Q8_0 a block's scale stands for its
// largest value, which may be 1 % less.
void expect_scale(float scale, float largest, float limit) {
  EXPECT_LE(largest, scale * limit * 1.0001f);
  EXPECT_GE(largest, scale * limit * 0.98f);
}

TEST(AttentionInt16, KeysAreTheirWordsTimesTheirScales) {
  Rng rng(1);
  for (const TestedLevel* level : int16_levels()) {
    for (int type = 0; type < kKvElements; ++type) {
      for (const int64_t dim : kDims) {
        SCOPED_TRACE(level->name + ", type " + std::to_string(type) + ", " + std::to_string(dim));
        const CachedRows keys(rng, kTypes[type], dim);
        std::vector<int16_t> panel(size_t(kPanelKeys * dim));
        float scales[kPanelKeys];
        level->table.attention.int16.cache[type].pack_keys(
            {.out = panel.data(), .rows = keys.rows, .next = keys.rows, .dim = dim}, scales);
        const float limit = std::min(32767.0f, kKeyNorm / std::sqrt(float(dim)));
        for (int64_t key = 0; key < kPanelKeys; ++key) {
          expect_scale(scales[key], keys.largest(key), limit);
          for (int64_t i = 0; i < dim; ++i) {
            const int16_t word = panel[size_t((i / 2 * kPanelKeys + key) * 2 + i % 2)];
            ASSERT_NEAR(double(word) * double(scales[key]), double(keys.value(key, i)),
                        allowed_steps(type) * double(scales[key]))
                << "key " << key << ", " << i;
          }
        }
      }
    }
  }
}

TEST(AttentionInt16, ValuesAreTheirWordsTimesTheirScales) {
  Rng rng(2);
  for (const TestedLevel* level : int16_levels()) {
    for (int type = 0; type < kKvElements; ++type) {
      const Int16CacheKernels& kernels = level->table.attention.int16.cache[type];
      for (const int64_t dim : kDims) {
        SCOPED_TRACE(level->name + ", type " + std::to_string(type) + ", " + std::to_string(dim));
        const CachedRows rows(rng, kTypes[type], dim);
        float scales[kPanelKeys];
        kernels.find_value_scales(scales, rows.rows, dim);
        for (int64_t row = 0; row < kPanelKeys; ++row) {
          expect_scale(scales[row], rows.largest(row), kLargestValue);
        }
        scales[1] = 0.0f;  // a row that nobody sees
        for (const int64_t begin : {int64_t{0}, dim / 64 * 32}) {
          const int64_t n = dim - begin;
          std::vector<int16_t> pairs(size_t(kPanelKeys * n));
          kernels.pack_values(
              {.out = pairs.data(), .rows = rows.rows, .next = rows.rows, .begin = begin, .dim = n},
              scales, kPanelKeys / 2);
          for (int64_t row = 0; row < kPanelKeys; ++row) {
            const double expected = row == 1 ? 0.0 : 1.0;
            for (int64_t i = 0; i < n; ++i) {
              const int16_t word = pairs[size_t((row / 2 * n + i) * 2 + row % 2)];
              ASSERT_NEAR(double(word) * double(scales[row]),
                          expected * double(rows.value(row, begin + i)),
                          allowed_steps(type) * double(scales[row]))
                  << "row " << row << ", " << i;
              ASSERT_LE(std::abs(word), int(kLargestValue) + 1);
            }
          }
        }
      }
    }
  }
}

TEST(AttentionInt16, AQueryIsItsWordsTimesItsScale) {
  Rng rng(3);
  for (const TestedLevel* level : int16_levels()) {
    for (const int64_t dim : kDims) {
      for (const float size : {1.0f, 1e-6f, 1e6f, 0.0f}) {
        SCOPED_TRACE(level->name + ", " + std::to_string(dim) + ", " + std::to_string(size));
        std::vector<float> q(static_cast<size_t>(dim));
        for (float& x : q) x = float(rng.uniform() * 2 - 1) * size;
        q[1] *= 30.0f;
        std::vector<int16_t> words(q.size());
        const double scale =
            double(level->table.attention.int16.quantize_query(words.data(), q.data(), dim));
        double norm = 0.0;
        for (size_t i = 0; i < q.size(); ++i) {
          ASSERT_NEAR(double(words[i]) * scale, double(q[i]), 0.51 * scale);
          norm += double(words[i]) * double(words[i]);
        }
        EXPECT_LE(std::sqrt(norm), double(kQueryNorm) + std::sqrt(double(dim)));
        if (size > 0.0f) {
          EXPECT_GE(std::sqrt(norm), double(kQueryNorm) - std::sqrt(double(dim)));
        }
      }
    }
  }
}

// Words of any kind whose products still fit: the largest ones all with the same sign.
std::vector<int16_t> words(Rng& rng, int64_t n, int16_t largest) {
  std::vector<int16_t> out(static_cast<size_t>(n));
  for (int16_t& x : out) x = int16_t(std::lround((rng.uniform() * 2 - 1) * largest));
  return out;
}

TEST(AttentionInt16, ScoresAreExact) {
  Rng rng(4);
  constexpr int64_t kPanels = 2, kKeys = kPanels * kPanelKeys, kStride = kKeys + 5;
  for (const int64_t dim : kDims) {
    // Each row as long as quantize_query() makes it, each key as large as pack_keys() does.
    const auto q_largest = int16_t(kQueryNorm / std::sqrt(float(dim)));
    const auto k_largest = int16_t(kKeyNorm / std::sqrt(float(dim)));
    std::vector<int16_t> q = words(rng, kMostRows * dim, q_largest);
    std::vector<int16_t> panels = words(rng, kKeys * dim, k_largest);
    std::fill_n(q.begin() + 2 * dim, dim, q_largest);
    for (int64_t i = 0; i < dim; ++i) {
      panels[size_t((i / 2 * kPanelKeys + 1) * 2 + i % 2)] = k_largest;
    }
    float q_scales[kMostRows], key_scales[kKeys];
    for (float& x : q_scales) x = float(rng.uniform());
    for (float& x : key_scales) x = float(rng.uniform());
    for (const TestedLevel* level : int16_levels()) {
      SCOPED_TRACE(level->name + ", " + std::to_string(dim));
      for (int64_t n_rows = 1; n_rows <= kMostRows; ++n_rows) {
        for (int64_t n_panels = 1; n_panels <= kPanels; ++n_panels) {
          std::vector<float> scores(size_t(n_rows * kStride), 0.5f);
          level->table.attention.int16.scores({q.data(), q_scales, dim, n_rows, panels.data(),
                                               key_scales, n_panels, dim, scores.data(), kStride});
          for (int64_t row = 0; row < n_rows; ++row) {
            for (int64_t key = 0; key < n_panels * kPanelKeys; ++key) {
              const int16_t* panel = panels.data() + key / kPanelKeys * kPanelKeys * dim;
              int64_t dot = 0;
              for (int64_t i = 0; i < dim; ++i) {
                const int64_t at = (i / 2 * kPanelKeys + key % kPanelKeys) * 2 + i % 2;
                dot += int64_t{q[size_t(row * dim + i)]} * panel[at];
              }
              ASSERT_LT(std::abs(dot), int64_t{1} << 31);
              ASSERT_EQ(scores[size_t(row * kStride + key)],
                        float(dot) * (q_scales[row] * key_scales[key]))
                  << "row " << row << " of " << n_rows << ", key " << key;
            }
          }
        }
      }
    }
  }
}

TEST(AttentionInt16, WeightedSumsAreExact) {
  Rng rng(5);
  constexpr int64_t kKeys = 256, kStride = 2 * kKeys + 32;
  for (const int64_t dim : {16, 32, 48, 64, 128}) {
    const auto weight = int16_t(kWeightSum / float(kKeys));
    std::vector<int16_t> weights = words(rng, kMostRows * kStride, weight);
    std::vector<int16_t> pairs = words(rng, kKeys * dim, int16_t(kLargestValue));
    std::fill_n(weights.begin() + kStride, kStride, weight);
    for (int64_t key = 0; key < kKeys; ++key) {
      pairs[size_t((key / 2 * dim + 3) * 2 + key % 2)] = int16_t(kLargestValue);
    }
    for (const TestedLevel* level : int16_levels()) {
      SCOPED_TRACE(level->name + ", " + std::to_string(dim));
      for (int64_t n_rows = 1; n_rows <= kMostRows; ++n_rows) {
        const int64_t sums_stride = dim + 3;
        std::vector<int32_t> sums(size_t(n_rows * sums_stride), 0);
        for (const int64_t first : {int64_t{0}, kKeys / 4}) {  // in two calls
          const int64_t n = first == 0 ? kKeys / 4 : kKeys - kKeys / 4;
          level->table.attention.int16.accumulate({weights.data() + first, kStride, n_rows,
                                                   pairs.data() + first * dim, n / 2, dim,
                                                   sums.data(), sums_stride});
        }
        for (int64_t row = 0; row < n_rows; ++row) {
          for (int64_t i = 0; i < dim; ++i) {
            int64_t sum = 0;
            for (int64_t key = 0; key < kKeys; ++key) {
              sum += int64_t{weights[size_t(row * kStride + key)]} *
                     pairs[size_t((key / 2 * dim + i) * 2 + key % 2)];
            }
            ASSERT_LT(std::abs(sum), int64_t{1} << 31);
            ASSERT_EQ(sums[size_t(row * sums_stride + i)], sum) << row << " of " << n_rows;
          }
        }
        std::vector<float> floats(size_t(dim / 16 * 16));
        std::memcpy(floats.data(), sums.data(), floats.size() * sizeof(float));
        level->table.attention.int16.to_floats(floats.data(), 0.37f, int64_t(floats.size()));
        for (size_t i = 0; i < floats.size(); ++i) {
          ASSERT_EQ(floats[i], float(sums[i]) * 0.37f);
        }
      }
    }
  }
}

// What a weight stands for: itself times the scale of its value. All equal, one for all, many
// sizes, none that counts.
TEST(AttentionInt16, WeightsAreTheirWordsTimesTheirScale) {
  Rng rng(6);
  for (const TestedLevel* level : int16_levels()) {
    for (const int64_t n : {1, 7, 8, 19, 32, 250, 256}) {
      for (const int kind : {0, 1, 2, 3}) {
        SCOPED_TRACE(level->name + ", " + std::to_string(n) + ", kind " + std::to_string(kind));
        std::vector<float> memory(size_t(n + 3), 7.0f), scales(static_cast<size_t>(n));
        std::vector<double> expected(static_cast<size_t>(n));
        double sum = 0.0, largest = 0.0;
        for (size_t i = 0; i < size_t(n); ++i) {
          const float spread = std::exp(float(rng.uniform()) * -30.0f);
          memory[i] = kind == 0 ? 1.0f : kind == 1 ? float(i == size_t(n / 2)) : spread;
          scales[i] = kind == 0 ? 0.25f : kind == 3 ? 0.0f : float(rng.uniform());
          expected[i] = double(memory[i]) * double(scales[i]);
          sum += expected[i];
          largest = std::max(largest, expected[i]);
        }
        auto* words = reinterpret_cast<int16_t*>(memory.data());
        const double scale = double(
            level->table.attention.int16.quantize_weights(words, memory.data(), scales.data(), n));
        EXPECT_NEAR(scale, std::max(sum / double(kWeightSum), largest / double(kLargestWeight)),
                    1e-5 * scale);
        double total = 0.0;
        for (size_t i = 0; i < size_t(n); ++i) {
          int16_t word;
          std::memcpy(&word, words + i, 2);
          ASSERT_NEAR(double(word) * scale, expected[i], 0.51 * scale) << i;
          total += word;
        }
        EXPECT_LT(total * double(kLargestValue), 0x1p31);
        for (size_t i = size_t(n); i < memory.size(); ++i) EXPECT_EQ(memory[i], 7.0f);
      }
    }
  }
}

}  // namespace
}  // namespace ridge::cpu::testing
