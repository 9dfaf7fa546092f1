#include "model/step.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace ridge {
namespace {

struct Widths {
  int64_t q = 0, k = 0, v = 0, gates = 0, mixed = 0, ffn = 0, router = 0, top_k = 0;
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
    q = std::max(q, 3 * s.d_model);
    k = std::max(k, s.d_model);
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
  return widths;
}

}  // namespace

int64_t Workspace::memory_of(const ModelSpec& spec, int64_t max_rows) {
  const Widths w = widths_of(spec);
  const int64_t of_stream = (w.has_branches ? 5 : 3) * spec.d_model;
  const int64_t of_blocks = w.q + w.k + w.v + w.gates + w.mixed + w.ffn + w.router + 2 * w.top_k;
  return 4 * max_rows * (of_stream + of_blocks);
}

Workspace::Workspace(Backend& backend, const ModelSpec& spec, int64_t max_rows)
    : max_rows_(max_rows) {
  const Widths widths = widths_of(spec);
  const auto rows_of = [&](int64_t width) { return backend.alloc(size_t(max_rows * width) * 4); };
  stream_ = rows_of(3 * spec.d_model);
  q_ = rows_of(widths.q);
  k_ = rows_of(widths.k);
  v_ = rows_of(widths.v);
  if (widths.gates > 0) gates_ = rows_of(widths.gates);
  mixed_ = rows_of(widths.mixed);
  ffn_ = rows_of(widths.ffn);
  if (widths.top_k > 0) {
    router_ = rows_of(widths.router);
    route_weights_ = rows_of(widths.top_k);
    route_experts_ = rows_of(widths.top_k);
  }

  if (widths.has_branches) branches_ = rows_of(2 * spec.d_model);
  const size_t part = size_t(max_rows * spec.d_model) * 4;
  hidden_ = make_tensor(DType::kF32, {max_rows, spec.d_model}, *stream_, 0);
  normed_ = make_tensor(DType::kF32, {max_rows, spec.d_model}, *stream_, part);
  block_out_ = make_tensor(DType::kF32, {max_rows, spec.d_model}, *stream_, 2 * part);
  if (widths.has_branches) {
    branch_ = make_tensor(DType::kF32, {max_rows, spec.d_model}, *branches_, 0);
    branch_out_ = make_tensor(DType::kF32, {max_rows, spec.d_model}, *branches_, part);
  }
  positions_.reserve(size_t(max_rows));
  rows_.reserve(size_t(max_rows));
  temperatures_.reserve(size_t(max_rows));
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
                                .slot = s.sequence->slot()});
  }
  return workspace_.rows_;
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
