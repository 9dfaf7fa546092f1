// Layers in words: what differs between two layers differs in their descriptions.
#include <map>

#include "base/strcat.h"
#include "cli/inspect/model_report.h"
#include "cli/ui/format.h"

namespace ridge::cli {
namespace {

std::string describe(const RopeSpec& rope) {
  if (rope.n_rotated == 0) return "no rope";
  std::string text = cat("rope base ", human_count(int64_t(rope.base)), " over ", rope.n_rotated,
                         rope.pairs == RopePairs::kInterleaved ? " interleaved" : "");
  if (const auto* linear = std::get_if<LinearRopeSpec>(&rope.scaling)) {
    text += cat(", linear /", linear->factor);
  }
  if (const auto* yarn = std::get_if<YarnSpec>(&rope.scaling)) {
    text += cat(", YaRN ×", yarn->factor, " of ", yarn->original_context);
  }
  if (const auto* scaling = std::get_if<LongRopeSpec>(&rope.scaling)) {
    text += cat(", LongRoPE beyond ", scaling->original_context);
  }
  if (rope.factors) text += ", frequency factors";
  return text;
}

std::string describe(const AttentionSpec& attention) {
  std::string text = cat("attention ", attention.n_heads, "/", attention.n_kv_heads, " heads of ",
                         attention.k_dim);
  if (attention.v_dim != attention.k_dim) text += cat("+", attention.v_dim);
  if (attention.window > 0) {
    text += cat(attention.chunked ? ", chunks of " : ", window ", attention.window);
  }
  text += ", " + describe(attention.rope);
  const bool shares_cache = attention.kv_layer >= 0;
  if (shares_cache) text += cat(", cache of layer ", attention.kv_layer);
  if (!attention.v && !shares_cache) text += ", V of K's projection";
  if (attention.q_bias) text += ", biases";
  if (attention.q_norm) text += ", norms of q and k";
  if (attention.sinks) text += ", sinks";
  if (attention.is_gated) text += ", gated";
  if (attention.softcap > 0) text += cat(", soft cap ", attention.softcap);
  if (attention.temperature) {
    text += cat(", temperature by the logarithm of position / ", attention.temperature.interval);
  }
  return text;
}

std::string describe(const LatentAttentionSpec& attention) {
  std::string text = cat("latent attention ", attention.n_heads, " heads of ", attention.k_dim());
  if (attention.v_dim != attention.k_dim()) text += cat("+", attention.v_dim);
  text += cat(", ", attention.row_dim(), " cached, ", describe(attention.rope));
  if (attention.q_a) text += cat(", q of ", attention.q_a.n_out);
  return text;
}

std::string describe(const DeltaNetSpec& net) {
  std::string text = cat("delta net ", net.n_v_heads, "/", net.n_k_heads, " heads of ", net.k_dim);
  if (net.v_dim != net.k_dim) text += cat("+", net.v_dim);
  return text + cat(", convolution over ", net.n_taps);
}

std::string describe(const ShortConvSpec& conv) {
  return cat("convolution over ", conv.n_taps);
}

std::string describe(const DenseFfnSpec& ffn) {
  return cat("feed-forward ", ffn.d_ff, " ", name(ffn.activation),
             ffn.gate ? "" : " without a gate");
}

std::string describe(const MoeFfnSpec& moe) {
  std::string text = cat(moe.top_k, " of ", moe.n_experts, " experts of ", moe.d_ff, " ",
                         name(moe.activation), moe.gate_bias ? " with biases" : "",
                         moe.score == ExpertScore::kSigmoid ? ", sigmoid" : ", softmax",
                         moe.router_bias ? " with bias" : "", moe.normalise ? ", normalised" : "");
  if (moe.groups.n_groups > 1) {
    text += cat(", of ", moe.groups.n_used, " of ", moe.groups.n_groups, " groups");
  }
  if (moe.weight_scale != 1) text += cat(", × ", moe.weight_scale);
  if (moe.shared.gate) {
    text += cat(", shared ", moe.shared.d_ff, moe.shared_gate ? " with gate" : "");
  }
  return text;
}

std::string describe(const DenseAndMoeFfnSpec& ffn) {
  return cat(describe(ffn.dense), " beside ", describe(ffn.experts));
}

std::string describe(const LayerSpec& layer) {
  const auto in_words = [](const auto& part) { return describe(part); };
  const bool is_parallel = layer.mixer_norm && !layer.ffn_norm;
  std::string text = cat(std::visit(in_words, layer.mixer), is_parallel ? "; beside it " : "; ",
                         std::visit(in_words, layer.ffn));
  if (layer.mixer_norm.kind == NormKind::kLayer) text += "; layer norms";
  if (layer.mixer_post_norm || layer.ffn_post_norm) {
    text += layer.mixer_norm ? "; norms after each" : "; norms after each, none before";
  }
  if (layer.token_input) text += cat("; inputs of each token ", layer.token_input.gate.n_out);
  return text;
}

// 0, 1, 2, 4 is "0-2, 4".
std::string ranges(const std::vector<int64_t>& indices) {
  std::string text;
  for (size_t i = 0; i < indices.size();) {
    size_t last = i;
    while (last + 1 < indices.size() && indices[last + 1] == indices[last] + 1) ++last;
    text += cat(text.empty() ? "" : ", ", indices[i]);
    if (last > i) text += cat("-", indices[last]);
    i = last + 1;
  }
  return text;
}

}  // namespace

std::string_view name(FfnActivation activation) {
  switch (activation) {
    case FfnActivation::kSilu:
      return "silu";
    case FfnActivation::kGeluTanh:
      return "gelu";
    case FfnActivation::kClampedSwish:
      return "clamped swish";
  }
  return "";
}

std::vector<LayerGroup> group_layers(const ModelSpec& spec) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<int64_t>> members;
  for (size_t i = 0; i < spec.layers.size(); ++i) {
    auto& indices = members[describe(spec.layers[i])];
    if (indices.empty()) order.push_back(describe(spec.layers[i]));
    indices.push_back(int64_t(i));
  }
  std::vector<LayerGroup> groups;
  for (const std::string& description : order) {
    const auto& indices = members[description];
    groups.push_back({.layers = ranges(indices),
                      .n_layers = int64_t(indices.size()),
                      .description = description});
  }
  return groups;
}

}  // namespace ridge::cli
