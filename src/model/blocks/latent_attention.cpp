#include "model/blocks/latent_attention.h"

namespace ridge {
namespace {

// The part of kv_b that is every head's K or V.
MatrixSpec part_of_heads(const LatentAttentionSpec& spec, int64_t first_row, int64_t n_rows) {
  return {.name = spec.kv_b.name,
          .n_out = n_rows,
          .n_in = spec.latent_dim,
          .n_matrices = spec.n_heads,
          .first_row = first_row,
          .stacked_rows = spec.nope_dim + spec.v_dim};
}

WeightPtr load_k_b(const LatentAttentionSpec& spec, WeightLoader& loader) {
  if (!spec.kv_b) return loader.matrix(spec.k_b);
  return loader.transposed(part_of_heads(spec, 0, spec.nope_dim));
}

WeightPtr load_v_b(const LatentAttentionSpec& spec, WeightLoader& loader) {
  return loader.matrix(spec.kv_b ? part_of_heads(spec, spec.nope_dim, spec.v_dim) : spec.v_b);
}

}  // namespace

LatentAttention::LatentAttention(const LatentAttentionSpec& spec, WeightLoader& loader)
    : spec_(spec),
      q_a_(loader.matrix(spec.q_a)),
      q_b_(loader.matrix(spec.q_b)),
      kv_a_(loader.matrix(spec.kv_a)),
      k_b_(load_k_b(spec, loader)),
      v_b_(load_v_b(spec, loader)),
      output_(loader.matrix(spec.output)),
      q_a_norm_(spec.q_a_norm, loader),
      latent_norm_(spec.latent_norm, loader),
      rope_(spec.rope, loader) {}

void LatentAttention::project(Step& step, const Tensor& x, const Tensor& q,
                              const Tensor& row) const {
  Backend& device = step.backend;
  if (!q_a_) {
    const Projection both[] = {{.weight = q_b_.get(), .out = q},
                               {.weight = kv_a_.get(), .out = row}};
    device.matmul(x, both, Store::kWrite);
    return;
  }
  const Tensor compressed = step.workspace().mixed(step.n_rows(), q_a_->n_out());
  const Projection both[] = {{.weight = q_a_.get(), .out = compressed},
                             {.weight = kv_a_.get(), .out = row}};
  device.matmul(x, both, Store::kWrite);
  q_a_norm_.forward(step, compressed, compressed);
  const Projection expanded[] = {{.weight = q_b_.get(), .out = q}};
  device.matmul(compressed, expanded, Store::kWrite);
}

void LatentAttention::forward(Step& step, int layer, const Tensor& x, const Tensor& out,
                              Store store) const {
  Backend& device = step.backend;
  Workspace& work = step.workspace();
  const int64_t n = step.n_rows();
  const int64_t n_rotated = spec_.rope.n_rotated;
  const Tensor q = work.q(n, spec_.n_heads * spec_.k_dim());
  const Tensor row = work.k(n, spec_.row_dim());
  project(step, x, q, row);
  step.tap(layer, "attn.q", q);
  const Tensor latent = slice_cols(row, 0, spec_.latent_dim);
  latent_norm_.forward(step, latent, latent);
  const Tensor cached = split_heads(row, 1);  // [n, 1, row_dim]
  rope_.forward(step, slice_cols(cached, spec_.latent_dim, n_rotated));
  step.tap(layer, "attn.row", row);

  const Tensor q_heads = split_heads(q, spec_.n_heads);  // [n, n_heads, k_dim]
  const Tensor absorbed = split_heads(work.v(n, spec_.n_heads * spec_.row_dim()), spec_.n_heads);
  const Tensor turned = slice_cols(absorbed, spec_.latent_dim, n_rotated);
  device.head_matmul(slice_cols(absorbed, 0, spec_.latent_dim),
                     slice_cols(q_heads, 0, spec_.nope_dim), *k_b_);
  device.copy(turned, slice_cols(q_heads, spec_.nope_dim, n_rotated));
  rope_.forward(step, turned);

  const KvView cache = step.cache(layer);
  const Tensor gathered = split_heads(work.q(n, spec_.n_heads * spec_.latent_dim), spec_.n_heads);
  device.kv_write(cache, cached, {}, step.sequences(layer));
  device.attention(gathered, absorbed, cache, step.sequences(layer), {.scale = spec_.scale});
  const Tensor mixed = work.mixed(n, output_->n_in());
  device.head_matmul(split_heads(mixed, spec_.n_heads), gathered, *v_b_);
  step.tap(layer, "attn.mixed", mixed);

  const Projection output[] = {{.weight = output_.get(), .out = out}};
  device.matmul(mixed, output, store);
}

}  // namespace ridge
