#include "planner/models.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "planner/data.h"
#include "planner/names.h"
#include "spec/build.h"
#include "spec/file_type.h"
#include "spec/tensors.h"

namespace ridge::planner {
namespace {

constexpr double kGiB = double(int64_t{1} << 30);

ModelSpec spec_of(const ModelShape& shape) {
  return build_spec(shape_metadata(shape), shape_tensors(shape));
}

double file_bytes(const ModelSpec& spec, std::string_view file_type) {
  const std::vector<DType> types = tensor_types(spec, file_type_from_name(file_type));
  const std::vector<TensorUse> uses = tensor_uses(spec);
  double total = 0;
  for (size_t i = 0; i < uses.size(); ++i) {
    total += double(row_bytes(types[i], uses[i].n_in) * uses[i].n_out * uses[i].n_matrices);
  }
  return total;
}

std::string problem(std::string_view json) {
  try {
    parse_shape(json);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument);
    return e.what();
  }
  return "";
}

// Published files count K and V of layers that read an earlier one's cache, too.
int64_t unread_parameters(const ModelSpec& spec) {
  int64_t n = 0;
  for (const LayerSpec& layer : spec.layers) {
    const auto* a = std::get_if<AttentionSpec>(&layer.mixer);
    if (a == nullptr || a->kv_layer < 0) continue;
    n += a->n_kv_heads * (a->k_dim + a->v_dim) * spec.d_model + a->k_dim;
  }
  return n;
}

TEST(Catalogue, EveryEntryMakesASpecOfThePublishedSize) {
  std::set<std::string> names;
  for (const CatalogueEntry& entry : parse_catalogue(builtin_models())) {
    SCOPED_TRACE(entry.shape.name);
    EXPECT_TRUE(names.insert(entry.shape.name).second);
    const ModelSpec spec = spec_of(entry.shape);
    int64_t n = unread_parameters(spec);
    for (const TensorUse& use : tensor_uses(spec)) {
      n += use.n_out * use.n_in * use.n_matrices;
    }
    EXPECT_NEAR(double(n), double(entry.n_parameters), 0.003 * double(entry.n_parameters));
  }
  // What the plans and tables of this project speak of; those with latent attention come with it.
  for (const char* wanted :
       {"TinyLlama-1.1B", "Qwen3-235B-A22B", "Qwen3.6-35B-A3B", "Qwen3.6-27B", "Gemma-4-26B-A4B",
        "Gemma-4-E2B", "Gemma-4-E4B", "Command-A-111B", "MiniMax-M2", "GLM-4.5-Air",
        "Llama-4-Scout-17B-16E", "Llama-4-Maverick-17B-128E"}) {
    EXPECT_EQ(names.count(wanted), 1u) << wanted;
  }
}

TEST(Catalogue, AliasesNameOneShape) {
  const auto catalogue = parse_catalogue(builtin_models());
  std::set<std::string> keys;
  for (const CatalogueEntry& entry : catalogue) {
    EXPECT_TRUE(keys.insert(name_key(entry.shape.name)).second) << entry.shape.name;
    for (const std::string& alias : entry.aliases) {
      EXPECT_TRUE(keys.insert(name_key(alias)).second) << alias;
      EXPECT_EQ(find_shape(catalogue, alias).shape.name, entry.shape.name);
    }
  }
}

// Sizes of published files in GiB, most of them by llama.cpp's own quantizer.
TEST(Catalogue, MixesMakeFilesOfThePublishedSize) {
  const struct {
    const char* shape;
    const char* file_type;
    double gib;
  } kCases[] = {
      {"Llama-2-7B", "F16", 12.55},
      {"Llama-2-7B", "Q8_0", 6.67},
      {"Llama-2-7B", "Q6_K", 5.15},
      {"Llama-2-7B", "Q5_K_M", 4.45},
      {"Llama-2-7B", "Q5_K_S", 4.33},
      {"Llama-2-7B", "Q4_K_M", 3.80},
      {"Llama-2-7B", "Q4_K_S", 3.59},
      {"Llama-2-7B", "Q4_0", 3.56},
      {"Llama-2-7B", "Q3_K_L", 3.35},
      {"Llama-2-7B", "Q3_K_M", 3.07},
      {"Llama-2-7B", "Q3_K_S", 2.75},
      {"Llama-3.3-70B", "Q2_K", 24.56},
      {"Llama-3.3-70B", "Q3_K_M", 31.91},
      {"Llama-3.3-70B", "Q4_K_M", 39.59},
      {"Llama-3.1-8B", "Q4_K_M", 4.58},
      {"Llama-3.2-3B", "Q4_K_M", 1.87},
      {"Qwen2.5-7B", "Q6_K", 5.82},
      {"Qwen2.5-14B", "Q4_K_M", 8.37},
      {"Qwen3-32B", "Q4_K_M", 18.40},
      {"Qwen3-30B-A3B", "Q8_0", 30.25},
      {"Qwen3-30B-A3B", "Q4_K_M", 17.28},
      {"Qwen3-235B-A22B", "Q3_K_M", 104.72},
      {"Qwen3-235B-A22B", "Q4_K_M", 132.39},
      {"Mixtral-8x7B", "Q8_0", 46.22},
      {"Gemma-3-27B", "Q4_K_M", 15.41},
      {"gpt-oss-20b", "MXFP4", 11.27},
      {"gpt-oss-120b", "MXFP4", 59.02},
      {"MiniMax-M2", "Q3_K_M", 101.76},
      {"Gemma-4-26B-A4B", "Q8_0", 25.00},
      {"Gemma-4-31B", "Q8_0", 30.38},
      {"DeepSeek-V3", "Q4_K_M", 376.65},
      {"GLM-4.7-Flash", "Q8_0", 29.65},
      {"Llama-3.3-70B", "Q5_K_M", 46.52},
      {"Llama-3.3-70B", "Q6_K", 53.91},
      {"Llama-3.3-70B", "Q8_0", 69.83},
      {"Llama-3.3-70B", "F16", 131.43},
      {"Llama-3.3-70B", "Q3_K_S", 28.79},
      {"Llama-3.3-70B", "Q3_K_L", 34.59},
      {"Llama-3.3-70B", "Q4_K_S", 37.58},
      {"Llama-3.3-70B", "Q5_K_S", 45.32},
      {"Llama-3.2-3B", "Q8_0", 3.18},
      {"TinyLlama-1.1B", "Q4_K_M", 0.621},
      {"Phi-4-mini", "Q4_K_M", 2.31},
      {"Qwen2.5-7B", "Q8_0", 7.54},
      {"Qwen2.5-32B", "Q4_K_M", 18.48},
      {"Qwen3-Next-80B-A3B", "Q4_K_M", 45.17},
      {"Qwen3.5-35B-A3B", "Q8_0", 34.36},
      {"Qwen3.6-27B", "Q8_0", 26.62},
      {"Qwen3-8B", "Q4_K_M", 5.03e9 / kGiB},
      {"Qwen3-14B", "Q4_K_M", 9.00e9 / kGiB},
      {"Gemma-3-12B", "Q4_K_M", 7.30e9 / kGiB},
      {"Mistral-Small-24B", "Q4_K_M", 14.33e9 / kGiB},
  };
  const auto catalogue = parse_catalogue(builtin_models());
  for (const auto& c : kCases) {
    const double gib = file_bytes(spec_of(find_shape(catalogue, c.shape).shape), c.file_type);
    EXPECT_NEAR(gib / kGiB, c.gib, 0.002 * c.gib + 0.005) << c.shape << " " << c.file_type;
  }
}

constexpr const char* kShape =
    R"({"name": "x", "architecture": "llama", "n_layers": 2, "d_model": 64, "n_heads": 4,
        "n_kv_heads": 2, "head_dim": 16, "d_ff": 96, "n_vocab": 300, "context": 512)";

TEST(Catalogue, WhatIsMissingUnknownOrWrongIsNamed) {
  EXPECT_EQ(parse_shape(std::string(kShape) + "}").shape.n_vocab, 300);
  EXPECT_NE(problem(std::string(kShape) + R"(, "n_expert": 4})").find("\"n_expert\""),
            std::string::npos);
  EXPECT_NE(problem(R"({"name": "x"})").find("has no \"architecture\""), std::string::npos);
  EXPECT_NE(problem(std::string(kShape) + R"(, "top_k": -1})").find("\"top_k\" is -1"),
            std::string::npos);
  EXPECT_NE(problem(std::string(kShape) + R"(, "tied": 1})").find("true or false"),
            std::string::npos);
  EXPECT_NE(problem("{").find("JSON"), std::string::npos);
}

TEST(Catalogue, NamesDoNotDependOnCase) {
  const auto catalogue = parse_catalogue(builtin_models());
  EXPECT_EQ(find_shape(catalogue, "qwen3-30b-a3b").shape.name, "Qwen3-30B-A3B");
  EXPECT_THROW(find_shape(catalogue, "qwen9"), Error);
}

}  // namespace
}  // namespace ridge::planner
