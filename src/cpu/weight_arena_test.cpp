#include "cpu/weight_arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.h"

namespace ridge::cpu {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

// Looks at every page and at the last byte.
bool is_filled_with(const WeightMemory& memory, int value) {
  for (size_t i = 0; i < memory.size(); i += 4096) {
    if (memory.data()[i] != std::byte(value)) return false;
  }
  return memory.size() == 0 || memory.data()[memory.size() - 1] == std::byte(value);
}

TEST(WeightArena, BlocksAreZeroedAlignedAndApart) {
  WeightArena arena;
  std::vector<WeightMemory> blocks;
  for (size_t n : {size_t{0}, size_t{1}, size_t{63}, 40 * kMiB, size_t{100}, 30 * kMiB, 63 * kMiB,
                   70 * kMiB, kMiB}) {
    blocks.push_back(arena.allocate(n, "a test"));
    ASSERT_EQ(blocks.back().size(), n);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(blocks.back().data()) % 64, 0u);
    ASSERT_TRUE(is_filled_with(blocks.back(), 0)) << n;
    if (n > 0) std::memset(blocks.back().data(), int(blocks.size()), n);
  }
  for (size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_TRUE(is_filled_with(blocks[i], int(i + 1))) << "block " << i;
  }
}

TEST(WeightArena, SmallBlocksFollowEachOther) {
  WeightArena arena;
  const WeightMemory a = arena.allocate(100, "a test");
  const WeightMemory b = arena.allocate(100, "a test");
  EXPECT_EQ(b.data() - a.data(), 128);
}

TEST(WeightArena, BlocksOutliveTheArenaAndEachOther) {
  WeightMemory kept;
  {
    WeightArena arena;
    const WeightMemory gone = arena.allocate(5000, "a test");
    kept = arena.allocate(5000, "a test");
    std::memset(kept.data(), 7, kept.size());
  }
  EXPECT_TRUE(is_filled_with(kept, 7));
}

TEST(WeightArena, RefusalNamesThePurpose) {
  WeightArena arena;
  try {
    arena.allocate(size_t{1} << 62, "the weight w");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory);
    EXPECT_NE(std::string(error.what()).find("the weight w"), std::string::npos);
  }
}

}  // namespace
}  // namespace ridge::cpu
