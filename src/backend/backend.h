// Backend: what a machine can do for a transformer, as eager verbs on tensor views. It owns all
// device memory; models and engines are written once against this interface and never dereference
// a tensor. Verbs check nothing that a correct model guarantees (shapes are RIDGE_DCHECKed); memory
// and device failures throw Error{kOutOfMemory, kDevice}. One thread at a time may call a Backend;
// a verb may run asynchronously until sync() or download().
//
// Numerics: activations are f32. Outputs of one row never depend on which other rows are in the
// call (batch invariance): a verb accumulates in an order fixed by the row's own shape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "backend/tensor.h"

namespace ridge {

// Where the bytes of a weight come from. read(begin, destination) copies destination.size() bytes
// of the row-major tensor from byte `begin`; it may be called from several threads at once.
struct WeightSource {
  std::string_view name;
  DType dtype = DType::kF32;
  int64_t n_out = 0;       // rows of one matrix of the file's tensor
  int64_t n_in = 0;        // columns, contiguous
  int64_t n_matrices = 1;  // one after the other: the experts of a layer
  std::function<void(uint64_t begin, std::span<std::byte> destination)> read;
  // Where the rows of the first matrix lie in memory for the weight's whole life, and how far apart
  // matrices begin; then a back end that can leaves them there. Null: copy them by read.
  const std::byte* mapped = nullptr;
  uint64_t mapped_matrix_bytes = 0;
};

// A matrix [n_out, n_in], or several of one shape, in the layout that its back end likes best.
// Immutable once made.
class Weight {
 public:
  Weight(DType dtype, int64_t n_out, int64_t n_in, int64_t n_matrices = 1)
      : dtype_(dtype), n_out_(n_out), n_in_(n_in), n_matrices_(n_matrices) {}
  virtual ~Weight() = default;
  DType dtype() const { return dtype_; }
  int64_t n_out() const { return n_out_; }
  int64_t n_in() const { return n_in_; }
  int64_t n_matrices() const { return n_matrices_; }
  // Bytes that one pass over all matrices reads: a matrix's share of "active bytes".
  virtual size_t n_bytes() const = 0;

