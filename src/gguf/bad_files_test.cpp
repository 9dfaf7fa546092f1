// Files that nobody honest writes. The law for each: an Error that names the thing, the value and
// what was wanted, and no more memory than a small multiple of the file.
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "gguf/file.h"
#include "support/allocations.h"
#include "support/temp_folder.h"

namespace ridge::gguf {
namespace {

using ::ridge::testing::AllocationScope;
using ::ridge::testing::TempFolder;

constexpr uint64_t kMax64 = std::numeric_limits<uint64_t>::max();

class Raw {
 public:
  template <class T>
  Raw put(T value) && {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return std::move(*this);
  }
  Raw text(std::string_view text) && {
    bytes_ += text;
    return std::move(*this);
  }
  Raw string(std::string_view text) && {
    return std::move(*this).put(uint64_t(text.size())).text(text);
  }
  Raw key(std::string_view name, ValueType type) && {
    return std::move(*this).string(name).put(uint32_t(type));
  }
  Raw array(ValueType type, uint64_t n) && {
    return std::move(*this).key("a", ValueType::kArray).put(uint32_t(type)).put(n);
  }
  Raw zeros(size_t n) && { return std::move(*this).text(std::string(n, '\0')); }
  operator std::string() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

Raw header(uint64_t n_tensors, uint64_t n_keys, uint32_t version = 3) {
  return Raw().text("GGUF").put(version).put(n_tensors).put(n_keys);
}

Raw one_key() {
  return header(0, 1);
}

struct RawTensor {
  std::string name = "w";
  std::vector<uint64_t> dims = {32};
  uint32_t rank = 1;
  uint32_t type = 0;
  uint64_t offset = 0;
};

Raw with(Raw raw, const RawTensor& tensor) {
  raw = std::move(raw).string(tensor.name).put(tensor.rank);
  for (const uint64_t dim : tensor.dims) raw = std::move(raw).put(dim);
  return std::move(raw).put(tensor.type).put(tensor.offset);
}

Raw one_tensor(const RawTensor& tensor) {
  return with(header(1, 0), tensor).zeros(1024);
}

Raw two_tensors(const RawTensor& a, const RawTensor& b) {
  return with(with(header(2, 0), a), b).zeros(1024);
}

Raw aligned_to(ValueType type, auto alignment) {
  return with(header(1, 1).key("general.alignment", type).put(alignment), {}).zeros(1024);
}

struct BadFile {
  std::string what;
  std::string bytes;
  std::vector<std::string> message;  // parts of it
  ErrorCode code = ErrorCode::kInvalidFile;
};

std::ostream& operator<<(std::ostream& out, const BadFile& bad) {
  return out << bad.what;
}

class BadFiles : public ::testing::TestWithParam<BadFile> {};

TEST_P(BadFiles, AreRefusedInWordsAndWithLittleMemory) {
  const BadFile& bad = GetParam();
  const TempFolder folder;
  const auto path = folder / "bad.gguf";
  std::ofstream(path, std::ios::binary) << bad.bytes;

  const AllocationScope scope;
  try {
    File::open(path);
    FAIL() << "was accepted";
  } catch (const Error& error) {
    const auto used = scope.so_far();
    EXPECT_LE(used.bytes, 16 * 1024 + 24 * bad.bytes.size());
    EXPECT_EQ(error.code(), bad.code) << error.what();
    const std::string message = error.what();
    EXPECT_NE(message.find("bad.gguf"), std::string::npos) << message;
    for (const std::string& part : bad.message) {
      EXPECT_NE(message.find(part), std::string::npos) << "wanted " << part << " in: " << message;
    }
  }
}

std::string case_name(const ::testing::TestParamInfo<BadFile>& info) {
  std::string name = info.param.what;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

const BadFile kStart[] = {
    {"empty file", "", {"not a GGUF file"}},
    {"magic only", "GGUF", {"version", "needs 4 bytes"}},
    {"header cut in the counts",
     header(0, 0).operator std::string().substr(0, 20),
     {"number of keys", "needs 8"}},
    {"wrong magic", Raw().text("GGUG").put(3).zeros(32), {"'GGUG'", "wanted 'GGUF'"}},
    {"magic with escape bytes", Raw().text("\x1b[2J").zeros(32), {"\\x1b[2J"}},
    {"older format", Raw().text("tjgg").zeros(32), {"GGJT", "older"}},
    {"web page", "<!DOCTYPE html><html></html>", {"web page"}},
    {"lfs pointer", "version https://git-lfs.github.com/spec/v1\noid", {"Git LFS pointer"}},
    {"version 0", header(0, 0, 0), {"version 0", "2 and 3"}, ErrorCode::kUnsupported},
    {"version 1", header(0, 0, 1), {"version 1", "2 and 3"}, ErrorCode::kUnsupported},
    {"version 4", header(0, 0, 4), {"version 4", "2 and 3"}, ErrorCode::kUnsupported},
    {"big endian", header(0, 0, 0x03000000), {"big-endian"}, ErrorCode::kUnsupported},
};

const BadFile kCounts[] = {
    {"keys 2^31", header(0, uint64_t(1) << 31), {"number of keys", "2147483648", "65536"}},
    {"keys 2^63", header(0, uint64_t(1) << 63), {"number of keys", "9223372036854775808"}},
    {"keys 2^64-1", header(0, kMax64), {"number of keys", "18446744073709551615"}},
    {"keys more than bytes", header(0, 1000), {"number of keys", "1000", "only 0 are left"}},
    {"tensors 2^31", header(uint64_t(1) << 31, 0), {"number of tensors", "2147483648", "65536"}},
    {"tensors 2^63", header(uint64_t(1) << 63, 0), {"number of tensors"}},
    {"tensors 2^64-1", header(kMax64, 0), {"number of tensors", "18446744073709551615"}},
    {"tensors more than bytes", header(60000, 0).zeros(100), {"60000", "only 108 are left"}},
};

const BadFile kStrings[] = {
    {"key longer than the file",
     one_key().put(uint64_t(500)).zeros(20),
     {"key 0", "500 bytes", "ends"}},
    {"key of 2^31 bytes", one_key().put(uint64_t(1) << 31).zeros(20), {"2147483648", "65535"}},
    {"key of 2^64-1 bytes", one_key().put(kMax64).zeros(20), {"18446744073709551615", "65535"}},
    {"empty key", one_key().string("").put(uint32_t(0)).zeros(20), {"key 0", "empty"}},
    {"key not UTF-8",
     one_key().key("a\xff\x1b", ValueType::kU8).zeros(1),
     {"UTF-8", "a\\xff\\x1b"}},
    {"duplicate key",
     header(0, 2).key("k", ValueType::kU8).zeros(1).key("k", ValueType::kU8).zeros(1),
     {"'k'", "twice"}},
    {"string longer than the file",
     one_key().key("s", ValueType::kString).put(uint64_t(1000)).zeros(10),
     {"'s'", "1000 bytes", "10 more"}},
    {"string of 2^31 bytes",
     one_key().key("s", ValueType::kString).put(uint64_t(1) << 31),
     {"'s'", "2147483648", "67108864"}},
    {"string of 2^64-1 bytes",
     one_key().key("s", ValueType::kString).put(kMax64),
     {"'s'", "18446744073709551615"}},
    {"value type 13", one_key().key("v", ValueType(13)).zeros(8), {"'v'", "13", "0 to 12"}},
    {"value type 2^32-1",
     one_key().key("v", ValueType(0xffffffffu)).zeros(8),
     {"'v'", "4294967295"}},
    {"value cut", one_key().key("v", ValueType::kU64).zeros(7), {"'v'", "8 bytes", "7 more"}},
};

const BadFile kArrays[] = {
    {"array of arrays",
     one_key().array(ValueType::kArray, 1).put(uint32_t(4)).put(uint64_t(0)),
     {"'a'", "arrays of arrays"},
     ErrorCode::kUnsupported},
    {"array whose bytes wrap",
     one_key().array(ValueType::kU64, (uint64_t(1) << 61) + 1).zeros(8),
     {"'a'", "length of the array", "2305843009213693953"}},
    {"array longer than the file",
     one_key().array(ValueType::kU32, 1000).zeros(40),
     {"'a'", "1000", "4000 bytes", "40 are left"}},
    {"array of strings longer than the file",
     one_key().array(ValueType::kString, 100).zeros(80),
     {"'a'", "100", "800 bytes", "80 are left"}},
    {"array of 2^64-1", one_key().array(ValueType::kU8, kMax64), {"'a'", "18446744073709551615"}},
    {"array element type 13", one_key().array(ValueType(13), 1).zeros(8), {"'a'", "13", "0 to 12"}},
    {"bool 2", one_key().key("b", ValueType::kBool).put(uint8_t(2)), {"'b'", "is 2", "0 or 1"}},
    {"bool 255 in an array",
     one_key().array(ValueType::kBool, 1).put(uint8_t(255)),
     {"'a'", "is 255", "0 or 1"}},
};

const BadFile kDims[] = {
    {"rank 0", one_tensor({.dims = {}, .rank = 0}), {"'w'", "0 dimensions", "1 to 4"}},
    {"rank 5", one_tensor({.dims = {32, 1, 1, 1, 1}, .rank = 5}), {"'w'", "5 dimensions"}},
    {"rank 2^32-1", one_tensor({.rank = 0xffffffff}), {"'w'", "4294967295 dimensions"}},
    {"dimension 0", one_tensor({.dims = {32, 0}, .rank = 2}), {"'w'", "dimension 1 is 0"}},
    {"dimension -1", one_tensor({.dims = {kMax64}}), {"'w'", "dimension 0 is -1"}},
    {"dimension 2^42+32",
     one_tensor({.dims = {(uint64_t(1) << 42) + 32}}),
     {"'w'", "ends at byte", "the file has only"}},
    {"elements wrap",
     one_tensor({.dims = {uint64_t(1) << 32, uint64_t(1) << 32}, .rank = 2}),
     {"'w'", "2^63 elements"}},
    {"bytes wrap",
     one_tensor({.dims = {uint64_t(1) << 31, uint64_t(1) << 31}, .rank = 2}),
     {"'w'", "more than 2^64 bytes"}},
    {"row not a multiple of the block",
     one_tensor({.dims = {33}, .type = 8}),
     {"'w'", "33 elements", "multiple of 32", "Q8_0"}},
    {"row not a multiple of a block of 256",
     one_tensor({.dims = {128, 2}, .rank = 2, .type = 12}),
     {"'w'", "128 elements", "multiple of 256", "Q4_K"}},
};

const BadFile kTypes[] = {
    {"type -1",
     one_tensor({.type = 0xffffffff}),
     {"'w'", "4294967295", "unknown"},
     ErrorCode::kUnsupported},
    {"type removed", one_tensor({.type = 4}), {"'w'", "Q4_2", "removed"}, ErrorCode::kUnsupported},
    {"type repacked and removed",
     one_tensor({.type = 31}),
     {"'w'", "Q4_0_4_4"},
     ErrorCode::kUnsupported},
    {"type not for weights", one_tensor({.type = 15}), {"'w'", "Q8_K"}, ErrorCode::kUnsupported},
    {"type unknown",
     one_tensor({.type = 1000}),
     {"'w'", "1000", "unknown"},
     ErrorCode::kUnsupported},
};

const BadFile kPlaces[] = {
    {"offset unaligned", one_tensor({.offset = 4}), {"'w'", "offset 4", "multiple of 32"}},
    {"offset past the end", one_tensor({.offset = 1 << 20}), {"'w'", "ends at byte", "incomplete"}},
    {"end past the end", one_tensor({.dims = {320}}), {"'w'", "ends at byte", "incomplete"}},
    {"offset wraps", one_tensor({.offset = kMax64 - 31}), {"'w'", "18446744073709551584"}},
    {"offset plus size wraps",
     one_tensor({.dims = {1024}, .offset = kMax64 - 1023}),
     {"'w'", "past 2^64"}},
    {"overlap",
     two_tensors({.name = "u", .dims = {16}}, {.name = "v", .offset = 32}),
     {"'v'", "before the end of 'u'"}},
    {"overlap with the same place", two_tensors({.name = "u"}, {.name = "v"}), {"before the end"}},
    {"duplicate name", two_tensors({.name = "u"}, {.name = "u", .offset = 128}), {"'u'", "twice"}},
    {"name of 65 bytes", one_tensor({.name = std::string(65, 'n')}), {"65 bytes", "at most 64"}},
    {"empty name", one_tensor({.name = ""}), {"tensor 0", "empty"}},
    {"name not UTF-8", one_tensor({.name = "\xc0\xaf"}), {"tensor 0", "UTF-8"}},
};

const BadFile kAlignments[] = {
    {"alignment 0",
     aligned_to(ValueType::kU32, uint32_t(0)),
     {"general.alignment", "is 0", "8 to"}},
    {"alignment 3", aligned_to(ValueType::kU32, uint32_t(3)), {"is 3", "power of two"}},
    {"alignment 24", aligned_to(ValueType::kU32, uint32_t(24)), {"is 24", "power of two"}},
    {"alignment 2^31", aligned_to(ValueType::kU32, uint32_t(1) << 31), {"2147483648", "2097152"}},
    {"alignment of type u64",
     aligned_to(ValueType::kU64, uint64_t(32)),
     {"type u64", "wanted u32"}},
    {"alignment of type i32", aligned_to(ValueType::kI32, int32_t(32)), {"type i32", "wanted u32"}},
    {"alignment of type f32", aligned_to(ValueType::kF32, 32.0f), {"type f32", "wanted u32"}},
};

INSTANTIATE_TEST_SUITE_P(Start, BadFiles, ::testing::ValuesIn(kStart), case_name);
INSTANTIATE_TEST_SUITE_P(Counts, BadFiles, ::testing::ValuesIn(kCounts), case_name);
INSTANTIATE_TEST_SUITE_P(Strings, BadFiles, ::testing::ValuesIn(kStrings), case_name);
INSTANTIATE_TEST_SUITE_P(Arrays, BadFiles, ::testing::ValuesIn(kArrays), case_name);
INSTANTIATE_TEST_SUITE_P(Dims, BadFiles, ::testing::ValuesIn(kDims), case_name);
INSTANTIATE_TEST_SUITE_P(Types, BadFiles, ::testing::ValuesIn(kTypes), case_name);
INSTANTIATE_TEST_SUITE_P(Places, BadFiles, ::testing::ValuesIn(kPlaces), case_name);
INSTANTIATE_TEST_SUITE_P(Alignments, BadFiles, ::testing::ValuesIn(kAlignments), case_name);

// What these files vary by one field is accepted when no field is bad.
TEST(GoodFiles, AreAccepted) {
  const TempFolder folder;
  const auto path = folder / "good.gguf";
  const auto open = [&](const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    return File::open(path);
  };
  EXPECT_EQ(open(header(0, 0)).version(), 3u);
  EXPECT_EQ(open(header(0, 0, 2)).version(), 2u);
  EXPECT_EQ(open(one_tensor({})).tensors()[0].offset, 64u);  // 24 + 33 bytes, rounded up to 32
  EXPECT_EQ(open(one_tensor({.name = std::string(64, 'n')})).tensors().size(), 1u);
  EXPECT_EQ(open(two_tensors({.name = "u"}, {.name = "v", .offset = 128})).tensors().size(), 2u);
  EXPECT_EQ(open(aligned_to(ValueType::kU32, uint32_t(64))).tensors()[0].offset, 128u);
  EXPECT_TRUE(open(one_key().array(ValueType::kString, 0)).metadata().get_strings("a").empty());
}

}  // namespace
}  // namespace ridge::gguf
