// WeightLoader: hands the tensors that a spec names to a back end, one by one, and reports
// progress. Used by blocks while a Model is made; one thread.
#pragma once

#include <cstdint>
#include <functional>

#include "backend/backend.h"
#include "gguf/file.h"
#include "gguf/mapping.h"
#include "spec/spec.h"

namespace ridge {

// A small f32 vector on the device (a norm weight, a bias), with its memory.
struct Parameter {
  BufferPtr buffer;
  Tensor tensor;
  explicit operator bool() const { return buffer != nullptr; }
};
Parameter make_parameter(Backend& backend, std::span<const float> values);

// Which weights are copied into memory, in the layout that the back end likes; the others stay in
// the mapped file, and the system pages them in and out.
enum class WeightPlacement {
  kMemory,         // all
  kMappedExperts,  // all but the experts that a router chooses from
  kMapped,         // none; vectors are
};
// What the back end is asked to make of a matrix in memory; without a way to read it.
WeightSource weight_source(const MatrixSpec& spec, DType dtype);

using LoadProgress = std::function<void(uint64_t done, uint64_t total)>;  // bytes

class WeightLoader {
 public:
  // mapping: of the file, for weights that are not placed in memory; it outlives them. Null: all
  // are.
  struct Source {
    const gguf::File& file;
    const gguf::Mapping* mapping = nullptr;
    WeightPlacement placement = WeightPlacement::kMemory;
  };
  WeightLoader(const Source& source, Backend& backend, uint64_t total_bytes,
               const LoadProgress& progress);

  // Empty specs give null weights and empty parameters; several vectors of a spec make a parameter
  // [n_vectors, size]. Throw Error.
  WeightPtr matrix(const MatrixSpec& spec);
  // Each of the spec's matrices transposed, in f16.
  WeightPtr transposed(const MatrixSpec& spec);
  Parameter vector(const VectorSpec& spec);
  std::vector<float> values(const VectorSpec& spec);
  std::vector<float> values(const MatrixSpec& spec);  // [n_out, n_in]
  Backend& backend() { return backend_; }

 private:
  bool stays_mapped(const MatrixSpec& spec) const;
  // Values [first, first + n) of a tensor.
  std::vector<float> decode(const std::string& name, int64_t first, int64_t n);
  void read_rows(const MatrixSpec& spec, const gguf::TensorInfo& tensor, uint64_t begin,
                 std::span<std::byte> destination) const;
  void advance(uint64_t n_bytes);

  const gguf::File& file_;
  const gguf::Mapping* mapping_;
  WeightPlacement placement_;
  Backend& backend_;
  uint64_t total_;
  uint64_t done_ = 0;
  const LoadProgress& progress_;
};

}  // namespace ridge