 private:
  DType dtype_;
  int64_t n_out_;
  int64_t n_in_;
  int64_t n_matrices_;
};
using WeightPtr = std::unique_ptr<const Weight>;

enum class Activation {
  kSilu,
  kGeluTanh,
  kGelu,
  kRelu,
  kClampedSwish,  // of gate g and up u: g·σ(1.702 g)·(u + 1), with g <= 7 and -7 <= u <= 7
  kSigmoid,
  kIdentity,
};
inline constexpr int kActivations = 7;

struct LayerNormParams {
  Tensor weight;
  Tensor bias;
  float eps = 1e-5f;
};

// One output of a matmul: out[n, n_out] = x · weightᵀ (+ bias).
struct Projection {
  const Weight* weight = nullptr;
  Tensor bias;         // f32 [n_out], or empty
  Tensor out;          // f32 [n, n_out], rows may be strided
  int64_t matrix = 0;  // which of the weight's matrices
};
enum class Store { kWrite, kAdd };  // kAdd: out += …, for residual streams

// Which experts each row goes to, in ascending order, and how much each counts. Written by route();
// the experts' numbers stay in the back end's memory.
struct Routing {
  Tensor weights;             // f32 [n, top_k]
  Buffer* experts = nullptr;  // int32 [n, top_k]
  int64_t top_k() const { return weights.cols(); }
};
enum class RouterScore { kSoftmax, kSigmoid };  // of a row's logits, over all experts
inline constexpr int64_t kMaxExpertGroups = 64;
struct RouterParams {
  RouterScore score = RouterScore::kSoftmax;
  Tensor bias;          // f32 [n_experts], added to scores for the choice alone; or empty
  Tensor expert_scale;  // f32 [n_experts], multiplies the weights of the chosen; or empty
  // Of so many groups of equal size only the best can be chosen from: by the score (and bias) of
  // the best expert or, where scores are sigmoids, by the sum of the best two.
  int64_t n_groups = 1;  // up to kMaxExpertGroups
  int64_t n_groups_used = 1;
  bool normalise = false;  // the chosen experts' scores are divided by their sum
  float scale = 1.0f;      // multiplies the weights in the end
};
// What the weight of a chosen expert multiplies.
enum class ExpertWeighting {
  kOutput,  // what comes out of the activation, so that down sums up weighted values
  kInput,   // x, and so the values of gate and up
};
// Gate and up projections of all experts of a layer.
struct GatedExperts {
  const Weight& gate;
  const Weight& up;
  Activation activation;
  Tensor gate_bias;  // f32 [n_experts, d_ff], or empty
  Tensor up_bias;
  ExpertWeighting weighting = ExpertWeighting::kOutput;  // kInput: without biases
};
// One projection of all experts of a layer.
struct ExpertProjection {
  const Weight& weight;
  Tensor bias;  // f32 [n_experts, n_out], or empty
};

enum class RopeStyle {
  kInterleaved,  // rotates pairs (2i, 2i+1): llama's GGUF layout
  kHalves,       // rotates pairs (i, i + n/2): "neox"
};
struct RopeParams {
  RopeStyle style = RopeStyle::kHalves;
  Tensor inverse_frequency;  // f32 [n_rotated / 2]; angle = position * inverse_frequency[i]
  float magnitude = 1.0f;    // scales cos and sin (YaRN)
};

// The cache of one layer. K is [n_pages, n_kv_heads, page_size, k_dim], V likewise with v_dim;
// dtype f16 or q8_0 (then the dims are multiples of 32). V may be the first v_dim values of K's
// rows (latent attention): then it is a view of K and kv_write() gets no v.
struct KvView {
  Tensor k;
  Tensor v;
  int page_size() const { return int(k.shape[2]); }
};

// Rows [first_row, first_row + n_rows) of the call belong to one sequence, at positions
// first_pos, first_pos + 1, … . pages[p / page_size] is the page that holds position p, or -1 where
// a window has moved past it.
struct SequenceRows {
  int first_row = 0;
  int n_rows = 0;
  int32_t first_pos = 0;
  std::span<const int32_t> pages;
  int32_t slot = -1;       // of the states that recurrent layers keep of the sequence
  int32_t from_slot = -1;  // where they are before the rows; -1: in `slot`

  int32_t first_slot() const { return from_slot >= 0 ? from_slot : slot; }
};

// Recurrent layers remember a sequence as a state of fixed size, in its slot of a tensor of all
// states. A verb that takes one begins from a state of zeros where the sequence's rows begin at
// position 0, else from what first_slot() holds, and leaves the state after the last row in `slot`.

// A causal convolution of each channel by itself.
enum class ConvolutionOutput { kPlain, kSilu };
struct ShortConvolution {
  Tensor weight;  // f32 [n_taps, n_channels], the last tap meets the row itself
  Tensor states;  // f32 [n_slots, n_taps - 1, n_channels]: the inputs before the next row
  ConvolutionOutput output = ConvolutionOutput::kPlain;
};

// Which key head serves value head h.
enum class KeyHeads {
  kBlocks,  // h / (n_v_heads / n_k_heads): neighbours share
  kCyclic,  // h % n_k_heads
};
struct DeltaNetInputs {
  Tensor q, k;         // f32 [n, n_k_heads, k_dim], not yet normalised
  Tensor v;            // f32 [n, n_v_heads, v_dim]
  Tensor alpha, beta;  // logits, f32 [n, a, b] with a · b = n_v_heads in row-major order
};
struct DeltaNetParams {
  Tensor a;        // f32 [n_v_heads], below zero
  Tensor dt_bias;  // f32 [n_v_heads]
  // f32 [n_slots, n_v_heads, k_dim, v_dim]. The order of a head's elements is the back end's own.
  Tensor states;
  KeyHeads key_heads = KeyHeads::kBlocks;
  float norm_eps = 1e-6f;
};

// Which positions a token sees before itself.
enum class WindowRule {
  kSliding,  // size - 1 of them
  kChunks,   // those from the last multiple of size on
};
struct AttentionWindow {
  int size = 0;  // 0: all
  WindowRule rule = WindowRule::kSliding;

