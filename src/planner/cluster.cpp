#include "planner/cluster.h"

#include <algorithm>

#include "base/error.h"

namespace ridge::planner {
namespace {

// Thunderbolt 5: 80 Gb/s, 50 to 60 seen; RDMA from macOS 26.2 on. 10 GbE 9.41 Gb/s seen. TCP costs
// 300 us a message, RDMA below 50 (20 assumed), ConnectX-7 likewise.
constexpr Link kLinks[] = {{"tb5-rdma", 6.9e9, 20e-6},
                           {"tb5", 6.9e9, 300e-6},
                           {"10gbe", 1.18e9, 300e-6},
                           {"200gbe", 25e9, 20e-6}};

// What a pipeline's stages keep of perfect overlap when a prompt runs through them.
constexpr double kPipelinePrefill = 0.9;

struct Heads {
  bool divide = true;

  int n = 1;
  void operator()(const AttentionSpec& a) { divide = divide && a.n_heads % n == 0; }
  void operator()(const LatentAttentionSpec& a) { divide = divide && a.n_heads % n == 0; }
  void operator()(const DeltaNetSpec& d) { divide = divide && d.n_v_heads % n == 0; }
  void operator()(const ShortConvSpec&) {}
};

bool heads_divide(const ModelSpec& spec, int n) {
  Heads heads{.n = n};
  for (const LayerSpec& layer : spec.layers) std::visit(heads, layer.mixer);
  return heads.divide;
}

// Two all-reduces a layer of `rows` vectors of f16.
double all_reduce_seconds(const ModelSpec& spec, const Link& link, int n, double rows) {
  const double bytes = 2.0 * (n - 1) / n * rows * double(spec.d_model) * 2;
  return 2 * double(spec.layers.size()) * (link.latency + bytes / link.bytes_per_second);
}

void pipeline(const PlannedModel& model, const Link& link, ClusterPlan& plan) {
  const double hop = link.latency + double(model.spec.d_model) * 4 / link.bytes_per_second;
  plan.decode = 1 / (1 / plan.alone + double(plan.n_nodes) * hop);  // and back to the first
  if (plan.n_nodes > 1) plan.prefill *= std::max(1.0, kPipelinePrefill * plan.n_nodes);
}

// The layers' own time stays; the rest is divided.
void tensor_parallel(const PlannedModel& model, const Link& link, double layers_seconds,
                     ClusterPlan& plan) {
  const int n = plan.n_nodes;
  const double divided = std::max(0.0, 1 / plan.alone - layers_seconds);
  const double reduces = all_reduce_seconds(model.spec, link, n, 1);
  plan.decode = 1 / (layers_seconds + divided / n + (n > 1 ? reduces : 0));
  if (n == 1) return;
  constexpr double kPass = 512;
  const double pass = kPass / plan.prefill / n + all_reduce_seconds(model.spec, link, n, kPass);
  plan.prefill = kPass / pass;
}

}  // namespace

const Link& link_from_name(std::string_view name) {
  std::string names;
  for (const Link& link : kLinks) {
    if (link.name == name) return link;
    names += cat(names.empty() ? "" : ", ", link.name);
  }
  fail(ErrorCode::kInvalidArgument, "no link is called \"", name, "\"; there are ", names);
}

ClusterPlan plan_cluster(const Catalogues& catalogues, const PlannedModel& model,
                         const PlanQuestion& question, const Link& link, Parallel parallel) {
  const SpeedModel speed(catalogues.calibration, question.machine.hardware, question.engine);
  const Work work = work_of(model, question.setup.k_dtype, question.setup.v_dtype);
  const Footprint bytes = footprint_of(model, question.setup);
  Machine node = question.machine;
  node.n_devices = 1;
  const int n = question.machine.n_devices;
  ClusterPlan plan{.parallel = parallel, .n_nodes = n};
  const int64_t shared = bytes.weights + bytes.cache() + bytes.state;
  plan.bytes_a_node = (shared + n - 1) / n + bytes.compute + bytes.reserve;
  plan.limit_a_node = device_limit(node).bytes;
  plan.fits = plan.bytes_a_node <= plan.limit_a_node;
  plan.alone = speed.decode(work, question.speed).value;
  plan.prefill = speed.prefill(work, question.speed).value;
  if (parallel == Parallel::kPipeline) {
    if (n > int(model.spec.layers.size())) plan.problem = "there are fewer layers than nodes";
    pipeline(model, link, plan);
    return plan;
  }
  if (!heads_divide(model.spec, n)) plan.problem = cat("its heads do not divide by ", n);
  tensor_parallel(model, link, speed.layers_seconds(work), plan);
  return plan;
}

}  // namespace ridge::planner
