// What Gemma 2, 3 and 4 have in common.
#pragma once

#include "spec/arch/reader.h"

namespace ridge::arch {

// Norms before and after attention and feed-forward, which is gated by GELU.
LayerSpec gemma_layer(ArchReader& reader, int layer, AttentionSpec attention);

// What multiplies q·k in Gemma 2 and 3: the largest, 27B with so many layers, divides by the root
// of d_model / n_heads (its query_pre_attn_scalar) instead of the head size, and files say so only
// by their shape.
float gemma_attention_scale(const ArchReader& reader, const AttentionSpec& attention,
                            int n_layers_of_27b);

}  // namespace ridge::arch
