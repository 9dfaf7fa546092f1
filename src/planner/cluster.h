// Several machines for one model. A pipeline gives each a share of the layers: it buys capacity,
// and speed for prompts and many streams, never for one stream. Tensor parallel gives each a share
// of every matrix: it divides the bytes and pays two all-reduces a layer. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "planner/plan.h"

namespace ridge::planner {

struct Link {
  std::string_view name;        // as typed: "tb5-rdma"
  double bytes_per_second = 0;  // each way
  double latency = 0;           // seconds a message
};
// "tb5-rdma", "tb5", "10gbe", "200gbe". Throws Error{kInvalidArgument} with the names.
const Link& link_from_name(std::string_view name);

enum class Parallel { kPipeline, kTensor };

struct ClusterPlan {
  Parallel parallel = Parallel::kPipeline;
  int n_nodes = 1;
  bool fits = false;
  int64_t bytes_a_node = 0;
  int64_t limit_a_node = 0;
  double decode = 0;    // tokens/s of one stream
  double alone = 0;     // of one node with memory enough
  double prefill = 0;   // tokens/s
  std::string problem;  // why it cannot be done at all; empty: it can
  bool helps() const { return decode > 1.02 * alone; }
};
ClusterPlan plan_cluster(const Catalogues& catalogues, const PlannedModel& model,
                         const PlanQuestion& question, const Link& link, Parallel parallel);

}  // namespace ridge::planner
