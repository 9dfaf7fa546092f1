#include "gguf/mapping.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <vector>

#include "base/error.h"
#include "gguf/writer.h"
#include "support/temp_folder.h"

namespace ridge::gguf {
namespace {

namespace fs = std::filesystem;

void write_file(const fs::path& path, float first) {
  const float a[] = {first, 2, 3}, b[] = {4, 5};
  Writer writer(path, Metadata(),
                std::vector<TensorDeclaration>{{"a", DType::kF32, {3}}, {"b", DType::kF32, {2}}});
  writer.write(std::as_bytes(std::span(a)));
  writer.write(std::as_bytes(std::span(b)));
  writer.finish();
}

float value(const Mapping& mapping, const TensorInfo& tensor, size_t i) {
  float found = 0;
  std::memcpy(&found, mapping.data(tensor) + i * sizeof found, sizeof found);
  return found;
}

TEST(Mapping, ShowsTheBytesThatReadingGives) {
  const testing::TempFolder folder;
  write_file(folder / "m.gguf", 1);
  const File file = File::open(folder / "m.gguf");
  const Mapping mapping(file);
  EXPECT_EQ(value(mapping, *file.find("a"), 2), 3.0f);
  EXPECT_EQ(value(mapping, *file.find("b"), 0), 4.0f);
}

TEST(Mapping, IsOfTheFileThatWasOpenedThoughItsNameMeansAnother) {
  const testing::TempFolder folder;
  write_file(folder / "m.gguf", 1);
  const File file = File::open(folder / "m.gguf");
  write_file(folder / "other.gguf", 9);
  fs::rename(folder / "other.gguf", folder / "m.gguf");
  const Mapping mapping(file);
  EXPECT_EQ(value(mapping, *file.find("a"), 0), 1.0f);
}

TEST(Mapping, OfAFileThatWasCutSinceIsRefused) {
  const testing::TempFolder folder;
  write_file(folder / "m.gguf", 1);
  const File file = File::open(folder / "m.gguf");
  fs::resize_file(folder / "m.gguf", fs::file_size(folder / "m.gguf") - 4);
  EXPECT_THROW(Mapping{file}, Error);
}

}  // namespace
}  // namespace ridge::gguf
