#include "gguf/writer.h"

#include <signal.h>
#include <sys/resource.h>

#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "gguf/file.h"
#include "support/temp_folder.h"

namespace ridge::gguf {
namespace {

using ::ridge::testing::TempFolder;

std::vector<std::byte> pattern(size_t n, unsigned seed) {
  std::vector<std::byte> bytes(n);
  for (size_t i = 0; i < n; ++i) bytes[i] = std::byte((i * 7 + seed * 31 + i / 251) & 255);
  return bytes;
}

template <class T>
std::vector<T> extremes() {
  return {std::numeric_limits<T>::min(), T(0), T(1), std::numeric_limits<T>::max()};
}

Metadata every_type() {
  Metadata metadata;
  metadata.set("u8", uint8_t(200));
  metadata.set("i8", int8_t(-100));
  metadata.set("u16", uint16_t(60000));
  metadata.set("i16", int16_t(-30000));
  metadata.set("u32", uint32_t(4000000000));
  metadata.set("i32", int32_t(-2000000000));
  metadata.set("u64", std::numeric_limits<uint64_t>::max());
  metadata.set("i64", std::numeric_limits<int64_t>::min());
  metadata.set("f32", 0.1f);
  metadata.set("f64", 0.1);
  metadata.set("true", true);
  metadata.set("false", false);
  metadata.set("string", "naïve \n text");
  metadata.set("empty string", "");
  metadata.set("u8s", extremes<uint8_t>());
  metadata.set("i8s", extremes<int8_t>());
  metadata.set("u16s", extremes<uint16_t>());
  metadata.set("i16s", extremes<int16_t>());
  metadata.set("u32s", extremes<uint32_t>());
  metadata.set("i32s", extremes<int32_t>());
  metadata.set("u64s", extremes<uint64_t>());
  metadata.set("i64s", extremes<int64_t>());
  metadata.set("f32s", extremes<float>());
  metadata.set("f64s", extremes<double>());
  metadata.set("bools", std::vector<bool>{true, false, true});
  metadata.set("strings",
               std::vector<std::string>{"a", "", "\xff not UTF-8", std::string(5000, 'x')});
  metadata.set("empty array", std::vector<float>());
  return metadata;
}

void expect_equal(const Value& a, const Value& b, const std::string& key) {
  EXPECT_EQ(a.type, b.type) << key;
  const auto* array = std::get_if<Array>(&a.data);
  if (!array) {
    EXPECT_TRUE(std::visit(
        [&](const auto& x) {
          using T = std::decay_t<decltype(x)>;
          if constexpr (std::is_same_v<T, Array>)
            return false;
          else
            return x == std::get<T>(b.data);
        },
        a.data))
        << key;
    return;
  }
  const Array& other = std::get<Array>(b.data);
  EXPECT_EQ(array->element_type, other.element_type) << key;
  EXPECT_EQ(array->unsigned_values, other.unsigned_values) << key;
  EXPECT_EQ(array->signed_values, other.signed_values) << key;
  EXPECT_EQ(array->float_values, other.float_values) << key;
  EXPECT_EQ(array->strings, other.strings) << key;
}

const std::vector<TensorDeclaration> kTensors = {
    {"odd", DType::kF32, {3}},
    {"matrix", DType::kQ8_0, {64, 3}},
    {"cube", DType::kF16, {5, 2, 2, 2}},
    {"blocks", DType::kQ4_K, {512, 2}},
};

uint64_t n_bytes(const TensorDeclaration& tensor) {
  int64_t n = row_bytes(tensor.dtype, tensor.dims[0]);
  for (size_t i = 1; i < tensor.dims.size(); ++i) n *= tensor.dims[i];
  return uint64_t(n);
}

std::vector<std::byte> all_data(std::span<const TensorDeclaration> tensors) {
  std::vector<std::byte> all;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const auto part = pattern(n_bytes(tensors[i]), unsigned(i));
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

template <class W>
void write_in_chunks(W& writer, std::span<const std::byte> bytes, size_t chunk) {
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(chunk, bytes.size()))) {
    writer.write(bytes.first(std::min(chunk, bytes.size())));
  }
  writer.finish();
}

void expect_holds(const File& file, std::span<const TensorDeclaration> tensors) {
  ASSERT_EQ(file.tensors().size(), tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorInfo* info = file.find(tensors[i].name);
    ASSERT_NE(info, nullptr) << tensors[i].name;
    EXPECT_EQ(info, &file.tensors()[i]);
    EXPECT_EQ(info->dtype, tensors[i].dtype);
    ASSERT_EQ(size_t(info->rank), tensors[i].dims.size());
    for (size_t d = 0; d < tensors[i].dims.size(); ++d)
      EXPECT_EQ(info->dims[d], tensors[i].dims[d]);
    std::vector<std::byte> bytes(info->n_bytes);
    file.read(*info, 0, bytes);
    EXPECT_EQ(bytes, pattern(n_bytes(tensors[i]), unsigned(i))) << tensors[i].name;
  }
}

size_t count_files(const std::filesystem::path& folder) {
  return size_t(std::distance(std::filesystem::directory_iterator(folder), {}));
}

class Chunks : public ::testing::TestWithParam<size_t> {};
INSTANTIATE_TEST_SUITE_P(Sizes, Chunks, ::testing::Values(1, 13, 1 << 20));

TEST_P(Chunks, WhatIsWrittenIsReadBack) {
  const TempFolder folder;
  const auto path = folder / "all.gguf";
  const Metadata metadata = every_type();
  Writer writer(path, metadata, kTensors);
  EXPECT_FALSE(std::filesystem::exists(path)) << "before finish()";
  write_in_chunks(writer, all_data(kTensors), GetParam());

  const File file = File::open(path);
  EXPECT_EQ(file.version(), 3u);
  EXPECT_EQ(file.size_bytes(), std::filesystem::file_size(path));
  ASSERT_EQ(file.metadata().entries().size(), metadata.entries().size());
  for (size_t i = 0; i < metadata.entries().size(); ++i) {
    const auto& [key, value] = file.metadata().entries()[i];
    EXPECT_EQ(key, metadata.entries()[i].first);
    expect_equal(value, metadata.entries()[i].second, key);
  }
  expect_holds(file, kTensors);
  EXPECT_EQ(file.find("absent"), nullptr);
  EXPECT_EQ(count_files(folder.path()), 1u);
}

TEST_P(Chunks, SplitSetsAreReadBackThroughAnyPart) {
  const TempFolder folder;
  Metadata metadata = every_type();
  metadata.set("general.alignment", uint32_t(64));
  SplitWriter writer(folder / "model", metadata, kTensors, 220);
  ASSERT_EQ(writer.parts().size(), 3u);  // 12 + 204, 80, 576 bytes
  write_in_chunks(writer, all_data(kTensors), GetParam());
  for (const auto& part : writer.parts()) {
    const File file = File::open(part);
    EXPECT_EQ(file.parts().size(), 3u);
    EXPECT_EQ(file.metadata().get_string("string"), "naïve \n text");
    expect_holds(file, kTensors);
  }
}

TEST(Writer, AlignsEveryTensor) {
  for (const uint32_t alignment : {8u, 32u, 4096u}) {
    const TempFolder folder;
    const auto path = folder / "a.gguf";
    Metadata metadata;
    metadata.set("general.alignment", alignment);
    Writer writer(path, metadata, kTensors);
    write_in_chunks(writer, all_data(kTensors), 100);
    const File file = File::open(path);
    for (const TensorInfo& tensor : file.tensors()) EXPECT_EQ(tensor.offset % alignment, 0u);
    expect_holds(file, kTensors);
  }
}

TEST(Writer, ReadsPiecesOfATensor) {
  const TempFolder folder;
  Writer writer(folder / "a.gguf", {}, kTensors);
  write_in_chunks(writer, all_data(kTensors), 1 << 20);
  const File file = File::open(folder / "a.gguf");
  const auto whole = pattern(n_bytes(kTensors[1]), 1);
  std::vector<std::byte> piece(17);
  file.read(*file.find("matrix"), 100, piece);
  EXPECT_TRUE(std::equal(piece.begin(), piece.end(), whole.begin() + 100));
}

TEST(Writer, LeavesNothingBehindWhenItIsNotFinished) {
  const TempFolder folder;
  std::ofstream(folder / "old.gguf") << "old";
  {
    Writer writer(folder / "old.gguf", {}, kTensors);
    writer.write(pattern(50, 0));
  }
  EXPECT_EQ(count_files(folder.path()), 1u);
  EXPECT_EQ(std::filesystem::file_size(folder / "old.gguf"), 3u);
}

// A limit on file sizes fails a write as a full disk does.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(Writer, FailsWithAnErrorAndNoFileWhenTheDiskIsFull) {
  const TempFolder folder;
  const auto data = all_data(kTensors);
  {
    const SmallDisk disk(512);
    Writer writer(folder / "a.gguf", {}, kTensors);
    try {
      writer.write(data);
      ADD_FAILURE() << "wrote past the limit";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kIo);
      EXPECT_NE(std::string(error.what()).find("a.gguf"), std::string::npos) << error.what();
    }
  }
  EXPECT_EQ(count_files(folder.path()), 0u);
}

