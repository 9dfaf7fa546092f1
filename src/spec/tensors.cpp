#include "spec/tensors.h"

#include <cmath>

#include "base/check.h"

namespace ridge {
namespace {

class Collector {
 public:
  // Stacked ones are one use: that of their tensor, when its first rows come.
  void matrix(const MatrixSpec& spec, TensorRole role, TensorPart part = TensorPart::kNone) {
    if (!spec || spec.first_row > 0) return;
    uses.push_back({.name = spec.name,
                    .role = role,
                    .layer = layer_,
                    .n_out = spec.tensor_rows(),
                    .n_in = spec.n_in,
                    .n_matrices = spec.n_matrices,
                    .n_active = spec.n_matrices,
                    .part = part});
  }
  // `Spec` has gate, up and down.
  template <class Spec>
  void feed_forward(const Spec& f, TensorRole role) {
    matrix(f.gate, role, f.gate.stacked_rows > 0 ? TensorPart::kUp : TensorPart::kGate);
    matrix(f.up, role, TensorPart::kUp);
    matrix(f.down, role, TensorPart::kDown);
  }
  void vector(const VectorSpec& spec, TensorRole role, TensorPart part = TensorPart::kNone) {
    if (!spec || spec.first > 0) return;
    uses.push_back({.name = spec.name,
                    .role = role,
                    .layer = layer_,
                    .n_in = spec.tensor_size(),
                    .n_matrices = spec.n_vectors,
                    .n_active = spec.n_vectors,
                    .part = part});
  }
  void norm(const NormSpec& spec) {
    vector(spec.weight, TensorRole::kNorm);
    vector(spec.bias, TensorRole::kNorm);
  }
  void token_input(const TokenInputSpec& input) {
    matrix(input.gate, TensorRole::kFeedForward);
    matrix(input.projection, TensorRole::kFeedForward);
    norm(input.post_norm);
  }

  void operator()(const AttentionSpec& a) {
    matrix(a.q, TensorRole::kAttention, a.q.stacked_rows > 0 ? TensorPart::kQkv : TensorPart::kQ);
    matrix(a.k, TensorRole::kAttention, TensorPart::kK);
    matrix(a.v, TensorRole::kAttention, TensorPart::kV);
    matrix(a.output, TensorRole::kAttention, TensorPart::kMixerOutput);
    for (const VectorSpec* v : {&a.q_bias, &a.k_bias, &a.v_bias, &a.output_bias}) {
      vector(*v, TensorRole::kAttention);
    }
    norm(a.q_norm);
    norm(a.k_norm);
    norm(a.v_norm);
    vector(a.sinks, TensorRole::kAttention);
    rope(a.rope);
  }
  void operator()(const LatentAttentionSpec& a) {
    matrix(a.q_a, TensorRole::kAttention);
    norm(a.q_a_norm);
    matrix(a.q_b, TensorRole::kAttention, a.q_a ? TensorPart::kNone : TensorPart::kQ);
    matrix(a.kv_a, TensorRole::kAttention);
    norm(a.latent_norm);
    matrix(a.k_b, TensorRole::kAttention);
    matrix(a.v_b, TensorRole::kAttention);
    matrix(a.kv_b, TensorRole::kAttention, TensorPart::kV);
    matrix(a.output, TensorRole::kAttention, TensorPart::kMixerOutput);
    rope(a.rope);
  }
  void operator()(const DenseFfnSpec& f) {
    feed_forward(f, TensorRole::kFeedForward);
    vector(f.up_bias, TensorRole::kFeedForward);
    vector(f.down_bias, TensorRole::kFeedForward);
  }
  void operator()(const DeltaNetSpec& d) {
    matrix(d.qkv, TensorRole::kRecurrent, TensorPart::kQkv);
    for (const MatrixSpec* m : {&d.gate, &d.alpha, &d.beta, &d.beta_alpha}) {
      matrix(*m, TensorRole::kRecurrent);
    }
    matrix(d.convolution, TensorRole::kRecurrent, TensorPart::kConvolution);
    vector(d.a, TensorRole::kRecurrent, TensorPart::kDecay);
    vector(d.dt_bias, TensorRole::kRecurrent, TensorPart::kTimeBias);
    norm(d.norm);
    matrix(d.output, TensorRole::kRecurrent);
  }
  void operator()(const ShortConvSpec& s) {
    matrix(s.input, TensorRole::kRecurrent);
    matrix(s.convolution, TensorRole::kRecurrent, TensorPart::kConvolution);
    matrix(s.output, TensorRole::kRecurrent);
  }
  void operator()(const MoeFfnSpec& f) {
    matrix(f.router, TensorRole::kRouter);
    vector(f.logit_bias, TensorRole::kRouter);
    vector(f.router_bias, TensorRole::kRouter);
    vector(f.expert_scale, TensorRole::kRouter);
    const size_t first_expert = uses.size();
    feed_forward(f, TensorRole::kExperts);
    for (const VectorSpec* v : {&f.gate_bias, &f.up_bias, &f.down_bias}) {
      vector(*v, TensorRole::kExperts);
    }
    for (size_t i = first_expert; i < uses.size(); ++i) uses[i].n_active = f.top_k;
    matrix(f.shared_gate, TensorRole::kRouter);
    (*this)(f.shared);
  }
  void operator()(const DenseAndMoeFfnSpec& f) {
    (*this)(f.dense);
    norm(f.dense_post_norm);
    norm(f.router_norm);
    norm(f.experts_norm);
    (*this)(f.experts);
    norm(f.experts_post_norm);
  }