  int64_t first_seen(int64_t position) const {
    if (size == 0) return 0;
    if (rule == WindowRule::kChunks) return position / size * size;
    return position < size ? 0 : position - size + 1;
  }
  // One past the last position that sees `position`; size is not 0.
  int64_t end_of_viewers(int64_t position) const {
    return rule == WindowRule::kChunks ? (position / size + 1) * size : position + size;
  }
};
struct AttentionParams {
  float scale = 1.0f;  // multiplies q·k
  AttentionWindow window;
  float softcap = 0.0f;  // s = cap * tanh(s / cap); 0: none
  Tensor sinks;          // f32 [n_heads]: a score of each softmax that brings no value; or empty
};

constexpr size_t kBandwidthBytes = size_t{1} << 30;  // for figures to keep: no cache holds it
constexpr size_t kQuickBandwidthBytes = size_t{192} << 20;  // for a guess in 0.1 s

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;    // "cpu"
  virtual std::string description() const = 0;  // "cpu avx2, 2 threads"
  // Bytes/s of a plain read loop over so much memory, or less where it is short, anew each time:
  // ~0.5 s for kBandwidthBytes.
  virtual double measure_read_bandwidth(size_t n_bytes) = 0;

  // Memory. Fresh buffers read as zero.
  virtual BufferPtr alloc(size_t n_bytes) = 0;
  virtual WeightPtr make_weight(const WeightSource& source) = 0;
  // Memory that make_weight() would take.
  virtual size_t memory_of(const WeightSource& source) const = 0;
  virtual void upload(const Tensor& dst, std::span<const std::byte> src) = 0;  // dst contiguous
  virtual void download(const Tensor& src, std::span<std::byte> dst) = 0;      // src contiguous
  virtual void sync() = 0;

