#include "model/blocks/dense_and_moe_ffn.h"

#include "base/check.h"

namespace ridge {

DenseAndMoeFfn::DenseAndMoeFfn(const DenseAndMoeFfnSpec& spec, WeightLoader& loader)
    : dense_(spec.dense, loader),
      dense_post_norm_(spec.dense_post_norm, loader),
      router_norm_(spec.router_norm, loader),
      experts_norm_(spec.experts_norm, loader),
      experts_(spec.experts, loader),
      experts_post_norm_(spec.experts_post_norm, loader) {}

void DenseAndMoeFfn::forward(Step& step, int layer, const Tensor& x, const Tensor& out,
                             Store store) const {
  RIDGE_CHECK(store == Store::kWrite);
  Workspace& work = step.workspace();
  const int64_t n = step.n_rows();
  const Tensor stream = work.hidden(n);
  const Tensor branch = work.branch(n);
  const Tensor branch_out = work.branch_out(n);

  dense_.forward(step, layer, x, out, Store::kWrite);
  dense_post_norm_.forward(step, out, out);
  step.tap(layer, "ffn.dense", out);

  const Routing routing = experts_.route(step, layer, router_norm_.forward(step, branch, stream));
  experts_norm_.forward(step, branch, stream);
  experts_.forward(step, layer, {branch, routing}, branch_out, Store::kWrite);
  experts_post_norm_.forward(step, branch_out, branch_out);
  step.tap(layer, "ffn.experts", branch_out);
  step.backend.add(out, branch_out);
}

}  // namespace ridge