  void model(const ModelSpec& spec) {
    if (!spec.tied_output()) matrix(spec.embedding, TensorRole::kEmbedding);
    matrix(spec.token_inputs.embedding, TensorRole::kEmbedding);
    matrix(spec.token_inputs.projection, TensorRole::kFeedForward, TensorPart::kTokenInputs);
    norm(spec.token_inputs.norm);
    for (const LayerSpec& layer : spec.layers) one_layer(layer, layer_ + 1);
    layer_ = -1;  // of none
    norm(spec.output_norm);
    matrix(spec.output, TensorRole::kOutput);
    vector(spec.output_bias, TensorRole::kOutput);
  }
  void prediction(const PredictionSpec& spec, int layer) {
    layer_ = layer;
    matrix(spec.embedding, TensorRole::kEmbedding);
    norm(spec.embedding_norm);
    norm(spec.hidden_norm);
    matrix(spec.projection, TensorRole::kFeedForward);
    one_layer(spec.layer, layer);
    norm(spec.output_norm);
    matrix(spec.output, TensorRole::kOutput);
  }

  std::vector<TensorUse> uses;

 private:
  void one_layer(const LayerSpec& spec, int layer) {
    layer_ = layer;
    norm(spec.mixer_norm);
    std::visit(*this, spec.mixer);
    norm(spec.mixer_post_norm);
    norm(spec.ffn_norm);
    std::visit(*this, spec.ffn);
    norm(spec.ffn_post_norm);
    token_input(spec.token_input);
    vector(spec.output_scale, TensorRole::kNorm);
  }
  void rope(const RopeSpec& spec) {
    const auto* scaling = std::get_if<LongRopeSpec>(&spec.scaling);
    if (has_rope_factors_ || (!spec.factors && scaling == nullptr)) return;
    has_rope_factors_ = true;
    vector(spec.factors, TensorRole::kRope);
    if (scaling == nullptr) return;
    vector(scaling->short_factors, TensorRole::kRope);
    vector(scaling->long_factors, TensorRole::kRope);
  }

  int layer_ = -1;
  bool has_rope_factors_ = false;  // the same tensors serve all layers
};

int64_t active_bytes(const std::vector<TensorUse>& uses, const gguf::File& file, int64_t n_tokens) {
  double total = 0;
  for (const TensorUse& use : uses) {
    if (use.role == TensorRole::kEmbedding) continue;
    const gguf::TensorInfo* tensor = file.find(use.name);
    RIDGE_CHECK(tensor != nullptr);
    const double share = double(use.n_active) / double(use.n_matrices);
    total += double(tensor->n_bytes) * (1 - std::pow(1 - share, double(n_tokens)));
  }
  return std::llround(total);
}

}  // namespace

std::string_view name(TensorRole role) {
  switch (role) {
    case TensorRole::kEmbedding:
      return "embedding";
    case TensorRole::kOutput:
      return "output";
    case TensorRole::kNorm:
      return "norms";
    case TensorRole::kAttention:
      return "attention";
    case TensorRole::kRecurrent:
      return "recurrent";
    case TensorRole::kFeedForward:
      return "feed-forward";
    case TensorRole::kRouter:
      return "routers";
    case TensorRole::kExperts:
      return "experts";
    case TensorRole::kRope:
      return "rope";
  }
  return "";
}

std::vector<TensorUse> tensor_uses(const ModelSpec& spec) {
  Collector collect;
  collect.model(spec);
  return std::move(collect.uses);
}

std::vector<TensorUse> all_tensor_uses(const ModelSpec& spec) {
  Collector collect;
  collect.model(spec);
  if (spec.prediction) collect.prediction(*spec.prediction, int(spec.layers.size()));
  return std::move(collect.uses);
}

std::vector<TensorUse> prediction_uses(const ModelSpec& spec) {
  std::vector<TensorUse> uses = all_tensor_uses(spec);
  uses.erase(uses.begin(), uses.begin() + std::ptrdiff_t(tensor_uses(spec).size()));
  return uses;
}

int64_t active_weight_bytes(const ModelSpec& spec, const gguf::File& file, int64_t n_tokens) {
  return active_bytes(tensor_uses(spec), file, n_tokens);
}

int64_t active_prediction_bytes(const ModelSpec& spec, const gguf::File& file) {
  RIDGE_CHECK(spec.prediction.has_value());
  const int64_t own = active_bytes(prediction_uses(spec), file, 1);
  return spec.prediction->output ? own : own + int64_t(file.find(spec.output.name)->n_bytes);
}

}  // namespace ridge
