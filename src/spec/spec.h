// ModelSpec: a model as plain data. arch/<name>.cpp makes it from metadata; the loader, the forward
// pass, the KV allocator, the planner and the quantizer read it, and nothing else describes a
// model. Every tensor that a spec names exists in the file; optional ones that are absent have an
// empty name. Values only: copy and share freely.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ridge {

// Rows [first_row, first_row + n_out) of a tensor's matrix, or of each of its matrices. Most take
// all rows; converters also stack what reads the same input (Q, K and V; gate and up).
struct MatrixSpec {
  std::string name;  // tensor name in the file; empty: absent
  int64_t n_out = 0;
  int64_t n_in = 0;
  int64_t n_matrices = 1;  // in the tensor: one for each expert
  int64_t first_row = 0;
  int64_t stacked_rows = 0;  // of all that are stacked; 0: n_out, alone in the tensor
  explicit operator bool() const { return !name.empty(); }
  int64_t tensor_rows() const { return stacked_rows > 0 ? stacked_rows : n_out; }
};

// Values [first, first + size) of a tensor, stacked likewise; or several such vectors.
struct VectorSpec {
  std::string name;
  int64_t size = 0;
  int64_t n_vectors = 1;  // in the tensor: one for each expert or head
  int64_t first = 0;
  int64_t stacked_size = 0;
  explicit operator bool() const { return !name.empty(); }
  int64_t tensor_size() const { return stacked_size > 0 ? stacked_size : size; }
};

enum class NormKind {
  kRms,    // x / rms(x)
  kLayer,  // (x - mean(x)) / deviation(x)
};

struct NormSpec {
  VectorSpec weight;  // with a size but no name: ones
  VectorSpec bias;    // may be absent
  NormKind kind = NormKind::kRms;
  float eps = 1e-5f;
  float scale = 1.0f;  // multiplies the result
  explicit operator bool() const { return weight.size > 0; }
};

enum class RopePairs {
  kInterleaved,  // (2i, 2i+1)
  kHalves,       // (i, i + n/2)
};

// YaRN (Peng et al. 2023): frequencies below beta_slow turns over the original context are divided
// by factor, those above beta_fast are kept, and a linear ramp joins them.
struct YarnSpec {
  float factor = 1.0f;
  int64_t original_context = 0;
  float ext_factor = 1.0f;
  float attn_factor = 1.0f;
  float beta_fast = 32.0f;
  float beta_slow = 1.0f;
};
struct LinearRopeSpec {
  float factor = 1.0f;  // positions are divided by it
};
// LongRoPE (Ding et al. 2024): divisors for each frequency, others where the cache is made for more
// than the original context.
struct LongRopeSpec {
  int64_t original_context = 0;
  VectorSpec short_factors, long_factors;  // [n_rotated / 2]
};

using RopeScaling = std::variant<std::monostate, LinearRopeSpec, YarnSpec, LongRopeSpec>;

struct RopeSpec {
  RopePairs pairs = RopePairs::kHalves;
  int64_t n_rotated = 0;  // dims of a head that turn, from the first on
  float base = 10000.0f;
  RopeScaling scaling;
  float magnitude = 1.0f;  // scales cosines and sines, beside what YaRN does
  VectorSpec factors;      // per-frequency divisors (Llama 3), [n_rotated / 2]
};

// Q at position p is multiplied by 1 + scale · ln(1 + ⌊(p + offset) / interval⌋) (Llama 4).
struct TemperatureSpec {
  float scale = 0.0f;
  int64_t interval = 1;  // tokens
  int64_t offset = 0;    // tokens
  explicit operator bool() const { return scale != 0.0f; }
};

struct AttentionSpec {
  int64_t n_heads = 0;
  int64_t n_kv_heads = 0;
  int64_t k_dim = 0;     // of a head of Q and K
  int64_t v_dim = 0;     // of a head of V
  float scale = 0.0f;    // multiplies q·k
  int64_t window = 0;    // tokens visible at most, itself included; 0: all
  bool chunked = false;  // it sees those since the last multiple of the window alone (Llama 4)
  float softcap = 0.0f;
  TemperatureSpec temperature;
  RopeSpec rope;
  MatrixSpec q, k, v, output;  // v absent: V is what k gives, before its norm and rope
  int64_t kv_layer = -1;       // an earlier one, whose cache it reads; then k and v are absent
  VectorSpec q_bias, k_bias, v_bias, output_bias;
  NormSpec q_norm, k_norm;  // over each head (one weight or one each), or all where so wide
  bool norms_after_rope = false;
  NormSpec v_norm;   // over each head
  VectorSpec sinks;  // [n_heads]: a score of each softmax that brings no value
  // Whether q has twice the rows: each head's queries, then a gate that multiplies, by its sigmoid,
  // what the head attends to.
  bool is_gated = false;
};

