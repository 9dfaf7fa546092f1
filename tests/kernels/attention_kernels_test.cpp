// Each level's attention kernels against the generic ones; those of the whole verb are in
// attention_test.cpp.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "base/rng.h"
#include "tests/kernels/machine.h"

namespace ridge::cpu::testing {
namespace {

constexpr double kEps = std::numeric_limits<float>::epsilon();
constexpr DType kTypes[] = {DType::kF16, DType::kQ8_0};  // in the order of KvElement
constexpr int64_t kMostRows = 14;

std::vector<float> random_floats(Rng& rng, int64_t n) {
  std::vector<float> out(static_cast<size_t>(n));
  for (float& x : out) x = float(rng.uniform() * 4 - 2);
  return out;
}

// n cached rows of dim values.
std::vector<std::byte> random_rows(Rng& rng, DType dtype, int64_t n, int64_t dim) {
  const std::vector<float> values = random_floats(rng, n * dim);
  std::vector<std::byte> bytes(size_t(row_bytes(dtype, n * dim)));
  info(dtype).encode(values.data(), bytes.data(), n * dim);
  return bytes;
}

bool is_block_size(DType dtype, int64_t dim) {
  return dtype != DType::kQ8_0 || dim % 32 == 0;
}

TEST(AttentionKernels, DecodeTheCacheExactly) {
  Rng rng(1);
  for (const TestedLevel& level : tested_levels()) {
    for (int type = 0; type < kKvElements; ++type) {
      const CacheKernels& kernels = level.table.attention.cache[type];
      for (const int64_t dim : {1, 8, 20, 32, 64, 80, 96, 256}) {
        if (!is_block_size(kTypes[type], dim)) continue;
        SCOPED_TRACE(level.name + ", type " + std::to_string(type) + ", " + std::to_string(dim));
        const std::vector<std::byte> cache = random_rows(rng, kTypes[type], kPanelKeys, dim);
        std::vector<float> expected(size_t(kPanelKeys * dim));
        info(kTypes[type]).decode(cache.data(), expected.data(), kPanelKeys * dim);
        std::vector<float> widened(expected.size()), panel(expected.size());
        kernels.widen(widened.data(), cache.data(), kPanelKeys * dim);
        EXPECT_EQ(widened, expected);
        const std::byte* keys[kPanelKeys];
        for (int64_t i = 0; i < kPanelKeys; ++i) {  // any order will do
          keys[i] = cache.data() + i * 5 % kPanelKeys * row_bytes(kTypes[type], dim);
        }
        kernels.pack_keys(panel.data(), keys, dim);
        for (int64_t i = 0; i < kPanelKeys * dim; ++i) {
          const int64_t key = i % kPanelKeys * 5 % kPanelKeys;
          ASSERT_EQ(panel[size_t(i)], expected[size_t(key * dim + i / kPanelKeys)]) << i;
        }
      }
    }
  }
}

// A row's scores: those of generic within the rounding of a sum, and the same bits in any company.
TEST(AttentionKernels, ScoresEqualGeneric) {
  Rng rng(2);
  constexpr int64_t kMostPanels = 3, kStride = kMostPanels * kPanelKeys + 5;
  for (const int64_t dim : {1, 20, 64, 128}) {
    const std::vector<float> q = random_floats(rng, kMostRows * dim);
    const std::vector<float> panels = random_floats(rng, kMostPanels * kPanelKeys * dim);
    const auto run = [&](const TestedLevel& level, int64_t first, int64_t n_rows,
                         int64_t n_panels) {
      std::vector<float> out(size_t(kMostRows * kStride), 0.0f);
      level.table.attention.scores({q.data() + first * dim, dim, n_rows, n_panels, dim,
                                    out.data() + first * kStride, kStride},
                                   panels.data());
      return out;
    };
    const std::vector<float> expected = run(generic_level(), 0, kMostRows, kMostPanels);
    for (const TestedLevel& level : tested_levels()) {
      SCOPED_TRACE(level.name + ", " + std::to_string(dim));
      const std::vector<float> all = run(level, 0, kMostRows, kMostPanels);
      for (size_t i = 0; i < all.size(); ++i) {
        // |term| <= 4, and each addition rounds a partial sum of that order
        ASSERT_NEAR(double(all[i]), double(expected[i]), 4.0 * double(dim) * kEps * 4) << i;
      }
      for (int64_t n_rows = 1; n_rows <= kMostRows; ++n_rows) {
        for (int64_t n_panels = 1; n_panels <= kMostPanels; ++n_panels) {
          const int64_t first = kMostRows - n_rows;
          const std::vector<float> some = run(level, first, n_rows, n_panels);
          for (int64_t row = first; row < kMostRows; ++row) {
            ASSERT_EQ(0, std::memcmp(&some[size_t(row * kStride)], &all[size_t(row * kStride)],
                                     size_t(n_panels * kPanelKeys) * sizeof(float)));
          }
        }
      }
    }
  }
}

// Scores straight from the cache: the bits of those with panels, for any number of rows and panels.
TEST(AttentionKernels, DirectScoresEqualThoseOfPanels) {
  Rng rng(4);
  constexpr int64_t kMostPanels = 3, kStride = kMostPanels * kPanelKeys + 5;
  for (int type = 0; type < kKvElements; ++type) {
    for (const int64_t dim : {8, 64, 72, 96, 256}) {
      if (!is_block_size(kTypes[type], dim)) continue;
      const std::vector<float> q = random_floats(rng, kMostRows * dim);
      const std::vector<std::byte> cache =
          random_rows(rng, kTypes[type], kMostPanels * kPanelKeys, dim);
      const std::byte* keys[kMostPanels * kPanelKeys];
      for (int64_t i = 0; i < kMostPanels * kPanelKeys; ++i) {
        keys[i] = cache.data() + i * 7 % (kMostPanels * kPanelKeys) * row_bytes(kTypes[type], dim);
      }
      for (const TestedLevel& level : tested_levels()) {
        const AttentionKernels& kernels = level.table.attention;
        if (kernels.cache[type].scores == nullptr) continue;
        SCOPED_TRACE(level.name + ", type " + std::to_string(type) + ", " + std::to_string(dim));
        std::vector<float> panels(size_t(kMostPanels * kPanelKeys * dim));
        for (int64_t i = 0; i < kMostPanels; ++i) {
          kernels.cache[type].pack_keys(panels.data() + i * kPanelKeys * dim, keys + i * kPanelKeys,
                                        dim);
        }
        for (int64_t n_rows = 1; n_rows <= kMostRows; ++n_rows) {
          for (int64_t n_panels = 1; n_panels <= kMostPanels; ++n_panels) {
            std::vector<float> expected(size_t(kMostRows * kStride), 0.5f), direct = expected;
            ScoresArgs args{q.data(), dim, n_rows, n_panels, dim, expected.data(), kStride};
            kernels.scores(args, panels.data());
            args.scores = direct.data();
            args.next = cache.data();
            args.next_bytes = n_panels * kPanelKeys * row_bytes(kTypes[type], dim);
            kernels.cache[type].scores(args, keys);
            ASSERT_EQ(expected, direct) << n_rows << " rows, " << n_panels << " panels";
          }
        }
      }
    }
  }
}

// Sums straight from the cache and over its widened copy: the same bits, in one call or in two.
TEST(AttentionKernels, WeightedSumsEqualGeneric) {
  Rng rng(3);
  constexpr int64_t kKeys = 37, kFirstKeys = 5;
  for (const int64_t dim : {16, 32, 64, 80, 128, 208}) {
    const int64_t stride = dim + 3;
    const std::vector<float> weights = random_floats(rng, kMostRows * kKeys);
    const std::vector<std::byte> cache = random_rows(rng, DType::kF16, kKeys, dim);
    std::vector<float> values(size_t(kKeys * dim));
    info(DType::kF16).decode(cache.data(), values.data(), kKeys * dim);
    const std::byte* widened = reinterpret_cast<const std::byte*>(values.data());
    const auto run = [&](auto kernel, const std::byte* v, int64_t width, int64_t n_rows,
                         int64_t split) {
      std::vector<float> out(size_t(kMostRows * stride), 0.5f);
      kernel(AccumulateArgs{weights.data(), kKeys, n_rows, v, width * dim, split, dim, out.data(),
                            stride});
      kernel(AccumulateArgs{weights.data() + split, kKeys, n_rows, v + split * width * dim,
                            width * dim, kKeys - split, dim, out.data(), stride});
      return out;
    };
    for (int64_t n_rows = 1; n_rows <= kMostRows; ++n_rows) {
      const std::vector<float> expected =
          run(generic_level().table.attention.accumulate_widened, widened, 4, n_rows, 0);
      for (const TestedLevel& level : tested_levels()) {
        SCOPED_TRACE(level.name + ", " + std::to_string(dim) + ", rows " + std::to_string(n_rows));
        const AttentionKernels& kernels = level.table.attention;
        const std::vector<float> whole = run(kernels.accumulate_widened, widened, 4, n_rows, 0);
        for (size_t i = 0; i < whole.size(); ++i) {
          ASSERT_NEAR(double(whole[i]), double(expected[i]), 4.0 * double(kKeys) * kEps * 4) << i;
        }
        EXPECT_EQ(whole, run(kernels.accumulate_widened, widened, 4, n_rows, kFirstKeys));
        const auto direct = kernels.cache[int(KvElement::kF16)].accumulate;
        EXPECT_EQ(whole, run(direct, cache.data(), 2, n_rows, kFirstKeys));
      }
    }
  }
}

}  // namespace
}  // namespace ridge::cpu::testing
