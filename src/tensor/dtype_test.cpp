// Every row of the table against the fixtures that tools/make_quant_fixtures.py makes with the
// independent `gguf` package.
#include "tensor/dtype.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace ridge {
namespace {

constexpr int kRandomBlocks = 2048;
constexpr int kRandomNumbers = 1 << 16;
constexpr uint64_t kBlockSeed = 1;
constexpr uint64_t kNumberSeed = 2;

using Bytes = std::vector<std::byte>;

// Output number i of SplitMix64 (Steele et al. 2014).
uint64_t splitmix64(uint64_t seed, uint64_t i) {
  uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

Bytes random_bytes(uint64_t seed, size_t n) {
  Bytes bytes(n);
  for (size_t i = 0; i < n; i += 8) {
    const uint64_t word = splitmix64(seed, i / 8);
    std::memcpy(&bytes[i], &word, std::min<size_t>(8, n - i));
  }
  return bytes;
}

// Bell-shaped; every 256 have a power of two of their own, each 16th 256 are zero.
std::vector<float> random_numbers(uint64_t seed, int n) {
  std::vector<float> numbers(n);
  for (int i = 0; i < n; ++i) {
    const uint64_t word = splitmix64(seed, uint64_t(i));
    int sum = -131070;
    for (int k = 0; k < 4; ++k) sum += int(word >> (16 * k) & 0xffff);
    const int group = i / 256 % 16;
    numbers[i] = group == 15 ? 0.0f : std::ldexp(float(sum), -group - 12);
  }
  return numbers;
}

uint32_t crc32(const Bytes& bytes) {
  uint32_t crc = ~0u;
  for (std::byte b : bytes) {
    crc ^= uint32_t(b);
    for (int k = 0; k < 8; ++k) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

Bytes decoded(const DTypeInfo& type, const Bytes& blocks) {
  const int64_t n = int64_t(blocks.size()) / type.block_bytes * type.block_size;
  std::vector<float> values(n);
  type.decode(blocks.data(), values.data(), n);
  for (float& v : values) {
    if (std::isnan(v)) v = std::bit_cast<float>(0x7fc00000u);
  }
  Bytes bytes(n * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

Bytes encoded(const DTypeInfo& type, const std::vector<float>& values) {
  Bytes bytes(row_bytes(type.dtype, int64_t(values.size())));
  type.encode(values.data(), bytes.data(), int64_t(values.size()));
  return bytes;
}

struct Fixture {
  uint32_t gguf_id = 0;
  uint32_t decode_crc = 0;
  uint32_t encode_crc = 0;  // 0: no encoder to compare with
  Bytes edge_blocks;
  Bytes edge_decoded;
};

Fixture read_fixture(const DTypeInfo& type) {
  std::ifstream in("tests/fixtures/quant/" + std::string(type.name) + ".bin", std::ios::binary);
  Fixture fixture;
  uint32_t n_edges = 0;
  const auto read = [&](void* to, size_t n) {
    in.read(static_cast<char*>(to), std::streamsize(n));
  };
  for (uint32_t* field : {&fixture.gguf_id, &fixture.decode_crc, &fixture.encode_crc, &n_edges}) {
    read(field, sizeof *field);
  }
  fixture.edge_blocks.resize(size_t(n_edges) * type.block_bytes);
  fixture.edge_decoded.resize(size_t(n_edges) * type.block_size * sizeof(float));
  read(fixture.edge_blocks.data(), fixture.edge_blocks.size());
  read(fixture.edge_decoded.data(), fixture.edge_decoded.size());
  EXPECT_TRUE(in.good() && n_edges > 0) << "no fixture for " << type.name;
  return fixture;
}

class EveryType : public testing::TestWithParam<DTypeInfo> {};

TEST_P(EveryType, DecodesEdgeScalesAsTheReference) {
  const Fixture fixture = read_fixture(GetParam());
  EXPECT_EQ(fixture.gguf_id, GetParam().gguf_id);
  EXPECT_EQ(decoded(GetParam(), fixture.edge_blocks), fixture.edge_decoded);
}

TEST_P(EveryType, DecodesRandomBlocksAsTheReference) {
  const Bytes blocks = random_bytes(kBlockSeed, size_t(kRandomBlocks) * GetParam().block_bytes);
  EXPECT_EQ(crc32(decoded(GetParam(), blocks)), read_fixture(GetParam()).decode_crc);
}

TEST_P(EveryType, DecodesUnalignedBlocks) {
  const DTypeInfo& type = GetParam();
  const Bytes blocks = random_bytes(kBlockSeed, size_t(type.block_bytes));
  Bytes shifted(blocks.size() + 1);
  std::ranges::copy(blocks, shifted.begin() + 1);
  std::vector<float> values(type.block_size);
  std::vector<float> shifted_values(type.block_size);
  type.decode(blocks.data(), values.data(), type.block_size);
  type.decode(shifted.data() + 1, shifted_values.data(), type.block_size);
  EXPECT_EQ(std::memcmp(values.data(), shifted_values.data(), values.size() * sizeof(float)), 0);
}

TEST_P(EveryType, IsFoundByNameAndId) {
  const DTypeInfo& type = GetParam();
  std::string lower(type.name);
  for (char& c : lower) c = char(std::tolower(c));
  EXPECT_EQ(dtype_from_name(type.name), type.dtype);
  EXPECT_EQ(dtype_from_name(lower), type.dtype);
  EXPECT_EQ(dtype_from_gguf(type.gguf_id), type.dtype);
  EXPECT_EQ(info(type.dtype).name, type.name);
}

INSTANTIATE_TEST_SUITE_P(Table, EveryType,
                         testing::ValuesIn(all_dtypes().begin(), all_dtypes().end()),
                         [](const auto& tested) { return std::string(tested.param.name); });

// The K-quant and IQ4 encoders search, each implementation in its own way: see quant/fit_test.cpp.
TEST(DType, EncodesRandomNumbersAsTheReference) {
  const std::vector<float> numbers = random_numbers(kNumberSeed, kRandomNumbers);
  int n_compared = 0;
  for (const DTypeInfo& type : all_dtypes()) {
    const uint32_t expected = read_fixture(type).encode_crc;
    if (expected == 0) continue;
    ASSERT_NE(type.encode, nullptr) << type.name;
    EXPECT_EQ(crc32(encoded(type, numbers)), expected) << type.name;
    ++n_compared;
  }
  EXPECT_EQ(n_compared, 11);
}

TEST(DType, UnknownNamesAndIdsAreNotFound) {
  for (uint32_t id : {4u, 5u, 9u, 24u, 40u, 0xffffffffu}) EXPECT_FALSE(dtype_from_gguf(id)) << id;
  for (const char* name : {"", "Q4", "Q4_K_M", "Q4_00"})
    EXPECT_FALSE(dtype_from_name(name)) << name;
}

TEST(DType, OnlyTheCodebookTypesLackAnEncoder) {
  for (const DTypeInfo& type : all_dtypes()) {
    const bool codebook = type.name.starts_with("IQ") && !type.name.starts_with("IQ4");
    EXPECT_EQ(type.encode == nullptr, codebook) << type.name;
  }
}

}  // namespace
}  // namespace ridge
