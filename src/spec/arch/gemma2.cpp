// gemma2: windowed and global layers by turns, soft caps on scores and logits, norms before and
// after every block, and a scaled embedding.
#include <cmath>

#include "spec/arch/gemma.h"
#include "spec/arch/list.h"

namespace ridge::arch {
namespace {

constexpr int64_t kDefaultPeriod = 2;  // every second layer is global
constexpr int64_t kDefaultWindow = 4096;
constexpr float kDefaultScoreCap = 50.0f;
constexpr float kDefaultLogitCap = 30.0f;
constexpr int kLayersOfGemma2With27B = 46;

}  // namespace

ModelSpec gemma2(ArchReader& reader) {
  ModelSpec spec = reader.model();
  spec.embedding_scale = std::sqrt(float(spec.d_model));
  spec.logit_softcap = reader.number("final_logit_softcapping").value_or(kDefaultLogitCap);
  const float score_cap = reader.number("attn_logit_softcapping").value_or(kDefaultScoreCap);
  const int64_t window =
      reader.integer("attention.sliding_window", 1, int64_t{1} << 30).value_or(kDefaultWindow);
  const std::vector<bool> windowed = reader.windowed_layers(kDefaultPeriod);

  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kHalves);
    attention.scale = gemma_attention_scale(reader, attention, kLayersOfGemma2With27B);
    attention.softcap = score_cap;
    if (windowed[size_t(i)]) {
      attention.window = window;
      attention.rope.base = reader.number("rope.freq_base_swa").value_or(attention.rope.base);
    }
    spec.layers.push_back(gemma_layer(reader, i, std::move(attention)));
  }
  return spec;
}

}  // namespace ridge::arch
