#include "planner/work.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "spec/tensors.h"

namespace ridge::planner {
namespace {

// Measured coverage of a batch: independent routing (Qwen3-30B-A3B, 32 streams) would read twice
// the bytes. (4 / 32)^0.45 = 0.39 of the tokens count, (4 / 8)^0.45 = 0.73.
constexpr double kIndependentStreams = 4;
constexpr double kCorrelation = 0.45;

double effective_streams(double n) {
  return n <= kIndependentStreams ? n : n * std::pow(kIndependentStreams / n, kCorrelation);
}

struct MixerWork {
  Work& work;

  void operator()(const AttentionSpec& a) {
    work.attention.push_back({2 * a.n_heads * (a.k_dim + a.v_dim), a.window});
  }
  void operator()(const LatentAttentionSpec& a) {
    work.kind = ModelKind::kLatent;
    work.attention.push_back({2 * a.n_heads * (a.row_dim() + a.latent_dim), 0});
  }
  // The delta rule looks a key up in each head's matrix, changes it and asks it.
  void operator()(const DeltaNetSpec& net) {
    recurrent();
    work.weight_flops += double(6 * net.n_v_heads * net.k_dim * net.v_dim);
  }
  void operator()(const ShortConvSpec&) { recurrent(); }

  void recurrent() {
    work.kind = ModelKind::kHybrid;
    ++work.n_recurrent;
  }
};

void add_tensor(const TensorUse& use, int64_t n_bytes, Work& work) {
  const int64_t matrix = use.n_out * use.n_in;
  work.n_parameters += matrix * use.n_matrices;
  work.weight_bytes += double(n_bytes);
  if (use.role == TensorRole::kEmbedding) return;
  work.active_parameters += matrix * use.n_active;
  if (use.n_active < use.n_matrices) {
    work.expert_bytes += double(n_bytes);
    work.expert_share = double(use.n_active) / double(use.n_matrices);
  } else {
    work.shared_bytes += double(n_bytes);
  }
  if (use.n_out == 1) return;
  const auto flops = double(2 * matrix * use.n_active);
  (use.role == TensorRole::kOutput ? work.head_flops : work.weight_flops) += flops;
  if (use.role != TensorRole::kOutput) {
    work.product_values += double((use.n_in + use.n_out) * use.n_active);
  }
  if (use.n_active < use.n_matrices) work.expert_flops += flops;
}

}  // namespace

std::string_view name(ModelKind kind) {
  switch (kind) {
    case ModelKind::kDense:
      return "dense";
    case ModelKind::kMoe:
      return "moe";
    case ModelKind::kHybrid:
      return "hybrid";
    case ModelKind::kLatent:
      return "latent";
  }
  return "";
}

double Work::step_bytes(int64_t n_streams) const {
  const double covered = 1 - std::pow(1 - expert_share, effective_streams(double(n_streams)));
  return shared_bytes + expert_bytes * covered;
}

double Work::kv_bytes_read(int64_t n_tokens) const {
  double total = 0;
  for (const KvKindBytes& layers : kv) total += double(layers.bytes_read(n_tokens));
  return total;
}

double Work::attention_flops(double n_seen) const {
  double total = 0;
  for (const AttentionWork& layer : attention) {
    const double seen = layer.window > 0 ? std::min(n_seen, double(layer.window)) : n_seen;
    total += seen * double(layer.flops);
  }
  return total;
}

Work work_of(const PlannedModel& model, DType k_dtype, DType v_dtype) {
  const std::vector<TensorUse> uses = tensor_uses(model.spec);
  RIDGE_CHECK(uses.size() == model.tensor_bytes.size());
  Work work{.n_layers = int64_t(model.spec.layers.size())};
  for (size_t i = 0; i < uses.size(); ++i) add_tensor(uses[i], model.tensor_bytes[i], work);
  if (work.expert_bytes > 0) work.kind = ModelKind::kMoe;
  for (const LayerSpec& layer : model.spec.layers) std::visit(MixerWork{work}, layer.mixer);
  for (size_t i = 0; i < model.tensor_types.size(); ++i) {
    const TensorUse& use = uses[i];
    if (use.role == TensorRole::kEmbedding) continue;
    TypeWork& type = work.types[model.tensor_types[i]];
    const double share = double(use.n_active) / double(use.n_matrices);
    type.bytes += double(model.tensor_bytes[i]) * share;
    if (use.n_out > 1 && use.role != TensorRole::kOutput) {
      type.flops += double(2 * use.n_out * use.n_in * use.n_active);
    }
  }
  work.kv = kv_bytes(model.spec, k_dtype, v_dtype);
  return work;
}

}  // namespace ridge::planner
