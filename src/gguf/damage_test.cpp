// What happens to good files: cut downloads, flipped bytes, changes while they are open. The law:
// an Error or a file that keeps its promises, and memory in proportion to the bytes.
#include <sys/stat.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "gguf/file.h"
#include "gguf/writer.h"
#include "support/allocations.h"
#include "support/temp_folder.h"

namespace ridge::gguf {
namespace {

using ::ridge::testing::AllocationScope;
using ::ridge::testing::TempFolder;

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void dump(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// One of everything, small enough to spoil each byte.
void write_small(const std::filesystem::path& path) {
  Metadata metadata;
  metadata.set("general.architecture", "llama");
  metadata.set("general.alignment", uint32_t(8));
  metadata.set("f", 1.5f);
  metadata.set("b", true);
  metadata.set("tokens", std::vector<std::string>{"a", "bc", ""});
  metadata.set("scores", std::vector<float>{1, 2});
  metadata.set("types", std::vector<int32_t>{1, -2});
  metadata.set("flags", std::vector<bool>{true, false});
  Writer writer(
      path, metadata,
      std::vector<TensorDeclaration>{{"x", DType::kF32, {3}}, {"y", DType::kQ8_0, {32, 2}}});
  writer.write(std::vector<std::byte>(12 + 68, std::byte(0x5a)));
  writer.finish();
}

// Opens the file and, if that works, checks what File promises and reads every tensor.
void open_and_check(const std::filesystem::path& path, uint64_t size) {
  const AllocationScope scope;
  try {
    const File file = File::open(path);
    std::vector<std::byte> bytes;
    for (const TensorInfo& tensor : file.tensors()) {
      ASSERT_LE(tensor.offset + tensor.n_bytes, size);
      bytes.resize(tensor.n_bytes);
      file.read(tensor, 0, bytes);
      EXPECT_EQ(file.find(tensor.name), &tensor);
    }
  } catch (const Error& error) {
    EXPECT_GT(std::strlen(error.what()), 20u);
  }
  EXPECT_LE(scope.so_far().bytes, 16 * 1024 + 24 * size);
}

TEST(Damage, EveryTruncationIsRefused) {
  const TempFolder folder;
  const auto path = folder / "cut.gguf";
  write_small(path);
  const TensorInfo last = File::open(path).tensors().back();
  const size_t whole = std::filesystem::file_size(path);
  for (size_t n = whole; n-- > 0;) {
    std::filesystem::resize_file(path, n);
    if (n >= last.offset + last.n_bytes) {
      EXPECT_NO_THROW(File::open(path)) << "only padding is lost at " << n;
      continue;
    }
    EXPECT_THROW(File::open(path), Error) << "cut at " << n << " of " << whole;
    open_and_check(path, n);
  }
}

TEST(Damage, NoChangedByteCrashesOrTakesMemory) {
  const TempFolder folder;
  const auto path = folder / "spoilt.gguf";
  write_small(path);
  const std::string whole = slurp(path);
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  const auto set_byte = [&](size_t i, char byte) {
    file.seekp(std::streamoff(i)).put(byte).flush();
  };
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const int change : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x7f, 0xff}) {
      set_byte(i, char(whole[i] ^ change));
      open_and_check(path, whole.size());
    }
    set_byte(i, whole[i]);
  }
}

// An array of the smallest elements costs the most memory for its bytes.
TEST(Damage, ArraysTakeMemoryInProportionToTheirBytes) {
  const TempFolder folder;
  for (const Value& value :
       {make_value(std::vector<uint8_t>(1 << 20)), make_value(std::vector<bool>(1 << 20)),
        make_value(std::vector<std::string>(1 << 18)),
        make_value(std::vector<std::string>(1 << 16, std::string(24, 'x')))}) {
    Metadata metadata;
    metadata.set("a", value);
    Writer(folder / "a.gguf", metadata, {}).finish();
    open_and_check(folder / "a.gguf", std::filesystem::file_size(folder / "a.gguf"));
  }
}

TEST(Damage, AFileCutWhileOpenGivesAnError) {
  const TempFolder folder;
  const auto path = folder / "a.gguf";
  write_small(path);
  const File file = File::open(path);
  const TensorInfo& last = file.tensors().back();
  std::filesystem::resize_file(path, last.offset + 1);
  std::vector<std::byte> bytes(last.n_bytes);
  try {
    file.read(last, 0, bytes);
    ADD_FAILURE() << "read past the end";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_NE(std::string(error.what()).find("a.gguf"), std::string::npos);
  }
}

TEST(Damage, AFileWrittenToWhileOpenGivesAnError) {
  const TempFolder folder;
  const auto path = folder / "a.gguf";
  write_small(path);
  const auto then = std::filesystem::last_write_time(path) - std::chrono::hours(1);
  std::filesystem::last_write_time(path, then);
  const File file = File::open(path);
  dump(path, slurp(path));
  std::vector<std::byte> bytes(file.tensors()[0].n_bytes);
  EXPECT_THROW(file.read(file.tensors()[0], 0, bytes), Error);
}

TEST(Damage, AFileReplacedWhileOpenIsReadAsItWas) {
  const TempFolder folder;
  const auto path = folder / "a.gguf";
  write_small(path);
  const File file = File::open(path);
  write_small(path);
  std::vector<std::byte> bytes(file.tensors()[0].n_bytes);
  file.read(file.tensors()[0], 0, bytes);
  EXPECT_EQ(bytes[0], std::byte(0x5a));
}

TEST(Damage, WhatIsNoFileIsRefusedAndNotWaitedFor) {
  const TempFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THROW(File::open(folder / "pipe"), Error);
  EXPECT_THROW(File::open(folder.path()), Error);
  EXPECT_THROW(File::open("/dev/zero"), Error);
  try {
    File::open(folder / "absent");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
}

}  // namespace
}  // namespace ridge::gguf
