#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "gguf/file.h"
#include "gguf/writer.h"
#include "support/temp_folder.h"

namespace ridge::gguf {
namespace {

namespace fs = std::filesystem;
using ::ridge::testing::TempFolder;

constexpr const char* kNames[] = {"m-00001-of-00003.gguf", "m-00002-of-00003.gguf",
                                  "m-00003-of-00003.gguf"};

struct PartKeys {
  uint64_t no = 0;
  uint64_t count = 3;
  uint64_t n_tensors = 3;
};

void write_part(const fs::path& path, const PartKeys& keys, const std::string& tensor) {
  Metadata metadata;
  metadata.set("split.no", uint16_t(keys.no));
  metadata.set("split.count", uint16_t(keys.count));
  metadata.set("split.tensors.count", int32_t(keys.n_tensors));
  Writer writer(path, metadata, std::vector<TensorDeclaration>{{tensor, DType::kF32, {1}}});
  const float one = 1;
  writer.write(std::as_bytes(std::span(&one, 1)));
  writer.finish();
}

void write_set(const fs::path& folder) {
  for (uint64_t i = 0; i < 3; ++i) write_part(folder / kNames[i], {.no = i}, cat("t", i));
}

struct BadSet {
  std::string what;
  std::function<void(const fs::path&)> spoil;  // given the folder of a good set
  std::string message;
  ErrorCode code = ErrorCode::kInvalidFile;
};

TEST(SplitSets, OpenWholeFromAnyPart) {
  const TempFolder folder;
  write_set(folder.path());
  for (const char* name : kNames) EXPECT_EQ(File::open(folder / name).tensors().size(), 3u);
}

TEST(SplitSets, OpenFromTheirOwnFolderByABareName) {
  const TempFolder folder;
  write_set(folder.path());
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  EXPECT_EQ(File::open(kNames[1]).tensors().size(), 3u);
  fs::current_path(before);
}

TEST(SplitSets, AreRefusedWhenAnythingContradicts) {
  const std::vector<BadSet> cases = {
      {"missing part", [](const fs::path& dir) { fs::remove(dir / kNames[1]); },
       "part 2 of 3 is missing", ErrorCode::kNotFound},
      {"wrong count in one part",
       [](const fs::path& dir) { write_part(dir / kNames[1], {.no = 1, .count = 4}, "t1"); },
       "split.count is 4, wanted 3"},
      {"wrong number in one part",
       [](const fs::path& dir) { write_part(dir / kNames[1], {.no = 2}, "t1"); },
       "split.no is 2, wanted 1"},
      {"wrong total in one part",
       [](const fs::path& dir) { write_part(dir / kNames[2], {.no = 2, .n_tensors = 9}, "t2"); },
       "split.tensors.count is 9, wanted 3"},
      {"wrong total in all parts",
       [](const fs::path& dir) {
         for (uint64_t i = 0; i < 3; ++i) {
           write_part(dir / kNames[i], {.no = i, .n_tensors = 4}, cat("t", i));
         }
       },
       "hold 3 tensors, wanted split.tensors.count, which is 4"},
      {"number past the count",
       [](const fs::path& dir) { write_part(dir / kNames[0], {.no = 7}, "t0"); },
       "split.no is 7, wanted less than"},
      {"count 0", [](const fs::path& dir) { write_part(dir / kNames[0], {.count = 0}, "t0"); },
       "split.count is 0"},
      {"more parts than file descriptors",
       [](const fs::path& dir) { write_part(dir / kNames[0], {.count = 60000}, "t0"); },
       "60000, at most 512", ErrorCode::kUnsupported},
      {"the same tensor in two parts",
       [](const fs::path& dir) { write_part(dir / kNames[2], {.no = 2}, "t0"); },
       "'t0' appears twice"},
      {"no keys although the name says so",
       [](const fs::path& dir) { write_part(dir / kNames[0], {.count = 1}, "t0"); },
       "no split.count"},
      {"a part that is a link out of the folder",
       [](const fs::path& dir) {
         const fs::path outside = dir / "elsewhere";
         fs::create_directory(outside);
         fs::rename(dir / kNames[1], outside / kNames[1]);
         fs::create_symlink(outside / kNames[1], dir / kNames[1]);
       },
       "is a link to"},
      {"a part that is a folder",
       [](const fs::path& dir) {
         fs::remove(dir / kNames[1]);
         fs::create_directory(dir / kNames[1]);
       },
       "is a directory"},
      {"a part that is not GGUF",
       [](const fs::path& dir) { std::ofstream(dir / kNames[1]) << "no model"; },
       "not a GGUF file"},
  };
  for (const BadSet& bad : cases) {
    const TempFolder folder;
    write_set(folder.path());
    bad.spoil(folder.path());
    try {
      File::open(folder / kNames[0]);
      ADD_FAILURE() << bad.what << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), bad.code) << bad.what << ": " << error.what();
      EXPECT_NE(std::string(error.what()).find(bad.message), std::string::npos)
          << bad.what << ": " << error.what();
    }
  }
}

TEST(SplitSets, AreRefusedUnderANameFromWhichTheOthersCannotBeFound) {
  const TempFolder folder;
  write_set(folder.path());
  for (const char* name : {"renamed.gguf", "m-00002-of-00003.gguf", "m-00001-of-00004.gguf",
                           "m-0000x-of-00003.gguf"}) {
    fs::rename(folder / kNames[0], folder / name);
    try {
      File::open(folder / name);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("-00001-of-00003.gguf"), std::string::npos)
          << error.what();
    }
    fs::rename(folder / name, folder / kNames[0]);
  }
}

// Download caches keep the bytes in a folder of blobs and link all names to it.
TEST(SplitSets, MayAllBeLinksIntoOneFolder) {
  const TempFolder folder;
  const fs::path blobs = folder / "blobs";
  const fs::path names = folder / "names";
  fs::create_directory(blobs);
  fs::create_directory(names);
  write_set(blobs);
  for (int i = 0; i < 3; ++i) {
    fs::rename(blobs / kNames[i], blobs / cat("blob", i));
    fs::create_symlink(fs::path("..") / "blobs" / cat("blob", i), names / kNames[i]);
  }
  EXPECT_EQ(File::open(names / kNames[2]).tensors().size(), 3u);
}

}  // namespace
}  // namespace ridge::gguf
