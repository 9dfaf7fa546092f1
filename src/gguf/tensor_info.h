// Where a tensor lies in a GGUF file. Plain data.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "tensor/dtype.h"

namespace ridge::gguf {

struct TensorInfo {
  std::string name;
  DType dtype = DType::kF32;
  int rank = 0;                             // 1..4
  std::array<int64_t, 4> dims{1, 1, 1, 1};  // file order: dims[0] is the contiguous one
  uint64_t offset = 0;                      // bytes from the start of its part
  uint64_t n_bytes = 0;
  uint32_t part = 0;  // index of the split file

  int64_t n_elements() const { return dims[0] * dims[1] * dims[2] * dims[3]; }
};

}  // namespace ridge::gguf
