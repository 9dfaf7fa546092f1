// A model loaded to be measured, without tokenizer or sampler. Owns the weights; the back end
// outlives it. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "backend/backend.h"
#include "bench/work.h"
#include "gguf/file.h"
#include "model/transformer.h"

namespace ridge {

struct BenchModel {
  // Throws what gguf::File::open and Transformer throw.
  BenchModel(const gguf::File& file, Backend& backend, const LoadProgress& progress,
             WeightPlacement placement = WeightPlacement::kMemory);

  std::string type;  // "qwen2 1.54B Q4_K_M"
  int64_t n_parameters = 0;
  int64_t tensor_bytes = 0;  // of all tensors of the file
  ModelWork work;
  Backend& backend;
  Transformer transformer;
};

}  // namespace ridge
