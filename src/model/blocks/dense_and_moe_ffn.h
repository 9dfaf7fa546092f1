// A dense feed-forward and a mixture of experts side by side, each between norms of its own, added
// up. The dense one reads x; experts and router read the stream.
#pragma once

#include "model/blocks/dense_ffn.h"
#include "model/blocks/moe_ffn.h"
#include "model/blocks/norm.h"
#include "model/step.h"
#include "model/weights.h"

namespace ridge {

class DenseAndMoeFfn {
 public:
  DenseAndMoeFfn(const DenseAndMoeFfnSpec& spec, WeightLoader& loader);

  // out = dense(x) + experts(stream). Since it reads the stream, it cannot add to it: store is
  // kWrite. x and out: [n, d_model].
  void forward(Step& step, int layer, const Tensor& x, const Tensor& out, Store store) const;

 private:
  DenseFfn dense_;
  Norm dense_post_norm_;
  Norm router_norm_, experts_norm_;
  MoeFfn experts_;
  Norm experts_post_norm_;
};

}  // namespace ridge
