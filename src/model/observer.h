// Observer: sees named intermediate results of a forward pass ("layer.3.attn.q"), for parity tests
// and dumps. A null observer costs one comparison a step.
#pragma once

#include <string_view>

#include "backend/tensor.h"

namespace ridge {

class Observer {
 public:
  virtual ~Observer() = default;
  // layer: -1 outside the layers. The tensor is valid during the call only.
  virtual void see(int layer, std::string_view step, const Tensor& value) = 0;
};

}  // namespace ridge
