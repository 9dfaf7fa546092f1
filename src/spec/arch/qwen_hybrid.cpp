#include "spec/arch/qwen_hybrid.h"

#include "base/error.h"

namespace ridge::arch {
namespace {

constexpr int64_t kMostHeads = 1 << 12;
constexpr int64_t kMostWidth = 1 << 20;
constexpr int64_t kMostTaps = 16;
constexpr int64_t kHeadStep = 16;  // head sizes are multiples of it

std::vector<bool> recurrent_layers(ArchReader& reader) {
  const int64_t interval = reader.integer("full_attention_interval", 1, 1024).value_or(4);
  if (const auto flags = reader.layer_flags("attention.recurrent_layers")) return *flags;
  std::vector<bool> recurrent;
  for (int i = 0; i < reader.n_layers(); ++i) recurrent.push_back((i + 1) % interval != 0);
  return recurrent;
}

int64_t head_size(std::string_view what, int64_t size) {
  if (size % kHeadStep != 0) {
    fail(ErrorCode::kUnsupported, "heads of ", what, " in the delta net have ", size,
         " dimensions; implemented are multiples of ", kHeadStep);
  }
  return size;
}

DeltaNetSpec delta_net(ArchReader& reader, int layer, KeyHeadOrder order) {
  const auto name = [&](std::string_view stem) { return blk(layer, stem); };
  DeltaNetSpec net{.key_heads = order};
  net.n_k_heads = reader.require_integer("ssm.group_count", 1, kMostHeads);
  net.n_v_heads = reader.require_integer("ssm.time_step_rank", 1, kMostHeads);
  net.k_dim = head_size("q and k", reader.require_integer("ssm.state_size", 1, kMostWidth));
  net.n_taps = reader.require_integer("ssm.conv_kernel", 2, kMostTaps);
  const int64_t v_width = reader.require_integer("ssm.inner_size", 1, kMostWidth);
  if (net.n_v_heads % net.n_k_heads != 0 || v_width % net.n_v_heads != 0) {
    fail(ErrorCode::kInvalidFile, "the delta net has ", net.n_v_heads, " value heads, ",
         net.n_k_heads, " key heads and a width of ", v_width, ", which do not divide");
  }
  net.v_dim = head_size("v", v_width / net.n_v_heads);

  const int64_t d_model = reader.d_model();
  net.qkv = reader.matrix(name("attn_qkv"), net.n_channels(), d_model);
  net.gate = reader.matrix(name("attn_gate"), v_width, d_model);
  net.convolution = reader.matrix(name("ssm_conv1d"), net.n_channels(), net.n_taps);
  net.a = {.name = name("ssm_a"), .size = net.n_v_heads};
  net.dt_bias = {.name = name("ssm_dt.bias"), .size = net.n_v_heads};
  net.norm = reader.norm(name("ssm_norm"), net.v_dim);
  net.output = reader.matrix(name("ssm_out"), d_model, v_width);
  if (order == KeyHeadOrder::kBlocks) {
    net.beta_alpha = reader.matrix(name("ssm_ba"), 2 * net.n_v_heads, d_model);
  } else {
    net.alpha = reader.matrix(name("ssm_alpha"), net.n_v_heads, d_model);
    net.beta = reader.matrix(name("ssm_beta"), net.n_v_heads, d_model);
  }
  return net;
}

AttentionSpec gated_attention(ArchReader& reader, int layer) {
  AttentionSpec attention = reader.attention(layer, RopePairs::kHalves);
  if (attention.k_dim != attention.v_dim) {
    fail(ErrorCode::kInvalidFile, "heads of q and k have ", attention.k_dim,
         " dimensions and those of v ", attention.v_dim, "; a gate beside q needs as many");
  }
  attention.is_gated = true;
  attention.q.n_out *= 2;
  reader.norm_heads(layer, attention);
  return attention;
}

}  // namespace

void add_qwen_hybrid_layers(ArchReader& reader, ModelSpec& spec, KeyHeadOrder order) {
  reader.set_aside_prediction_layers(spec);
  const std::vector<bool> recurrent = recurrent_layers(reader);
  for (int i = 0; i < reader.n_layers(); ++i) {
    LayerSpec& layer = spec.layers.emplace_back();
    layer.mixer_norm = reader.norm(blk(i, "attn_norm"), reader.d_model());
    // Both are read: a model cut to a few layers may have one kind alone, and the keys of two.
    DeltaNetSpec net = delta_net(reader, i, order);
    AttentionSpec attention = gated_attention(reader, i);
    if (recurrent[size_t(i)]) {
      layer.mixer = std::move(net);
    } else {
      layer.mixer = std::move(attention);
    }
    layer.ffn_norm = reader.norm(blk(i, "post_attention_norm"), reader.d_model());
  }
}

void add_qwen_prediction(ArchReader& reader, ModelSpec& spec,
                         const std::function<FfnSpec(int layer)>& ffn) {
  const auto i = reader.prediction_layer();
  if (!i) return;
  LayerSpec layer{.mixer_norm = reader.norm(blk(*i, "attn_norm"), reader.d_model()),
                  .mixer = gated_attention(reader, *i),
                  .ffn_norm = reader.norm(blk(*i, "post_attention_norm"), reader.d_model()),
                  .ffn = ffn(*i)};
  spec.prediction = reader.prediction(*i, std::move(layer), spec.n_vocab);
}

MoeFfnSpec qwen_hybrid_moe(ArchReader& reader, int layer) {
  MoeFfnSpec moe = reader.moe_ffn(layer, FfnActivation::kSilu, reader.expert_width(layer));
  moe.normalise = true;
  const int64_t d_shared = reader.shared_expert_width(layer);
  reader.add_shared_expert(layer, moe, d_shared, ArchReader::SharedGate::kSigmoid);
  return moe;
}

// Pair i belongs to section i mod 3 of the first three (time, height, width) while i is below three
// times that section's length; other pairs belong to a fourth position, which is zero for text.
void check_rope_sections(ArchReader& reader) {
  const auto sections = reader.integers("rope.dimension_sections");
  if (!sections) return;
  const int64_t n_pairs = reader.integer("rope.dimension_count", 0, kMostWidth).value_or(0) / 2;
  bool covers = sections->size() >= 3;
  int64_t total = 0;
  for (int64_t length : *sections) {
    covers = covers && length >= 0 && length <= kMostWidth;
    total += covers ? length : 0;
  }
  for (int64_t i = 0; covers && i < n_pairs; ++i) {
    const int64_t sector = total > 0 ? i % total : i;
    covers = sector < 3 * (*sections)[size_t(sector % 3)];
  }
  if (!covers) {
    fail(ErrorCode::kUnsupported, "rope.dimension_sections does not give each of ", n_pairs,
         " pairs a place in time, height or width; that is not implemented");
  }
}

}  // namespace ridge::arch
