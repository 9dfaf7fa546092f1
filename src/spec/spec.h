// ModelSpec: a model as plain data. arch/<name>.cpp makes it from metadata; the loader, the forward
// pass, the KV allocator, the planner and the quantizer read it, and nothing else describes a
// model. Every tensor that a spec names exists in the file; optional ones that are absent have an
// empty name. Values only: copy and share freely.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace ridge {

struct MatrixSpec {
  std::string name;  // tensor name in the file; empty: absent
  int64_t n_out = 0;
  int64_t n_in = 0;
  int64_t n_matrices = 1;  // in the tensor: one for each expert
  explicit operator bool() const { return !name.empty(); }
};

struct VectorSpec {
  std::string name;
  int64_t size = 0;
  int64_t n_vectors = 1;  // in the tensor: one for each expert
  explicit operator bool() const { return !name.empty(); }
};

struct NormSpec {
  VectorSpec weight;
  float eps = 1e-5f;
  explicit operator bool() const { return bool(weight); }
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

struct RopeSpec {
  RopePairs pairs = RopePairs::kHalves;
  int64_t n_rotated = 0;  // dims of a head that turn, from the first on
  float base = 10000.0f;
  std::variant<std::monostate, LinearRopeSpec, YarnSpec> scaling;
  VectorSpec factors;  // per-frequency divisors (Llama 3), [n_rotated / 2]
};

struct AttentionSpec {
  int64_t n_heads = 0;
  int64_t n_kv_heads = 0;
  int64_t k_dim = 0;   // of a head of Q and K
  int64_t v_dim = 0;   // of a head of V
  float scale = 0.0f;  // multiplies q·k
  int64_t window = 0;  // tokens visible, itself included; 0: all
  float softcap = 0.0f;
  RopeSpec rope;
  MatrixSpec q, k, v, output;
  VectorSpec q_bias, k_bias, v_bias, output_bias;
  NormSpec q_norm, k_norm;  // over each head, or over all of them where the weight is that wide
  VectorSpec sinks;         // [n_heads]: a score of each softmax that brings no value
  // Whether q has twice the rows: each head's queries, then a gate that multiplies, by its sigmoid,
  // what the head attends to.
  bool is_gated = false;
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

struct DenseFfnSpec {
  int64_t d_ff = 0;
  FfnActivation activation = FfnActivation::kSilu;
  MatrixSpec gate, up, down;
};

enum class ExpertScore { kSoftmax, kSigmoid };  // of the router's logits, over all experts

// Mixture of experts: each token goes to the top_k experts of the highest score.
struct MoeFfnSpec {
  int64_t n_experts = 0;
  int64_t top_k = 0;
  int64_t d_ff = 0;  // of one expert
  FfnActivation activation = FfnActivation::kSilu;
  ExpertScore score = ExpertScore::kSoftmax;
  bool normalise = false;                    // the chosen scores are divided by their sum
  float weight_scale = 1.0f;                 // multiplies them in the end
  MatrixSpec router;                         // [n_experts, d_model]
  VectorSpec logit_bias;                     // [n_experts], added to the router's logits
  VectorSpec router_bias;                    // [n_experts], added to scores for the choice alone
  MatrixSpec gate, up, down;                 // n_experts matrices each
  VectorSpec gate_bias, up_bias, down_bias;  // and as many vectors
  DenseFfnSpec shared;     // an expert that all tokens go to; its matrices may be absent
  MatrixSpec shared_gate;  // [1, d_model]: sigmoid of its logit scales the shared expert
};

struct LayerSpec {
  NormSpec mixer_norm;
  std::variant<AttentionSpec, DeltaNetSpec, ShortConvSpec> mixer;
  NormSpec mixer_post_norm;  // before the residual add; often absent
  NormSpec ffn_norm;
  std::variant<DenseFfnSpec, MoeFfnSpec> ffn;
  NormSpec ffn_post_norm;
};

struct ModelSpec {
  std::string architecture;
  int64_t d_model = 0;
  int64_t n_vocab = 0;
  int64_t context_length = 0;  // tokens it was trained for
  float embedding_scale = 1.0f;
  float logit_scale = 1.0f;
  float logit_softcap = 0.0f;
  MatrixSpec embedding;
  std::vector<LayerSpec> layers;
  NormSpec output_norm;
  MatrixSpec output;  // names the embedding's tensor when they are tied
  // Tensors whose names begin so may be in the file; nothing reads them.
  std::vector<std::string> set_aside;

  bool tied_output() const { return output.name == embedding.name; }
};

}  // namespace ridge
