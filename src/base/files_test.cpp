#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/file_reader.h"
#include "base/mapped_file.h"
#include "base/read_file.h"
#include "support/temp_folder.h"

namespace ridge {
namespace {

using ::ridge::testing::TempFolder;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string read_all(const std::filesystem::path& path) {
  const FileReader file = FileReader::open(path);
  std::string text(file.size(), '\0');
  file.read_at(0, std::as_writable_bytes(std::span(text)));
  return text;
}

ErrorCode code_of(auto&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "did not fail";
  return ErrorCode::kCancelled;
}

TEST(FileReader, ReadsAnyPieceAndRefusesWhatIsPastTheEnd) {
  const TempFolder folder;
  std::ofstream(folder / "a") << "0123456789";
  const FileReader file = FileReader::open(folder / "a");
  EXPECT_EQ(file.size(), 10u);
  std::string piece(4, '\0');
  file.read_at(6, std::as_writable_bytes(std::span(piece)));
  EXPECT_EQ(piece, "6789");
  EXPECT_EQ(code_of([&] { file.read_at(7, std::as_writable_bytes(std::span(piece))); }),
            ErrorCode::kIo);
  EXPECT_NO_THROW(file.read_at(10, {}));
}

TEST(FileReader, NoticesAChange) {
  const TempFolder folder;
  std::ofstream(folder / "a") << "0123456789";
  const FileReader file = FileReader::open(folder / "a");
  EXPECT_NO_THROW(file.check_unchanged());
  std::filesystem::resize_file(folder / "a", 11);
  EXPECT_EQ(code_of([&] { file.check_unchanged(); }), ErrorCode::kIo);
}

TEST(FileReader, OpensFilesOnly) {
  const TempFolder folder;
  EXPECT_EQ(code_of([&] { FileReader::open(folder / "absent"); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { FileReader::open(folder.path()); }), ErrorCode::kInvalidFile);
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(code_of([&] { FileReader::open(folder / "pipe"); }), ErrorCode::kInvalidFile);
}

TEST(ReadFile, GivesEveryByteAndSaysWhatItCannotRead) {
  const TempFolder folder;
  const std::string text("a\r\n\0\xff", 5);
  std::ofstream(folder / "a", std::ios::binary) << text;
  EXPECT_EQ(read_file(folder / "a"), text);
  EXPECT_EQ(code_of([&] { read_file(folder / "absent"); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { read_file(folder.path()); }), ErrorCode::kInvalidArgument);
}

TEST(MappedFile, ShowsTheBytes) {
  const TempFolder folder;
  std::ofstream(folder / "a") << "mapped";
  std::ofstream(folder / "empty");
  MappedFile map = MappedFile::open(folder / "a");
  const MappedFile moved = std::move(map);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(moved.bytes().data()), moved.bytes().size()),
            "mapped");
  EXPECT_TRUE(map.bytes().empty());
  EXPECT_TRUE(MappedFile::open(folder / "empty").bytes().empty());
  EXPECT_EQ(code_of([&] { MappedFile::open(folder / "absent"); }), ErrorCode::kNotFound);
}

TEST(AtomicFile, AppearsAtCommitOnly) {
  const TempFolder folder;
  std::ofstream(folder / "a") << "old";
  {
    AtomicFile file(folder / "a");
    file.write(bytes_of("half"));
  }
  EXPECT_EQ(read_all(folder / "a"), "old");
  {
    AtomicFile file(folder / "a");
    file.write(bytes_of("ne"));
    AtomicFile moved = std::move(file);
    moved.write(bytes_of("w"));
    EXPECT_EQ(moved.size(), 3u);
    moved.commit();
  }
  EXPECT_EQ(read_all(folder / "a"), "new");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(AtomicFile, KeepsTwoWritersOfOneNameApart) {
  const TempFolder folder;
  AtomicFile first(folder / "a");
  AtomicFile second(folder / "a");
  first.write(bytes_of("first"));
  second.write(bytes_of("second"));
  first.commit();
  second.commit();
  EXPECT_EQ(read_all(folder / "a"), "second");
}

TEST(AtomicFile, FailsWhereThereIsNoFolder) {
  const TempFolder folder;
  EXPECT_EQ(code_of([&] { AtomicFile(folder / "no/a"); }), ErrorCode::kIo);
}

}  // namespace
}  // namespace ridge
