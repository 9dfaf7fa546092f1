#include "model/blocks/attention.h"

#include "base/check.h"

namespace ridge {
Attention::Attention(const AttentionSpec& spec, WeightLoader& loader)
    : spec_(spec),
      q_(loader.matrix(spec.q)),
      k_(loader.matrix(spec.k)),
      v_(loader.matrix(spec.v)),
      output_(loader.matrix(spec.output)),
      q_bias_(loader.vector(spec.q_bias)),
      k_bias_(loader.vector(spec.k_bias)),
      v_bias_(loader.vector(spec.v_bias)),
      output_bias_(loader.vector(spec.output_bias)),
      q_norm_(spec.q_norm, loader),
      k_norm_(spec.k_norm, loader),
      v_norm_(spec.v_norm, loader),
      sinks_(loader.vector(spec.sinks)),
      rope_(spec.rope, loader) {
  RIDGE_CHECK(v_ || v_norm_ || spec.kv_layer >= 0);  // the norm is what makes V of K
}

void Attention::forward(Step& step, int layer, const Tensor& x, const Tensor& out,
                        Store store) const {
  Backend& device = step.backend;
  Workspace& work = step.workspace();
  const int64_t n = step.n_rows();
  const Tensor q = work.q(n, q_->n_out());
  const Tensor k = work.k(n, spec_.n_kv_heads * spec_.k_dim);
  const Tensor v = work.v(n, spec_.n_kv_heads * spec_.v_dim);
  const Tensor mixed = work.mixed(n, output_->n_in());
  const Tensor q_rows = split_heads(q, spec_.n_heads);           // [n, n_heads, k_dim (+ v_dim)]
  const Tensor q_heads = slice_cols(q_rows, 0, spec_.k_dim);     // [n, n_heads, k_dim]
  const Tensor k_heads = split_heads(k, spec_.n_kv_heads);       // [n, n_kv_heads, k_dim]
  const Tensor v_heads = split_heads(v, spec_.n_kv_heads);       // [n, n_kv_heads, v_dim]
  const Tensor mixed_heads = split_heads(mixed, spec_.n_heads);  // [n, n_heads, v_dim]

  const Projection inputs[] = {
      {q_.get(), q_bias_.tensor, q}, {k_.get(), k_bias_.tensor, k}, {v_.get(), v_bias_.tensor, v}};
  device.matmul(x, std::span(inputs).first(v_ ? 3 : k_ ? 2 : 1), Store::kWrite);
  if (v_norm_) v_norm_.forward(step, v_heads, v_ ? v_heads : k_heads);
  step.tap(layer, "attn.q", q);
  if (k_) step.tap(layer, "attn.k", k);
  if (k_) step.tap(layer, "attn.v", v);
  const bool over_all_heads = spec_.q_norm.weight.size == q.cols();  // or over each
  const Tensor q_normed = over_all_heads ? q : q_heads, k_normed = over_all_heads ? k : k_heads;
  const auto norm = [&] {
    if (q_norm_) q_norm_.forward(step, q_normed, q_normed);
    if (k_norm_) k_norm_.forward(step, k_normed, k_normed);
  };
  if (!spec_.norms_after_rope) norm();
  rope_.forward(step, q_heads);
  if (k_) rope_.forward(step, k_heads);
  if (spec_.norms_after_rope) norm();
  if (spec_.temperature) device.scale_rows(q, step.temperatures(spec_.temperature));

  const KvView cache = step.cache(layer);
  if (k_) device.kv_write(cache, k_heads, v_heads, step.sequences(layer));
  device.attention(mixed_heads, q_heads, cache, step.sequences(layer),
                   {.scale = spec_.scale,
                    .window = {.size = int(spec_.window),
                               .rule = spec_.chunked ? WindowRule::kChunks : WindowRule::kSliding},
                    .softcap = spec_.softcap,
                    .sinks = sinks_.tensor});
  if (spec_.is_gated) {
    const Tensor gate = slice_cols(q_rows, spec_.k_dim, spec_.v_dim);
    device.gated_activation(mixed_heads, gate, mixed_heads, Activation::kSigmoid);
  }
  step.tap(layer, "attn.mixed", mixed);

  const Projection output[] = {{output_.get(), output_bias_.tensor, out}};
  device.matmul(mixed, output, store);
}

}  // namespace ridge
