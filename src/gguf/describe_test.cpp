#include "gguf/describe.h"

#include <gtest/gtest.h>

#include <vector>

#include "gguf/writer.h"
#include "support/temp_folder.h"

namespace ridge::gguf {
namespace {

// A file with one Q8_0 tensor of 68 bytes and two F32 ones of 32.
File open_sample(const ridge::testing::TempFolder& folder, const Metadata& metadata) {
  const std::vector<TensorDeclaration> tensors{
      {.name = "a", .dtype = DType::kF32, .dims = {4}},
      {.name = "b", .dtype = DType::kQ8_0, .dims = {32, 2}},
      {.name = "c", .dtype = DType::kF32, .dims = {4}}};
  Writer writer(folder / "m.gguf", metadata, tensors);
  writer.write(std::vector<std::byte>(16 + 68 + 16));
  writer.finish();
  return File::open(folder / "m.gguf");
}

TEST(Describe, BytesByTypeCountEveryTensorMostBytesFirst) {
  const ridge::testing::TempFolder folder;
  const auto types = bytes_by_type(open_sample(folder, {}));
  ASSERT_EQ(types.size(), 2u);
  EXPECT_EQ(types[0].dtype, DType::kQ8_0);
  EXPECT_EQ(types[0].n_bytes, 68u);
  EXPECT_EQ(types[1].n_tensors, 2);
  EXPECT_EQ(types[1].n_bytes, 32u);
}

TEST(Describe, NamesComeFromTheFileOrFromItsTensors) {
  const ridge::testing::TempFolder folder;
  EXPECT_EQ(quant_name(open_sample(folder, {})), "Q8_0");
  EXPECT_EQ(architecture_name(open_sample(folder, {})), "?");

  Metadata metadata;
  metadata.set("general.architecture", {.type = ValueType::kString, .data = std::string("llama")});
  metadata.set("general.file_type", {.type = ValueType::kU32, .data = uint64_t(15)});
  metadata.set(kChatTemplateKey, {.type = ValueType::kString, .data = std::string("{{ x }}")});
  const File file = open_sample(folder, metadata);
  EXPECT_EQ(quant_name(file), "Q4_K_M");
  EXPECT_EQ(architecture_name(file), "llama");
  EXPECT_EQ(chat_template(file), "{{ x }}");
  EXPECT_EQ(model_name(file), "");
}

}  // namespace
}  // namespace ridge::gguf
