// lfm2: Liquid's LFM2. Layers without KV heads mix by a short convolution. lfm2moe: after some
// dense layers, experts chosen by sigmoid plus a learned bias.
#include "base/error.h"
#include "spec/arch/list.h"

namespace ridge::arch {
namespace {

constexpr int64_t kMostTaps = 16;
constexpr int64_t kChannelStep = 16;  // widths are multiples of it

ShortConvSpec short_conv(ArchReader& reader, int layer) {
  const int64_t d_model = reader.d_model();
  const int64_t n_taps = reader.require_integer("shortconv.l_cache", 2, kMostTaps);
  if (d_model % kChannelStep != 0) {
    fail(ErrorCode::kUnsupported, "short convolutions have ", d_model,
         " channels; implemented are multiples of ", kChannelStep);
  }
  return {.d_model = d_model,
          .n_taps = n_taps,
          .input = reader.matrix(blk(layer, "shortconv.in_proj"), 3 * d_model, d_model),
          .convolution = reader.matrix(blk(layer, "shortconv.conv"), d_model, n_taps),
          .output = reader.matrix(blk(layer, "shortconv.out_proj"), d_model, d_model)};
}

}  // namespace

ModelSpec lfm2(ArchReader& reader) {
  ModelSpec spec = reader.model();
  spec.output_norm = reader.norm("token_embd_norm", spec.d_model);
  reader.expect("attention.sliding_window", 0);
  for (int i = 0; i < reader.n_layers(); ++i) {
    LayerSpec layer{.mixer_norm = reader.norm(blk(i, "attn_norm"), spec.d_model)};
    constexpr int64_t kMostHeads = 1 << 12;
    if (reader.layer_integer("attention.head_count_kv", i, 0, kMostHeads) == 0) {
      layer.mixer = short_conv(reader, i);
    } else {
      AttentionSpec attention = reader.attention(i, RopePairs::kHalves);
      reader.norm_heads(i, attention);
      layer.mixer = std::move(attention);
    }
    layer.ffn_norm = reader.norm(blk(i, "ffn_norm"), spec.d_model);
    layer.ffn = reader.dense_ffn(i, FfnActivation::kSilu);
    spec.layers.push_back(std::move(layer));
  }
  return spec;
}

ModelSpec lfm2moe(ArchReader& reader) {
  ModelSpec spec = lfm2(reader);
  const auto n_dense =
      int(reader.integer("leading_dense_block_count", 0, reader.n_layers()).value_or(0));
  for (int i = n_dense; i < reader.n_layers(); ++i) {
    MoeFfnSpec moe = reader.moe_ffn(i, FfnActivation::kSilu, reader.expert_width(i));
    moe.normalise = true;
    spec.layers[size_t(i)].ffn = std::move(moe);
  }
  return spec;
}

}  // namespace ridge::arch
