#include "synth/random_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>

#include "spec/build.h"
#include "spec/shape.h"
#include "synth/block_pool.h"

namespace ridge {
namespace {

ModelShape small_shape() {
  return {.name = "small",
          .architecture = "qwen3moe",
          .n_layers = 9,
          .d_model = 256,
          .n_heads = 4,
          .n_kv_heads = 1,
          .head_dim = 64,
          .d_ff = 256,
          .n_vocab = 300,
          .context = 128,
          .n_experts = 4,
          .top_k = 2,
          .d_expert = 96};
}

std::filesystem::path write(const char* name, const ModelShape& shape, std::string_view file_type,
                            uint64_t seed = 1) {
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) / name;
  write_random_model(path, shape_metadata(shape),
                     {.seed = seed,
                      .file_type = file_type_from_name(file_type),
                      .has_tensor = shape_tensors(shape)});
  return path;
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<float> values_of(const gguf::File& file, const gguf::TensorInfo& tensor) {
  std::vector<std::byte> bytes(tensor.n_bytes);
  file.read(tensor, 0, bytes);
  std::vector<float> values(size_t(tensor.n_elements()));
  info(tensor.dtype).decode(bytes.data(), values.data(), tensor.n_elements());
  return values;
}

double rms(const std::vector<float>& values) {
  double squares = 0;
  for (float v : values) squares += double(v) * double(v);
  return std::sqrt(squares / double(values.size()));
}

TEST(BlockPool, EveryTypeHasTheDeviationAskedFor) {
  ThreadPool team(2);
  for (const DTypeInfo& type : all_dtypes()) {
    const BlockPool pool(type.dtype, 0.02f, 1, team);
    constexpr int64_t kValues = 256 * 500;
    std::vector<std::byte> bytes(size_t(row_bytes(type.dtype, kValues)));
    pool.fill(bytes, Rng(5));
    std::vector<float> values(kValues);
    type.decode(bytes.data(), values.data(), kValues);
    // Ternary encoders clip to the largest value, which costs most.
    const double tolerance = type.block_bytes * 8 < 3 * type.block_size ? 1.2 : 0.1;
    EXPECT_NEAR(rms(values) / 0.02, 1.0, tolerance) << type.name;
  }
}

TEST(RandomModel, AFileTypeMakesAFileThatItsSpecAccepts) {
  for (const char* name :
       {"F16", "Q8_0", "Q4_K_M", "Q3_K_M", "IQ4_XS", "MXFP4", "IQ2_M", "TQ2_0"}) {
    const FileType type = file_type_from_name(name);
    SCOPED_TRACE(type.name());
    const auto path = write("every.gguf", small_shape(), type.name());
    const gguf::File file = gguf::File::open(path);
    const ModelSpec spec = build_spec(file);
    const std::vector<DType> types = tensor_types(spec, type);
    const std::vector<TensorUse> uses = tensor_uses(spec);
    for (size_t i = 0; i < uses.size(); ++i) {
      const gguf::TensorInfo& tensor = *file.find(uses[i].name);
      EXPECT_EQ(tensor.dtype, types[i]) << tensor.name;
      const double size = rms(values_of(file, tensor)) * std::sqrt(double(uses[i].n_in));
      const bool is_sane = uses[i].n_out == 1 || (size > 0.5 && size < 2.2);
      EXPECT_TRUE(is_sane) << tensor.name << " " << size;
    }
  }
}

TEST(RandomModel, TheSeedAloneDecidesTheBytes) {
  const std::string first = bytes_of(write("a.gguf", small_shape(), "Q4_K_M"));
  EXPECT_EQ(bytes_of(write("b.gguf", small_shape(), "Q4_K_M")), first);
  EXPECT_NE(bytes_of(write("c.gguf", small_shape(), "Q4_K_M", 2)), first);
}

TEST(RandomModel, AWriterKnowsItsSizeBeforehand) {
  const ModelShape shape = small_shape();
  const RandomModelWriter writer(shape_metadata(shape), {.file_type = file_type_from_name("Q6_K"),
                                                         .has_tensor = shape_tensors(shape)});
  const auto path = std::filesystem::path(::testing::TempDir()) / "size.gguf";
  uint64_t last = 0;
  writer.write(path, [&](uint64_t done, uint64_t total) {
    EXPECT_EQ(total, writer.n_bytes());
    last = done;
  });
  EXPECT_EQ(last, writer.n_bytes());
  uint64_t in_file = 0;
  const gguf::File file = gguf::File::open(path);
  for (const gguf::TensorInfo& tensor : file.tensors()) in_file += tensor.n_bytes;
  EXPECT_EQ(in_file, writer.n_bytes());
}

}  // namespace
}  // namespace ridge
