// What the hybrids of Qwen 3-Next and 3.5 have in common: most layers are gated delta nets, every
// few one attends, with a gate on what it finds.
#pragma once

#include <functional>

#include "spec/arch/reader.h"

namespace ridge::arch {

// Layers without feed-forwards, those that predict further tokens left out. order: of the value
// heads in the file.
void add_qwen_hybrid_layers(ArchReader& reader, ModelSpec& spec, KeyHeadOrder order);

// The layer that predicts the token after next, which attends, with this feed-forward; where the
// file has it.
void add_qwen_prediction(ArchReader& reader, ModelSpec& spec,
                         const std::function<FfnSpec(int layer)>& ffn);

// A mixture whose chosen scores sum to one, with a shared expert and its gate.
MoeFfnSpec qwen_hybrid_moe(ArchReader& reader, int layer);

// Checks that positions of text turn every pair of a head (multi-section rope, as of Qwen-VL: a
// pair turns by a token's place in time, height or width, which are one for text).
void check_rope_sections(ArchReader& reader);

}  // namespace ridge::arch
