#include "model/step.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace ridge {
namespace {

struct Widths {
  int64_t q = 0, k = 0, v = 0, gates = 0, mixed = 0, ffn = 0, router = 0, top_k = 0;
  int64_t token_inputs = 0;  // of all layers
  bool has_branches = false;

  void operator()(const AttentionSpec& a) {
    q = std::max(q, a.q.n_out);
    k = std::max(k, a.n_kv_heads * a.k_dim);
    v = std::max(v, a.n_kv_heads * a.v_dim);
    mixed = std::max(mixed, a.n_heads * a.v_dim);
  }
  void operator()(const LatentAttentionSpec& a) {
    q = std::max(q, a.n_heads * std::max(a.k_dim(), a.latent_dim));
    k = std::max(k, a.row_dim());
    v = std::max(v, a.n_heads * a.row_dim());
    mixed = std::max({mixed, a.n_heads * a.v_dim, a.q_a.n_out});
  }
  void operator()(const DeltaNetSpec& d) {
    q = std::max(q, d.n_channels());
    k = std::max(k, d.n_channels());
    v = std::max(v, d.n_v_heads * d.v_dim);
    gates = std::max(gates, 2 * d.n_v_heads);
    mixed = std::max(mixed, d.n_v_heads * d.v_dim);
  }
  void operator()(const ShortConvSpec& s) {
    q = std::max(q, s.d_model);
    k = std::max(k, 3 * s.d_model);
    mixed = std::max(mixed, s.d_model);
  }
  void operator()(const DenseFfnSpec& f) { ffn = std::max(ffn, f.d_ff); }
  void operator()(const MoeFfnSpec& f) {
    ffn = std::max({ffn, f.top_k * f.d_ff, f.shared.d_ff});
    router = std::max(router, f.n_experts);
    top_k = std::max(top_k, f.top_k);
  }
  void operator()(const DenseAndMoeFfnSpec& f) {
    (*this)(f.dense);
    (*this)(f.experts);
    has_branches = true;
  }
};

Widths widths_of(const ModelSpec& spec) {
  Widths widths;
  for (const LayerSpec& layer : spec.layers) {
    std::visit(widths, layer.mixer);
    std::visit(widths, layer.ffn);
  }
  widths.ffn = std::max(widths.ffn, spec.token_inputs.width);
  widths.token_inputs = spec.token_inputs.width * int64_t(spec.layers.size());
  return widths;
}

// Of a token on trial, in one layer.
struct TrialWidths {
  int64_t inputs = 0, gates = 0;

  void operator()(const DeltaNetSpec& d) { *this = {d.n_channels(), 2 * d.n_v_heads}; }
  void operator()(const ShortConvSpec& s) { *this = {s.d_model, 0}; }
  void operator()(const auto&) {}
};

TrialWidths trial_widths(const LayerSpec& layer) {
  TrialWidths widths;
  std::visit(widths, layer.mixer);
  return widths;
}

}  // namespace

std::vector<Workspace::Part> Workspace::parts(const ModelSpec& spec, int64_t max_rows,
                                              int64_t n_trial) {
  const Widths w = widths_of(spec);
  int64_t trial_width = 0;
  for (const LayerSpec& layer : spec.layers) {
    const TrialWidths widths = trial_widths(layer);
    trial_width += widths.inputs + widths.gates;
  }
  return {{&Workspace::stream_, max_rows * 3 * spec.d_model},
          {&Workspace::branches_, w.has_branches ? max_rows * 2 * spec.d_model : 0},
          {&Workspace::q_, max_rows * w.q},
          {&Workspace::k_, max_rows * w.k},
          {&Workspace::v_, max_rows * w.v},
          {&Workspace::gates_, max_rows * w.gates},
          {&Workspace::mixed_, max_rows * w.mixed},
          {&Workspace::ffn_, max_rows * w.ffn},
          {&Workspace::inputs_, max_rows * 2 * w.token_inputs},
          {&Workspace::router_, max_rows * w.router},
          {&Workspace::route_weights_, max_rows * w.top_k},
          {&Workspace::route_experts_, max_rows * w.top_k},
          {&Workspace::trial_, n_trial * trial_width}};
}

int64_t Workspace::memory_of(const ModelSpec& spec, int64_t max_rows, int64_t n_trial) {
  int64_t n_values = 0;
  for (const Part& part : parts(spec, max_rows, n_trial)) n_values += part.n_values;
  return 4 * n_values;
}

