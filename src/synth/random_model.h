// A GGUF with random weights for any architecture: right for speed and for parity, never for claims
// of quality. The metadata say which model; its ModelSpec says which tensors. One thread calls; it
// brings its own team. The same options give the same bytes on every machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

#include "gguf/metadata.h"
#include "gguf/writer.h"
#include "spec/file_type.h"
#include "spec/tensors.h"
#include "tensor/dtype.h"

namespace ridge {

struct RandomModel {
  uint64_t seed = 1;
  DType dtype = DType::kF32;          // of matrices whose rows it divides; others are Q8_0 or F16
  std::optional<FileType> file_type;  // instead of dtype: the mix that quantised files have
  // Which optional tensors exist ("output.weight", biases, …); none when empty.
  std::function<bool(std::string_view)> has_tensor;
};

// A model that could be written. Weights are normal with variance 1 / n_in, so that activations
// keep their scale; norms are near 1.
class RandomModelWriter {
 public:
  // Throws Error for metadata that make no model.
  RandomModelWriter(const gguf::Metadata& metadata, const RandomModel& options);
  RandomModelWriter(const RandomModelWriter&) = delete;
  RandomModelWriter& operator=(const RandomModelWriter&) = delete;

  uint64_t n_bytes() const;  // of all tensors

  using Progress = std::function<void(uint64_t done, uint64_t total)>;  // bytes; may throw to stop
  // The file appears whole or not at all. Throws Error.
  void write(const std::filesystem::path& path, const Progress& progress = {}) const;

 private:
  gguf::Metadata metadata_;
  uint64_t seed_;
  ModelSpec spec_;
  std::vector<TensorUse> uses_;  // point into spec_
  std::vector<gguf::TensorDeclaration> declarations_;
};

void write_random_model(const std::filesystem::path& path, const gguf::Metadata& metadata,
                        const RandomModel& options);

}  // namespace ridge