// Latent attention (DeepSeek-AI, "DeepSeek-V2", 2024): of a token only a latent vector is cached,
// from which every head makes its K and V, and one part of K that turns and is the same for all
// heads.
struct LatentAttentionSpec {
  int64_t n_heads = 0;
  int64_t latent_dim = 0;
  int64_t nope_dim = 0;  // of a head of Q and K, that does not turn; rope.n_rotated more do
  int64_t v_dim = 0;     // of a head of V
  float scale = 0.0f;    // multiplies q·k
  RopeSpec rope;
  MatrixSpec q_a;     // [q_b.n_in, d_model]; absent: q_b reads x
  NormSpec q_a_norm;  // of what it gives
  MatrixSpec q_b;     // [n_heads * (nope_dim + n_rotated), …]
  MatrixSpec kv_a;    // [latent_dim + n_rotated, d_model]
  NormSpec latent_norm;
  MatrixSpec k_b;   // n_heads matrices [latent_dim, nope_dim]: K's, transposed
  MatrixSpec v_b;   // n_heads matrices [v_dim, latent_dim]
  MatrixSpec kv_b;  // in place of both: for each head nope_dim rows of K, then v_dim of V
  MatrixSpec output;

  int64_t k_dim() const { return nope_dim + rope.n_rotated; }
  int64_t row_dim() const { return latent_dim + rope.n_rotated; }  // of what is cached
};

// Gated delta net: a linear attention whose memory is one matrix a head (Yang et al. 2024). q, k
// and v pass a causal convolution with SiLU first; each value head's result is normed and
// multiplied by the SiLU of its gate.
enum class KeyHeadOrder {
  kBlocks,  // value head h has the keys of head h / (n_v_heads / n_k_heads)
  kCyclic,  // … of head h % n_k_heads
};
struct DeltaNetSpec {
  int64_t n_k_heads = 0;
  int64_t n_v_heads = 0;
  int64_t k_dim = 0;   // of a head of Q and K
  int64_t v_dim = 0;   // of a head of V
  int64_t n_taps = 0;  // rows that the convolution sees, the row itself included
  KeyHeadOrder key_heads = KeyHeadOrder::kBlocks;
  float qk_norm_eps = 1e-6f;
  MatrixSpec qkv;          // [n_channels(), d_model]: heads of q, of k, of v
  MatrixSpec gate;         // [n_v_heads * v_dim, d_model]
  MatrixSpec alpha, beta;  // [n_v_heads, d_model], or both in one:
  MatrixSpec beta_alpha;   // [2 * n_v_heads, d_model]: a key head's betas, then its alphas
  MatrixSpec convolution;  // [n_channels(), n_taps]
  VectorSpec a, dt_bias;   // [n_v_heads]: a state decays by e^(a · softplus(alpha + dt_bias))
  NormSpec norm;           // over each value head
  MatrixSpec output;

  int64_t n_channels() const { return 2 * n_k_heads * k_dim + n_v_heads * v_dim; }
};

// (b, c, x) = in · h; out · (c * convolution(b * x))
struct ShortConvSpec {
  int64_t d_model = 0;
  int64_t n_taps = 0;      // rows that the convolution sees, the row itself included
  MatrixSpec input;        // [3 * d_model, d_model]
  MatrixSpec convolution;  // [d_model, n_taps]
  MatrixSpec output;
};

enum class FfnActivation {
  kSilu,
  kGeluTanh,
  kClampedSwish,  // g·σ(1.702 g)·(u + 1), g up to 7 and u within ±7 (gpt-oss)
};

// (activation(x · gate) * (x · up)) · down; without a gate activation(x · up) · down.
struct DenseFfnSpec {
  int64_t d_ff = 0;
  FfnActivation activation = FfnActivation::kSilu;
  MatrixSpec gate, up, down;
  VectorSpec up_bias, down_bias;  // up_bias: without a gate
};

enum class ExpertScore { kSoftmax, kSigmoid };  // of the router's logits, over all experts

// Experts in groups of equal size, of which only the n_used best can be chosen from: those of the
// best expert (DeepSeek V2) or, where scores are sigmoids, of the highest sum of two (V3).
struct ExpertGroupsSpec {
  int64_t n_groups = 1;
  int64_t n_used = 1;
};

