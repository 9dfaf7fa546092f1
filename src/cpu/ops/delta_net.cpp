#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "cpu/ops/recurrent.h"
#include "cpu/ops/rows.h"

namespace ridge::cpu {
namespace {

struct Shape {
  int64_t n_rows;
  int64_t n_k_heads;
  int64_t k_dim;
  int64_t n_v_heads;
  int64_t v_dim;

  int64_t qk_size() const { return n_rows * n_k_heads * k_dim; }
  int64_t n_gates() const { return n_rows * n_v_heads; }
};

// What every step needs and no panel should compute again, in scratch memory.
struct Prepared {
  float* q;       // [n_rows, n_k_heads, k_dim], normalised and scaled
  float* k;       // likewise, normalised
  float* decay;   // [n_rows, n_v_heads]
  float* beta;    // likewise
  float* q_gain;  // [k_dim], what a norm of mean squares is multiplied by
  float* k_gain;

  static Prepared in(Scratch& scratch, const Shape& shape) {
    const int64_t n = 2 * shape.qk_size() + 2 * shape.n_gates() + 2 * shape.k_dim;
    auto* at =
        reinterpret_cast<float*>(scratch.get(ScratchSlot::kGeneral, size_t(n) * sizeof(float)));
    const auto take = [&](int64_t size) { return std::exchange(at, at + size); };
    Prepared p{};
    p.q = take(shape.qk_size());
    p.k = take(shape.qk_size());
    p.decay = take(shape.n_gates());
    p.beta = take(shape.n_gates());
    p.q_gain = take(shape.k_dim);
    p.k_gain = take(shape.k_dim);
    return p;
  }
};

float sigmoid(float x) {
  return 1.0f / (1.0f + std::exp(-x));
}
float softplus(float x) {
  return x > 20.0f ? x : std::log1p(std::exp(x));
}

// x / √(Σx² + eps) is x / √(mean x² + eps/n) / √n.
void prepare_row(const VectorKernels& kernels, const Shape& shape, const DeltaNetInputs& inputs,
                 const DeltaNetParams& params, const Prepared& to, int64_t row) {
  const Rows q(inputs.q), k(inputs.k), alpha(inputs.alpha), beta(inputs.beta);
  const float eps = params.norm_eps / float(shape.k_dim);
  for (int64_t head = 0; head < shape.n_k_heads; ++head) {
    const int64_t i = row * shape.n_k_heads + head;
    kernels.rms_norm(to.q + i * shape.k_dim, q[i], to.q_gain, shape.k_dim, eps);
    kernels.rms_norm(to.k + i * shape.k_dim, k[i], to.k_gain, shape.k_dim, eps);
  }
  const float* a = data_of<float>(params.a);
  const float* dt_bias = data_of<float>(params.dt_bias);
  const int64_t width = alpha.cols(), n_groups = shape.n_v_heads / width;
  for (int64_t head = 0; head < shape.n_v_heads; ++head) {
    const int64_t i = row * n_groups + head / width, j = head % width;
    const int64_t at = row * shape.n_v_heads + head;
    to.decay[at] = std::exp(a[head] * softplus(alpha[i][j] + dt_bias[head]));
    to.beta[at] = sigmoid(beta[i][j]);
  }
}

int64_t key_head(const Shape& shape, KeyHeads key_heads, int64_t head) {
  return key_heads == KeyHeads::kCyclic ? head % shape.n_k_heads
                                        : head / (shape.n_v_heads / shape.n_k_heads);
}

// One panel of one value head of a sequence, over all of its rows.
struct PanelTask {
  const SequenceRows& sequence;
  int64_t head;
  int64_t panel;
};

void run_panel(const RecurrentKernels& kernels, const Shape& shape, const Prepared& prepared,
               const DeltaNetParams& params, const Tensor& out, const Tensor& v,
               const PanelTask& task) {
  const int64_t row = task.sequence.first_row, column = task.panel * kDeltaColumns;
  const int64_t panel_size = shape.k_dim * kDeltaColumns;
  const auto panel_in = [&](int32_t slot) {
    return data_of<float>(params.states) + slot * params.states.stride[0] +
           task.head * params.states.stride[1] + task.panel * panel_size;
  };
  float* state = panel_in(task.sequence.slot);
  if (task.sequence.first_pos == 0) {
    std::fill_n(state, panel_size, 0.0f);
  } else if (task.sequence.first_slot() != task.sequence.slot) {
    std::memcpy(state, panel_in(task.sequence.first_slot()), size_t(panel_size) * sizeof(float));
  }
  const int64_t qk_stride = shape.n_k_heads * shape.k_dim;
  const int64_t qk = row * qk_stride + key_head(shape, params.key_heads, task.head) * shape.k_dim;
  const int64_t gate = row * shape.n_v_heads + task.head;
  kernels.delta(
      {.panel = state,
       .k_dim = shape.k_dim,
       .n_tokens = task.sequence.n_rows,
       .q = prepared.q + qk,
       .k = prepared.k + qk,
       .qk_stride = qk_stride,
       .v = data_of<float>(v) + row * v.stride[0] + task.head * v.stride[1] + column,
       .v_stride = v.stride[0],
       .decay = prepared.decay + gate,
       .beta = prepared.beta + gate,
       .gate_stride = shape.n_v_heads,
       .out = data_of<float>(out) + row * out.stride[0] + task.head * out.stride[1] + column,
       .out_stride = out.stride[0]});
}

}  // namespace

void delta_net(Context& context, const Tensor& out, const DeltaNetInputs& inputs,
               const DeltaNetParams& params, std::span<const SequenceRows> sequences) {
  const Shape shape{.n_rows = inputs.q.rows(),
                    .n_k_heads = inputs.q.shape[1],
                    .k_dim = inputs.q.cols(),
                    .n_v_heads = inputs.v.shape[1],
                    .v_dim = inputs.v.cols()};
  RIDGE_DCHECK(shape.k_dim % 16 == 0 && shape.v_dim % kDeltaColumns == 0);
  RIDGE_DCHECK(shape.n_v_heads % shape.n_k_heads == 0);
  const Prepared prepared = Prepared::in(context.scratch, shape);
  std::fill_n(prepared.q_gain, shape.k_dim, 1.0f / float(shape.k_dim));
  std::fill_n(prepared.k_gain, shape.k_dim, 1.0f / std::sqrt(float(shape.k_dim)));
  const int64_t row_cost = 4 * shape.n_k_heads * shape.k_dim + 128 * shape.n_v_heads;
  for_rows(context, shape.n_rows, row_cost, [&](int64_t row) {
    prepare_row(context.kernels.vector, shape, inputs, params, prepared, row);
  });
  const int64_t n_panels = shape.v_dim / kDeltaColumns;
  const int64_t n_tasks = shape.n_v_heads * n_panels;  // of a sequence
  // Members take a few neighbouring panels at a time: memory that is read in a row.
  context.pool.run_shares(n_tasks * int64_t(sequences.size()), 4, [&](Share share, int) {
    for (int64_t i = share.begin; i < share.end; ++i) {
      const int64_t task = i % n_tasks;
      run_panel(context.kernels.recurrent, shape, prepared, params, out, inputs.v,
                {sequences[size_t(i / n_tasks)], task / n_panels, task % n_panels});
    }
  });
}

}  // namespace ridge::cpu
