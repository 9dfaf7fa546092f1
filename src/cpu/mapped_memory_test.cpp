#include "cpu/mapped_memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <utility>

#include "base/error.h"

namespace ridge::cpu {
namespace {

TEST(MappedMemory, IsZeroedAndAlignedAndWritableToItsLastByte) {
  for (size_t n : {size_t{0}, size_t{1}, size_t{4096}, size_t{4097}, size_t{2} << 20,
                   (size_t{2} << 20) + 1, (size_t{5} << 20) - 3}) {
    MappedMemory memory(n, "a test");
    ASSERT_EQ(memory.size(), n);
    const auto address = reinterpret_cast<uintptr_t>(memory.data());
    EXPECT_EQ(address % (n >= (size_t{2} << 20) ? size_t{2} << 20 : 4096), 0u) << n;
    for (size_t i = 0; i < n; ++i) ASSERT_EQ(memory.data()[i], std::byte{0}) << i << " of " << n;
    for (size_t i = 0; i < n; ++i) memory.data()[i] = std::byte(i);
  }
}

TEST(MappedMemory, MovesWithItsContents) {
  MappedMemory a(100, "a test");
  a.data()[99] = std::byte{7};
  MappedMemory b = std::move(a);
  EXPECT_EQ(b.data()[99], std::byte{7});
  b = MappedMemory();
  EXPECT_EQ(b.size(), 0u);
}

TEST(MappedMemory, RefusalNamesThePurposeAndTheSize) {
  for (size_t n : {size_t{1} << 62, std::numeric_limits<size_t>::max()}) {
    try {
      MappedMemory memory(n, "the weight w");
      FAIL() << "got " << n << " bytes";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory);
      EXPECT_NE(std::string(error.what()).find("the weight w"), std::string::npos);
      EXPECT_NE(std::string(error.what()).find(std::to_string(n)), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace ridge::cpu