// Mixture of experts: each token goes to the top_k experts of the highest score.
struct MoeFfnSpec {
  int64_t n_experts = 0;
  int64_t top_k = 0;
  int64_t d_ff = 0;  // of one expert
  FfnActivation activation = FfnActivation::kSilu;
  ExpertScore score = ExpertScore::kSoftmax;
  ExpertGroupsSpec groups;
  bool weighs_input = false;                 // weights multiply x, not the activation's output
  bool normalise = false;                    // the chosen scores are divided by their sum
  float weight_scale = 1.0f;                 // multiplies them in the end
  MatrixSpec router;                         // [n_experts, d_model]
  VectorSpec logit_bias;                     // [n_experts], added to the router's logits
  VectorSpec router_bias;                    // [n_experts], added to scores for the choice alone
  VectorSpec expert_scale;                   // [n_experts], multiplies the chosen weights, too
  MatrixSpec gate, up, down;                 // n_experts matrices each
  VectorSpec gate_bias, up_bias, down_bias;  // and as many vectors
  DenseFfnSpec shared;     // an expert that all tokens go to; its matrices may be absent
  MatrixSpec shared_gate;  // [1, d_model]: sigmoid of its logit scales the shared expert
};

// A dense feed-forward and experts side by side, added up (Gemma 4). The dense one reads what the
// layer's norm gives; experts and router read the stream, each through a norm of its own.
struct DenseAndMoeFfnSpec {
  DenseFfnSpec dense;
  NormSpec dense_post_norm;
  NormSpec router_norm;
  NormSpec experts_norm;
  MoeFfnSpec experts;
  NormSpec experts_post_norm;
};

using FfnSpec = std::variant<DenseFfnSpec, MoeFfnSpec, DenseAndMoeFfnSpec>;

using MixerSpec = std::variant<AttentionSpec, LatentAttentionSpec, DeltaNetSpec, ShortConvSpec>;

// What a layer takes of each token's own inputs (Gemma 3n, 4): the stream += norm(projection ·
// (gelu(gate · stream) * inputs)).
struct TokenInputSpec {
  MatrixSpec gate;        // [width, d_model]
  MatrixSpec projection;  // [d_model, width]
  NormSpec post_norm;
  explicit operator bool() const { return bool(gate); }
};

// A block without a norm before it reads what the one before it read: the stream itself where
// neither has one; the same normed values where the two work side by side (parallel blocks).
struct LayerSpec {
  NormSpec mixer_norm;
  MixerSpec mixer;
  NormSpec mixer_post_norm;  // before the residual add; often absent
  NormSpec ffn_norm;
  FfnSpec ffn;
  NormSpec ffn_post_norm;
  TokenInputSpec token_input;  // often absent
  VectorSpec output_scale;     // [1], multiplies the stream in the end; often absent
};

// Inputs of each token to each layer: embedding_scale · embedding[token] + norm(projection · x)
// with x the stream before the first layer, cut into one vector a layer, each normed by itself.
struct TokenInputsSpec {
  int64_t width = 0;     // of one layer's; 0: the model has none
  MatrixSpec embedding;  // [n_vocab, n_layers * width]
  float embedding_scale = 1.0f;
  MatrixSpec projection;  // [n_layers * width, d_model]
  NormSpec norm;          // [width]
};

// A layer that predicts the token after next (multi-token prediction: DeepSeek-V3,
// arXiv:2412.19437, 2.2). Its stream begins as projection · (embedding_norm(e), hidden_norm(h)),
// for the embedding e of the next token and the model's normed state h of this one; where it goes
// on by itself its own normed state stands for h.
struct PredictionSpec {
  NormSpec embedding_norm, hidden_norm;
  MatrixSpec projection;  // [d_model, 2 * d_model]
  LayerSpec layer;
  // Absent: the model's.
  MatrixSpec embedding;
  NormSpec output_norm;
  MatrixSpec output;
};

struct ModelSpec {
  std::string architecture;
  int64_t d_model = 0;
  int64_t n_vocab = 0;
  int64_t context_length = 0;  // tokens it was trained for
  float embedding_scale = 1.0f;
  float residual_scale = 1.0f;  // multiplies what every block adds to the stream
  float logit_scale = 1.0f;
  float logit_softcap = 0.0f;
  MatrixSpec embedding;
  TokenInputsSpec token_inputs;
  std::vector<LayerSpec> layers;
  NormSpec output_norm;
  MatrixSpec output;  // names the embedding's tensor when they are tied
  VectorSpec output_bias;
  std::optional<PredictionSpec> prediction;  // for speculation; the forward pass goes without
  // Tensors whose names begin so may be in the file; the forward pass does not read them.
  std::vector<std::string> set_aside;

  bool tied_output() const { return output.name == embedding.name; }
};

}  // namespace ridge
