// Several machines for one model: nodes never add their bandwidth up.
#include "planner/cluster.h"

#include <gtest/gtest.h>

#include "planner/test_plans.h"

namespace ridge::planner {
namespace {

ClusterPlan cluster_of(const Asked& asked, const char* link, Parallel parallel) {
  PlanQuestion question{.machine = find_machine(test_catalogues().hardware, asked.machine),
                        .engine = asked.engine};
  return plan_cluster(test_catalogues(), model_of(asked.model, asked.quant), question,
                      link_from_name(link), parallel);
}

// More nodes never multiply one stream's bandwidth.
TEST(Cluster, APipelineIsNoFasterThanOneNode) {
  const Asked four{"Llama-3.3-70B", "Q4_K_M", "4x Apple M4 Pro 64GB"};
  const ClusterPlan pipeline = cluster_of(four, "10gbe", Parallel::kPipeline);
  EXPECT_LE(pipeline.decode, pipeline.alone);
  EXPECT_FALSE(pipeline.helps());
  EXPECT_TRUE(pipeline.fits);
  // 188 messages of 300 us outlast the token itself.
  const Asked large{"Qwen3-235B-A22B", "MLX-8bit", "4x M3 Ultra", "MLX"};
  EXPECT_FALSE(cluster_of(large, "10gbe", Parallel::kTensor).helps());
  EXPECT_TRUE(cluster_of(large, "tb5-rdma", Parallel::kTensor).helps());
  EXPECT_TRUE(cluster_of(four, "tb5-rdma", Parallel::kTensor).helps());
}

// Measured by others: up to 1.8 times on two nodes and 3.2 on four, of large dense models; next to
// nothing of mixtures that read little.
TEST(Cluster, TensorParallelSpeedsTheBytesAlone) {
  const auto gain = [](const char* model, const char* quant, const char* nodes) {
    const ClusterPlan plan =
        cluster_of({model, quant, nodes, "MLX"}, "tb5-rdma", Parallel::kTensor);
    return plan.decode / plan.alone;
  };
  EXPECT_GT(gain("Llama-3.3-70B", "MLX-4bit", "2x M3 Ultra"), 1.5);
  EXPECT_LT(gain("Llama-3.3-70B", "MLX-4bit", "2x M3 Ultra"), 1.9);
  EXPECT_GT(gain("Llama-3.3-70B", "MLX-4bit", "4x M3 Ultra"), 2.3);
  EXPECT_LT(gain("Llama-3.3-70B", "MLX-4bit", "4x M3 Ultra"), 3.4);
  EXPECT_LT(gain("Qwen3-Coder-Next", "MLX-8bit", "2x M3 Ultra"), 1.25);
  EXPECT_FALSE(cluster_of({"Kimi-K2.5", "Q4_K_M", "3x M3 Ultra", "MLX"}, "tb5-rdma",
                          Parallel::kTensor)
                   .problem.empty());  // 64 heads
}

// Reported of MLX with tensor parallelism over RDMA on one, two and four M3 Ultras, some by
// hearsay: the formula is near them without having seen them.
TEST(Cluster, TensorParallelIsNearWhatIsReported) {
  const auto rate = [](const char* model, const char* quant, const char* nodes) {
    return cluster_of({model, quant, nodes, "MLX"}, "tb5-rdma", Parallel::kTensor).decode;
  };
  EXPECT_NEAR(rate("Qwen3-235B-A22B", "MLX-8bit", "1x M3 Ultra"), 19.5, 4);
  EXPECT_NEAR(rate("Qwen3-235B-A22B", "MLX-8bit", "2x M3 Ultra"), 26.2, 6);
  EXPECT_NEAR(rate("Qwen3-235B-A22B", "MLX-8bit", "4x M3 Ultra"), 31.9, 8);
  const double one = rate("Qwen3.6-27B", "MLX-8bit", "1x M3 Ultra");
  EXPECT_NEAR(rate("Qwen3.6-27B", "MLX-8bit", "4x M3 Ultra") / one, 2.3, 0.5);
}

}  // namespace
}  // namespace ridge::planner
