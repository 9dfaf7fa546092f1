// What the planner says a model takes is what the engine takes for it: by class, at three contexts
// and with both types of cache; of the cache what is truly allocated.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/strcat.h"
#include "cpu/cpu_backend.h"
#include "engine/memory_plan.h"
#include "engine/session.h"
#include "planner/plan.h"
#include "spec/build.h"
#include "spec/file_type.h"
#include "support/cache.h"
#include "support/temp_folder.h"
#include "support/tiny_model.h"
#include "synth/random_model.h"
#include "text/tokenizer/synthetic_vocabulary.h"

namespace ridge::cli {
namespace {

// The bound of the planner's promise.
double slack(int64_t bytes) {
  return 0.01 * double(bytes) + 16e6;
}

// Heads of tiny models may be narrower than a block.
bool can_keep(const ModelSpec& spec, DType dtype) {
  for (const LayerSpec& layer : spec.layers) {
    const auto* attention = std::get_if<AttentionSpec>(&layer.mixer);
    if (attention != nullptr && attention->k_dim % info(dtype).block_size != 0) return false;
  }
  return true;
}

void expect_allocated(const std::filesystem::path& path) {
  const gguf::File file = gguf::File::open(path);
  const ModelSpec spec = build_spec(file);
  const planner::PlannedModel model = planner::planned_model(file, path.stem().string());
  const auto backend = cpu::make_backend({.n_threads = 1});
  for (const int64_t context : {512, 4096, 32768}) {
    for (const DType kv : {DType::kF16, DType::kQ8_0}) {
      if (!can_keep(spec, kv)) continue;
      SCOPED_TRACE(cat(path.filename().string(), " ", context, " ", info(kv).name));
      const planner::Footprint planned = footprint_of(
          model, planner::on_this_engine({.context = context, .k_dtype = kv, .v_dtype = kv}));
      const KvOptions options =
          Session::pool_options({.k_dtype = kv, .v_dtype = kv, .n_tokens = context});
      const MemoryNeeds needs = memory_needs(spec, file, *backend, options);
      const KvPool pool(*backend, spec, options);
      EXPECT_NEAR(double(planned.cache() + planned.state), double(pool.n_bytes()),
                  slack(pool.n_bytes()));
      EXPECT_NEAR(double(planned.cache() + planned.state), double(needs.kv), slack(needs.kv));
      EXPECT_NEAR(double(planned.compute + planned.reserve), double(needs.compute),
                  slack(needs.compute));
      EXPECT_NEAR(double(planned.weights), double(needs.experts + needs.other_weights),
                  slack(needs.experts + needs.other_weights));
      EXPECT_NEAR(double(planned.total()), double(needs.total()), slack(needs.total()));
    }
  }
}

TEST(Allocated, RealModelsTakeWhatThePlanSays) {
  int n_found = 0;
  for (const char* name :
       {"smollm2-135m", "qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b", "gemma3-270m"}) {
    const std::filesystem::path path = testing::model_file(name);
    if (!std::filesystem::exists(path)) continue;
    ++n_found;
    expect_allocated(path);
  }
  if (n_found == 0) GTEST_SKIP() << "no model is there ('make models' fetches them)";
}

TEST(Allocated, TinyModelsOfEveryKindOfCacheDo) {
  const testing::TempFolder folder;
  for (const char* architecture : {"llama", "gemma3", "qwen35", "gemma4"}) {
    expect_allocated(
        testing::write_tiny_model(folder / cat(architecture, ".gguf"), architecture, DType::kQ8_0));
  }
}

// Experts, latent vectors, windows that alternate and recurrent layers, as `ridge synth` makes
// them.
TEST(Allocated, SyntheticMixturesDo) {
  const testing::TempFolder folder;
  const char* kCommon = R"("n_vocab": 1024, "context": 65536, "tied": false, "d_model": 256,
      "n_heads": 4, "n_experts": 4, "top_k": 2, "d_expert": 256, "rope_base": 10000,
      "norm_eps": 1e-06, "name": )";
  for (const char* own : {
           R"("moe", "architecture": "qwen3moe", "n_layers": 3, "n_kv_heads": 2, "head_dim": 64,
              "d_ff": 256)",
           R"("windows", "architecture": "gpt-oss", "n_layers": 4, "n_kv_heads": 2, "head_dim": 64,
              "d_ff": 256, "yarn_factor": 32, "yarn_context": 4096, "window": 128)",
           R"("recurrent", "architecture": "qwen35moe", "n_layers": 4, "n_kv_heads": 2,
              "head_dim": 64, "d_ff": 0, "n_rotated": 32, "d_shared": 256, "attention_interval": 4,
              "delta_k_heads": 2, "delta_v_heads": 4, "delta_dim": 64, "conv_taps": 4)",
           R"("latent", "architecture": "deepseek2", "n_layers": 3, "n_kv_heads": 1,
              "head_dim": 96, "d_ff": 256, "n_rotated": 32, "n_shared": 1, "d_shared": 256,
              "n_dense_layers": 1, "latent_dim": 64, "v_dim": 64)"}) {
    const ModelShape shape = planner::parse_shape(cat("{", kCommon, own, "}")).shape;
    SCOPED_TRACE(shape.name);
    gguf::Metadata metadata = shape_metadata(shape);
    text::set_synthetic_vocabulary(metadata, shape.n_vocab);
    const auto path = folder / cat(shape.name, ".gguf");
    write_random_model(
        path, metadata,
        {.file_type = file_type_from_name("Q8_0"), .has_tensor = shape_tensors(shape)});
    expect_allocated(path);
  }
}

}  // namespace
}  // namespace ridge::cli
