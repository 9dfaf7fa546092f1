#include "cpu/pack/unit_layout.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/rng.h"

namespace ridge::cpu {
namespace {

// Any bits, whether or not they are a sensible block.
TEST(UnitLayout, UnpackingGivesTheFilesBytesBackForEveryType) {
  for (const DTypeInfo& type : all_dtypes()) {
    for (int group_rows : {1, 4, 8, 16}) {
      SCOPED_TRACE(std::string(type.name) + ", " + std::to_string(group_rows) + " rows");
      const int64_t n_in = 3 * type.block_size;
      const auto bytes = size_t(row_bytes(type.dtype, n_in));
      Rng rng(7);
      std::vector<std::vector<uint8_t>> rows(static_cast<size_t>(group_rows),
                                             std::vector<uint8_t>(bytes));
      std::vector<const uint8_t*> pointers;
      for (auto& row : rows) {
        for (uint8_t& byte : row) byte = uint8_t(rng.below(256));
        pointers.push_back(row.data());
      }
      std::vector<uint8_t> group(bytes * size_t(group_rows) + 1, 0xa5);
      pack_group(type.dtype, group_rows, n_in, pointers.data(), group.data());
      EXPECT_EQ(group.back(), 0xa5) << "wrote past the group";
      for (int r = 0; r < group_rows; ++r) {
        std::vector<uint8_t> row(bytes);
        unpack_row(type.dtype, group_rows, n_in, group.data(), r, row.data());
        ASSERT_EQ(row, rows[size_t(r)]) << "row " << r;
      }
    }
  }
}

}  // namespace
}  // namespace ridge::cpu
