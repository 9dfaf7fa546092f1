// Every tensor that a ModelSpec uses, with its role: what the loader checks, `ridge inspect`
// groups, the planner counts and the quantizer types.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "gguf/file.h"
#include "spec/spec.h"

namespace ridge {

enum class TensorRole {
  kEmbedding,
  kOutput,
  kNorm,
  kAttention,
  kRecurrent,    // what stands in attention's place
  kFeedForward,  // dense, or the expert that all tokens go to
  kRouter,
  kExperts,
  kRope,
};
std::string_view name(TensorRole role);

// Which matrix of its block it is.
enum class TensorPart {
  kNone,
  kQ,
  kK,
  kV,
  kQkv,
  kMixerOutput,
  kGate,
  kUp,
  kDown,
  kConvolution,
  kTokenInputs,  // projection to the inputs of every layer
  kDecay,        // a of a delta net: below zero
  kTimeBias,     // its dt_bias
};

struct TensorUse {
  std::string_view name;  // points into the spec
  TensorRole role = TensorRole::kNorm;
  int layer = -1;     // -1: outside the layers
  int64_t n_out = 1;  // 1 for vectors
  int64_t n_in = 0;
  int64_t n_matrices = 1;  // of this shape, one after the other; of vectors that many
  int64_t n_active = 1;    // of them, that one token reads
  TensorPart part = TensorPart::kNone;
};

// In the order of the forward pass. A tied output is listed once, as kOutput.
std::vector<TensorUse> tensor_uses(const ModelSpec& spec);

// Those of spec.prediction alone, where there is one: all that the model's do not hold; and both.
std::vector<TensorUse> prediction_uses(const ModelSpec& spec);
std::vector<TensorUse> all_tensor_uses(const ModelSpec& spec);

// Bytes of weights that one decoded token must read: all of them but the experts it does not go to
// and embedding tables, of which it reads one row, unless one is the output. Or that a pass of
// n_tokens must read on average, where each token's experts have nothing to do with another's.
int64_t active_weight_bytes(const ModelSpec& spec, const gguf::File& file, int64_t n_tokens = 1);
// That a token must read which spec.prediction drafts.
int64_t active_prediction_bytes(const ModelSpec& spec, const gguf::File& file);

}  // namespace ridge