TEST(Writer, FailsWithAnErrorWhereThereIsNoFolder) {
  const TempFolder folder;
  EXPECT_THROW(Writer(folder / "no/such/a.gguf", {}, {}), Error);
}

struct Refusal {
  std::string what;
  Metadata metadata;
  std::vector<TensorDeclaration> tensors;
};

Metadata with(std::string key, Value value) {
  Metadata metadata;
  metadata.set(std::move(key), std::move(value));
  return metadata;
}

TEST(Writer, RefusesWhatTheReaderWouldRefuse) {
  Array nested;
  nested.element_type = ValueType::kArray;
  const std::vector<Refusal> refusals = {
      {"empty key", with("", make_value(1)), {}},
      {"long key", with(std::string(65536, 'k'), make_value(1)), {}},
      {"key not UTF-8", with("\xff", make_value(1)), {}},
      {"value out of its type", with("k", {ValueType::kU8, uint64_t(256)}), {}},
      {"value of another type", with("k", {ValueType::kU8, int64_t(1)}), {}},
      {"element out of its type",
       with("k", {ValueType::kArray, Array{ValueType::kI8, {}, {128}, {}, {}}}),
       {}},
      {"array of arrays", with("k", {ValueType::kArray, nested}), {}},
      {"alignment 3", with("general.alignment", make_value(3u)), {}},
      {"alignment of another type", with("general.alignment", make_value(uint64_t(32))), {}},
      {"no dimensions", {}, {{"w", DType::kF32, {}}}},
      {"five dimensions", {}, {{"w", DType::kF32, {1, 1, 1, 1, 1}}}},
      {"dimension 0", {}, {{"w", DType::kF32, {4, 0}}}},
      {"half a block", {}, {{"w", DType::kQ8_0, {16}}}},
      {"too many bytes", {}, {{"w", DType::kF32, {int64_t(1) << 40, int64_t(1) << 40}}}},
      {"empty name", {}, {{"", DType::kF32, {1}}}},
      {"long name", {}, {{std::string(65, 'n'), DType::kF32, {1}}}},
      {"twice the same name", {}, {{"w", DType::kF32, {1}}, {"w", DType::kF32, {1}}}},
  };
  const TempFolder folder;
  for (const Refusal& refusal : refusals) {
    try {
      Writer(folder / "a.gguf", refusal.metadata, refusal.tensors);
      ADD_FAILURE() << refusal.what << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << refusal.what;
    }
    EXPECT_EQ(count_files(folder.path()), 0u) << refusal.what;
  }
}

TEST(Writer, RefusesMoreOrLessDataThanDeclared) {
  const TempFolder folder;
  Writer writer(folder / "a.gguf", {}, kTensors);
  auto data = all_data(kTensors);
  writer.write(std::span(data).first(data.size() - 1));
  EXPECT_THROW(writer.finish(), Error);
  writer.write(std::span(data).last(1));
  EXPECT_THROW(writer.write(std::span(data).first(1)), Error);
}

}  // namespace
}  // namespace ridge::gguf
