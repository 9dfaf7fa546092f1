// ModelShape: the numbers that define a model of a known architecture, as a catalogue has them, and
// the metadata that a file of it would carry: so a model that is not there takes the same way to
// its ModelSpec as one that is. Plain data.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "gguf/metadata.h"

namespace ridge {

struct ModelShape {
  std::string name;
  std::string architecture;
  int64_t n_layers = 0;
  int64_t d_model = 0;
  int64_t n_heads = 0;
  int64_t n_kv_heads = 0;
  int64_t head_dim = 0;
  int64_t d_ff = 0;  // of dense layers
  int64_t n_vocab = 0;
  int64_t context = 0;  // tokens
  bool tied = false;    // the output matrix is the embedding
  double rope_base = 10000;
  double norm_eps = 1e-5;
  int64_t n_rotated = 0;     // dims of a head that turn; 0: all
  int64_t yarn_factor = 0;   // 0: frequencies are not scaled
  int64_t yarn_context = 0;  // tokens before it was

  int64_t window = 0;             // tokens that a windowed layer sees; 0: no such layers
  int64_t global_head_dim = 0;    // of layers that see everything, where they differ
  int64_t global_n_kv_heads = 0;  // likewise
  int64_t global_interval = 0;    // layers of which the last does; 0: none does
  bool global_v_from_k = false;   // they have no projection to V

  int64_t token_input_width = 0;  // of what each token brings to each layer
  int64_t n_shared_kv = 0;        // layers at the end that read the caches of earlier ones
  int64_t d_ff_shared_kv = 0;     // of those, where it differs

  int64_t n_experts = 0;
  int64_t top_k = 0;
  int64_t d_expert = 0;
  int64_t n_shared = 0;         // experts for all tokens
  int64_t d_shared = 0;         // width of all of them
  int64_t n_dense_layers = 0;   // at the beginning, without experts
  int64_t expert_interval = 0;  // layers of which the last has experts; 0: all but those have
  int64_t n_groups = 0;         // of experts; 0: they are in none
  int64_t n_groups_used = 0;
  bool biased_choice = false;  // sigmoid scores, and a bias for the choice among them

  int64_t latent_dim = 0;  // of latent attention, whose heads of Q and K are head_dim wide
  int64_t v_dim = 0;       // of its heads of V
  int64_t q_rank = 0;      // of its Q; 0: projected at once

  int64_t attention_interval = 0;  // layers of which the last attends, the others being delta nets
  int64_t delta_k_heads = 0;
  int64_t delta_v_heads = 0;
  int64_t delta_dim = 0;  // of all their heads
  int64_t conv_taps = 0;

  int64_t n_predictions = 0;  // layers behind the others, which predict further ahead
};

gguf::Metadata shape_metadata(const ModelShape& shape);

// Which optional tensors a file of the shape has, for build_spec().
std::function<bool(std::string_view)> shape_tensors(const ModelShape& shape);

}  // namespace ridge
