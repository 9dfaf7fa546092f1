#include "cpu/pack/unit_layout.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/rng.h"

namespace ridge::cpu {
namespace {

// The bits of a row's values: some are not numbers.
std::vector<uint32_t> decoded(const DTypeInfo& type, const std::vector<uint8_t>& row) {
  std::vector<uint32_t> values(row.size() / size_t(type.block_bytes) * size_t(type.block_size));
  type.decode(reinterpret_cast<const std::byte*>(row.data()),
              reinterpret_cast<float*>(values.data()), int64_t(values.size()));
  return values;
}

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
      const size_t packed = packed_row_bytes(type.dtype, group_rows, n_in);
      std::vector<uint8_t> group(packed * size_t(group_rows) + 1, 0xa5);
      pack_group(type.dtype, group_rows, n_in, pointers.data(), group.data());
      EXPECT_EQ(group.back(), 0xa5) << "wrote past the group";
      for (int r = 0; r < group_rows; ++r) {
        std::vector<uint8_t> row(bytes);
        unpack_row(type.dtype, group_rows, n_in, group.data(), r, row.data());
        if (type.dtype == DType::kTQ1_0) {  // several bytes mean the same five trits
          ASSERT_EQ(decoded(type, row), decoded(type, rows[size_t(r)])) << "row " << r;
          continue;
        }
        ASSERT_EQ(row, rows[size_t(r)]) << "row " << r;
      }
    }
  }
}

// What a model costs in memory: the file's bytes, except where docs/kernels.md says otherwise.
TEST(UnitLayout, OnlyCodebooksAndBase3BecomeWiderAndByThisMuch) {
  const struct {
    DType dtype;
    double ratio;
  } wider[] = {{DType::kIQ1_S, 70.0 / 50},    {DType::kIQ1_M, 78.0 / 56},
               {DType::kIQ2_XXS, 102.0 / 66}, {DType::kIQ2_XS, 106.0 / 74},
               {DType::kIQ2_S, 106.0 / 82},   {DType::kIQ3_XXS, 134.0 / 98},
               {DType::kIQ3_S, 134.0 / 110},  {DType::kTQ1_0, 66.0 / 54}};
  for (const DTypeInfo& type : all_dtypes()) {
    SCOPED_TRACE(std::string(type.name));
    double want = 1;
    for (const auto& w : wider) {
      if (w.dtype == type.dtype) want = w.ratio;
    }
    const int64_t n_in = 4 * type.block_size;
    const auto plain = double(row_bytes(type.dtype, n_in));
    EXPECT_DOUBLE_EQ(double(packed_row_bytes(type.dtype, 8, n_in)), want * plain);
    EXPECT_EQ(double(packed_row_bytes(type.dtype, 1, n_in)), plain) << "a row alone stays plain";
  }
}

}  // namespace
}  // namespace ridge::cpu
