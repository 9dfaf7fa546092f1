// A GGUF with random weights for any architecture: right for speed and for parity, never for claims
// of quality. The metadata say which model; its ModelSpec says which tensors. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "gguf/metadata.h"
#include "spec/tensors.h"
#include "tensor/dtype.h"

namespace ridge {

struct RandomModel {
  uint64_t seed = 1;
  DType dtype = DType::kF32;  // of matrices whose rows it divides; others are Q8_0 or F16
  // Which optional tensors exist ("output.weight", biases, …); none when empty.
  std::function<bool(std::string_view)> has_tensor;
};

// Weights are normal with variance 1 / n_in, so that activations keep their scale; norms are
// near 1. The file appears whole or not at all. Throws Error.
void write_random_model(const std::filesystem::path& path, const gguf::Metadata& metadata,
                        const RandomModel& options);

}  // namespace ridge
