// usage: make_gguf_corpus FOLDER
// Writes the small GGUF files from which the fuzzer gguf_fuzz starts.
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "gguf/writer.h"

namespace ridge::gguf {
namespace {

void write(const std::filesystem::path& path, const Metadata& metadata,
           const std::vector<TensorDeclaration>& tensors) {
  Writer writer(path, metadata, tensors);
  for (const TensorDeclaration& tensor : tensors) {
    int64_t n = row_bytes(tensor.dtype, tensor.dims[0]);
    for (size_t i = 1; i < tensor.dims.size(); ++i) n *= tensor.dims[i];
    writer.write(std::vector<std::byte>(size_t(n), std::byte(0x11)));
  }
  writer.finish();
}

Metadata scalars() {
  Metadata metadata;
  metadata.set("u8", uint8_t(1));
  metadata.set("i8", int8_t(-1));
  metadata.set("u16", uint16_t(2));
  metadata.set("i16", int16_t(-2));
  metadata.set("u32", uint32_t(3));
  metadata.set("i32", int32_t(-3));
  metadata.set("u64", uint64_t(4));
  metadata.set("i64", int64_t(-4));
  metadata.set("f32", 0.5f);
  metadata.set("f64", 0.25);
  metadata.set("b", true);
  metadata.set("s", "text");
  return metadata;
}

Metadata arrays() {
  Metadata metadata;
  metadata.set("u8", std::vector<uint8_t>{1, 2});
  metadata.set("i32", std::vector<int32_t>{-1, 2});
  metadata.set("u64", std::vector<uint64_t>{1});
  metadata.set("f32", std::vector<float>{1, 2});
  metadata.set("f64", std::vector<double>{1});
  metadata.set("b", std::vector<bool>{true, false});
  metadata.set("s", std::vector<std::string>{"a", "", "bc"});
  metadata.set("none", std::vector<std::string>());
  return metadata;
}

Metadata part_of_a_set() {
  Metadata metadata;
  metadata.set("split.no", uint16_t(0));
  metadata.set("split.count", uint16_t(2));
  metadata.set("split.tensors.count", int32_t(1));
  return metadata;
}

void make_corpus(const std::filesystem::path& folder) {
  Metadata aligned;
  aligned.set("general.alignment", uint32_t(8));
  const std::vector<TensorDeclaration> two = {{"a", DType::kF32, {3}}, {"b", DType::kF16, {2, 2}}};
  std::filesystem::create_directories(folder);
  write(folder / "empty", {}, {});
  write(folder / "scalars", scalars(), {});
  write(folder / "arrays", arrays(), {});
  write(folder / "split", part_of_a_set(), {{"a", DType::kF32, {1}}});
  write(folder / "tensors", {}, two);
  write(folder / "aligned", aligned, two);
  for (const DTypeInfo& type : all_dtypes()) {
    write(folder / cat("type-", type.name), {}, {{"w", type.dtype, {type.block_size}}});
  }
}

}  // namespace
}  // namespace ridge::gguf

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_gguf_corpus FOLDER\n");
    return 2;
  }
  try {
    ridge::gguf::make_corpus(argv[1]);
  } catch (const ridge::Error& error) {
    std::fprintf(stderr, "make_gguf_corpus: %s\n", error.what());
    return 1;
  }
  return 0;
}