  // out[n, d] = scale * table[ids[i]]
  virtual void embed(const Tensor& out, const Weight& table, std::span<const int32_t> ids,
                     float scale) = 0;
  // out = x / sqrt(mean(x²) + eps) * weight over the innermost dimension (rank 2 or 3); out may be
  // x.
  virtual void rms_norm(const Tensor& out, const Tensor& x, const Tensor& weight, float eps) = 0;
  // out = (x - mean(x)) / sqrt(variance(x) + eps) * weight + bias, likewise; weight is [dim], or
  // [heads, dim] for x[n, heads, dim]; bias is [dim] or empty.
  virtual void layer_norm(const Tensor& out, const Tensor& x, const LayerNormParams& params) = 0;
  // Every projection reads the same x[n, n_in]: it is quantised once for all of them.
  virtual void matmul(const Tensor& x, std::span<const Projection> projections, Store store) = 0;
  // out[i, h] = x[i, h] · weight_hᵀ: a matrix for each head of x[n, heads, n_in]. The default
  // composes it.
  virtual void head_matmul(const Tensor& out, const Tensor& x, const Weight& weight);
  // out[n, d_ff] = activation(x · gateᵀ) * (x · upᵀ). The default composes it.
  virtual void gated_matmul(const Tensor& out, const Tensor& x, const Weight& gate,
                            const Weight& up, Activation activation);
  // Mixture of experts. route: the top_k experts of each row of logits[n, n_experts] by score, the
  // lower number among equals. The defaults compose these three of matmuls of single rows.
  virtual void route(const Routing& out, const Tensor& logits, const RouterParams& params);
  // The chosen matrices of these weights will be read soon: where they are paged in from a file,
  // now is the time to begin.
  virtual void read_ahead(const Routing& /*routing*/, std::span<const Weight* const> /*weights*/) {}
  // out[i * top_k + j] = weight(i, j) * activation(x[i] · gateᵀ, x[i] · upᵀ), all of expert (i, j),
  // or with weight(i, j) * x[i] instead; out[n * top_k, d_ff].
  virtual void expert_gated_matmul(const Tensor& out, const Tensor& x, const Routing& routing,
                                   const GatedExperts& experts);
  // out[i] (store)= the sum over j, ascending, of x[i * top_k + j] · weightᵀ + weight(i, j) * bias
  // of expert (i, j): x is weighted already.
  virtual void expert_matmul(const Tensor& out, const Tensor& x, const Routing& routing,
                             const ExpertProjection& down, Store store);
  // out = activation(gate) * up, elementwise; out may be gate or up.
  virtual void gated_activation(const Tensor& out, const Tensor& gate, const Tensor& up,
                                Activation activation) = 0;
  virtual void activation(const Tensor& x, Activation activation) = 0;  // x = activation(x)
  // Rotates x[n, heads, dim] in place; row i is at positions[i]. Dims past n_rotated stay.
  virtual void rope(const Tensor& x, std::span<const int32_t> positions,
                    const RopeParams& params) = 0;
  // Stores k[n, n_kv_heads, k_dim] and v[n, n_kv_heads, v_dim] at their positions; v may be empty.
  virtual void kv_write(const KvView& cache, const Tensor& k, const Tensor& v,
                        std::span<const SequenceRows> sequences) = 0;
  // out[n, n_heads, v_dim] = softmax(scale * q·kᵀ, causal) · v for q[n, n_heads, k_dim]; the rows'
  // own k and v are in the cache already. n_heads is a multiple of n_kv_heads.
  virtual void attention(const Tensor& out, const Tensor& q, const KvView& cache,
                         std::span<const SequenceRows> sequences,
                         const AttentionParams& params) = 0;
  // out[i, c] = Σ_j weight[j, c] · x[i - (n_taps - 1) + j, c] over the sequence's rows; out is not
  // x. n_channels is a multiple of 16.
  virtual void short_convolution(const Tensor& out, const Tensor& x,
                                 const ShortConvolution& convolution,
                                 std::span<const SequenceRows> sequences);
  // Gated delta rule (Yang et al., "Gated Delta Networks", 2024), for each value head with its
  // state S[k_dim, v_dim], row after row:
  //   S' = e^(a · softplus(alpha + dt_bias)) S
  //   S = S' + k̂ (sigmoid(beta) (v - S'ᵀ k̂))ᵀ, out = Sᵀ q̂ / √k_dim
  // where q̂ and k̂ are q and k divided by √(Σx² + norm_eps). k_dim and v_dim are multiples of 16;
  // out[n, n_v_heads, v_dim].
  virtual void delta_net(const Tensor& out, const DeltaNetInputs& inputs,
                         const DeltaNetParams& params, std::span<const SequenceRows> sequences);
  virtual void copy(const Tensor& out, const Tensor& x) = 0;  // out = x, of rank 2 or 3
  virtual void add(const Tensor& out, const Tensor& x) = 0;   // out += x
  virtual void softcap(const Tensor& x, float cap) = 0;       // x = cap * tanh(x / cap)
  virtual void scale(const Tensor& x, float factor) = 0;      // x *= factor
  virtual void scale_rows(const Tensor& x,
                          std::span<const float> factors) = 0;  // x[i] *= factors[i]
  // out[i] = x[rows[i]]
  virtual void gather_rows(const Tensor& out, const Tensor& x, std::span<const int32_t> rows) = 0;

 protected:
  // A buffer kept between calls for composed verbs; grows, never shrinks.
  Buffer& scratch(size_t n_bytes);

 private:
  BufferPtr scratch_;
};

}  // namespace ridge
