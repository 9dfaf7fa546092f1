// What the planner says a model takes is what the engine takes for it: by class, at three contexts
// and with both types of cache.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/strcat.h"
#include "cpu/cpu_backend.h"
#include "engine/memory_plan.h"
#include "engine/session.h"
#include "planner/plan.h"
#include "spec/build.h"
#include "support/cache.h"
#include "support/temp_folder.h"
#include "support/tiny_model.h"

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
      const MemoryNeeds needs =
          memory_needs(spec, file, *backend,
                       Session::pool_options({.k_dtype = kv, .v_dtype = kv, .n_tokens = context}));
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

}  // namespace
}  // namespace ridge::cli
