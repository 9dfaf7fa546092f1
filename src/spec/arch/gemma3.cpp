// gemma3: five layers with a sliding window and their own rope base for each one that sees all;
// norms before and after every block, over each head of Q and K, and a scaled embedding.
#include <cmath>

#include "base/error.h"
#include "spec/arch/gemma.h"
#include "spec/arch/list.h"

namespace ridge::arch {
namespace {

constexpr int kDefaultPattern = 6;             // every sixth layer is global
constexpr float kDefaultLocalBase = 10000.0f;  // rope base of the windowed layers
constexpr int kLayersOfGemma3With27B = 62;

}  // namespace

ModelSpec gemma3(ArchReader& reader) {
  ModelSpec spec = reader.model();
  spec.embedding_scale = std::sqrt(float(spec.d_model));
  spec.logit_softcap = reader.number("final_logit_softcapping").value_or(0.0f);
  const int64_t window = reader.require_integer("attention.sliding_window", 1, int64_t{1} << 30);
  const float local_base = reader.number("rope.freq_base_swa").value_or(kDefaultLocalBase);
  const std::vector<bool> windowed = reader.windowed_layers(kDefaultPattern);

  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kHalves);
    attention.scale = gemma_attention_scale(reader, attention, kLayersOfGemma3With27B);
    attention.softcap = reader.number("attn_logit_softcapping").value_or(0.0f);
    reader.norm_heads(i, attention);
    if (windowed[size_t(i)]) {
      attention.window = window;
      attention.rope.base = local_base;
      attention.rope.scaling = {};
    }
    spec.layers.push_back(gemma_layer(reader, i, std::move(attention)));
  }
  return spec;
}

}  // namespace ridge::arch