Workspace::Workspace(Backend& backend, const ModelSpec& spec, int64_t max_rows, int64_t n_trial)
    : max_rows_(max_rows) {
  for (const Part& part : parts(spec, max_rows, n_trial)) {
    if (part.n_values > 0) this->*part.buffer = backend.alloc(size_t(part.n_values) * 4);
  }
  const auto rows = [&](const BufferPtr& buffer, int64_t width, size_t index) {
    const size_t offset = index * size_t(max_rows * width) * 4;
    return make_tensor(DType::kF32, {max_rows, width}, *buffer, offset);
  };
  const auto stream = [&](const BufferPtr& buffer, size_t index) {
    return rows(buffer, spec.d_model, index);
  };
  hidden_ = stream(stream_, 0);
  normed_ = stream(stream_, 1);
  block_out_ = stream(stream_, 2);
  if (branches_) {
    branch_ = stream(branches_, 0);
    branch_out_ = stream(branches_, 1);
  }
  if (inputs_) {
    const int64_t width = widths_of(spec).token_inputs;
    token_inputs_ = rows(inputs_, width, 0);
    token_inputs_work_ = rows(inputs_, width, 1);
  }
  if (trial_) lay_out_trial(spec, n_trial);
  positions_.reserve(size_t(max_rows));
  rows_.reserve(size_t(max_rows));
  temperatures_.reserve(size_t(max_rows));
}

void Workspace::lay_out_trial(const ModelSpec& spec, int64_t n_trial) {
  size_t offset = 0;
  const auto take = [&](int64_t width) {
    if (width == 0) return Tensor{};
    const Tensor rows = make_tensor(DType::kF32, {n_trial, width}, *trial_, offset);
    offset += size_t(n_trial * width) * 4;
    return rows;
  };
  for (const LayerSpec& layer : spec.layers) {
    const TrialWidths widths = trial_widths(layer);
    const Tensor inputs = take(widths.inputs);
    trial_rows_.push_back({inputs, take(widths.gates)});
  }
}

RecurrentRows Workspace::trial_rows(int layer, int64_t first, int64_t n) const {
  RecurrentRows rows = trial_rows_.at(size_t(layer));
  RIDGE_CHECK(first + n <= rows.inputs.rows());
  rows.inputs = slice_rows(rows.inputs, first, n);
  if (rows.gates) rows.gates = slice_rows(rows.gates, first, n);
  return rows;
}

Step::Step(Backend& device, const KvPool& kv, Workspace& workspace, const Batch& batch,
           Observer* observer)
    : backend(device), kv_(kv), workspace_(workspace), batch_(batch), observer_(observer) {
  RIDGE_CHECK(n_rows() >= 1 && n_rows() <= workspace.max_rows());
  workspace_.positions_.resize(batch.tokens.size());
  for (const BatchSequence& s : batch.sequences) {
    const int64_t first = s.sequence->n_tokens();
    for (int i = 0; i < s.n_rows; ++i) {
      workspace_.positions_[size_t(s.first_row + i)] = int32_t(first + i);
    }
  }
}

std::span<const SequenceRows> Step::sequences(int layer) {
  workspace_.rows_.clear();
  for (const BatchSequence& s : batch_.sequences) {
    workspace_.rows_.push_back({.first_row = s.first_row,
                                .n_rows = s.n_rows,
                                .first_pos = int32_t(s.sequence->n_tokens()),
                                .pages = s.sequence->pages(layer),
                                .slot = s.sequence->slot(),
                                .from_slot = s.sequence->from_slot()});
  }
  return workspace_.rows_;
}

RecurrentRows Step::recurrent_rows(int layer, int64_t width, int64_t gates_width) const {
  if (batch_.trial_row >= 0) return workspace_.trial_rows(layer, batch_.trial_row, n_rows());
  RecurrentRows rows{.inputs = workspace_.q(n_rows(), width), .gates = {}};
  if (gates_width > 0) rows.gates = workspace_.gates(n_rows(), gates_width);
  return rows;
}

std::span<const float> Step::temperatures(const TemperatureSpec& spec) {
  workspace_.temperatures_.clear();
  for (const int32_t position : workspace_.positions_) {
    const int64_t intervals = (position + spec.offset) / spec.interval;
    workspace_.temperatures_.push_back(1.0f + spec.scale * float(std::log1p(double(intervals))));
  }
  return workspace_.temperatures_;
}

}  // namespace ridge
