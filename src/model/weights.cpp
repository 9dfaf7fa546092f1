#include "model/weights.h"

#include "base/check.h"
#include "base/error.h"

namespace ridge {

Parameter make_parameter(Backend& backend, std::span<const float> values) {
  Parameter parameter;
  parameter.buffer = backend.alloc(values.size_bytes());
  parameter.tensor = make_tensor(DType::kF32, {int64_t(values.size())}, *parameter.buffer, 0);
  backend.upload(parameter.tensor, std::as_bytes(values));
  return parameter;
}

WeightLoader::WeightLoader(const gguf::File& file, Backend& backend, uint64_t total_bytes,
                           const LoadProgress& progress)
    : file_(file), backend_(backend), total_(total_bytes), progress_(progress) {}

WeightPtr WeightLoader::matrix(const MatrixSpec& spec) {
  if (!spec) return nullptr;
  const gguf::TensorInfo* tensor = file_.find(spec.name);
  RIDGE_CHECK(tensor != nullptr);
  WeightPtr weight = backend_.make_weight(
      {.name = spec.name,
       .dtype = tensor->dtype,
       .n_out = spec.n_out,
       .n_in = spec.n_in,
       .n_matrices = spec.n_matrices,
       .read = [this, tensor](uint64_t begin, std::span<std::byte> destination) {
         file_.read(*tensor, begin, destination);
       }});
  advance(tensor->n_bytes);
  return weight;
}

std::vector<float> WeightLoader::values(const VectorSpec& spec) {
  return spec ? decode(spec.name, spec.size * spec.n_vectors) : std::vector<float>();
}

std::vector<float> WeightLoader::values(const MatrixSpec& spec) {
  return spec ? decode(spec.name, spec.n_out * spec.n_in) : std::vector<float>();
}

std::vector<float> WeightLoader::decode(const std::string& name, int64_t n) {
  const gguf::TensorInfo* tensor = file_.find(name);
  RIDGE_CHECK(tensor != nullptr);
  std::vector<std::byte> bytes(tensor->n_bytes);
  file_.read(*tensor, 0, bytes);
  std::vector<float> values(static_cast<size_t>(n));
  info(tensor->dtype).decode(bytes.data(), values.data(), int64_t(values.size()));
  advance(tensor->n_bytes);
  return values;
}

Parameter WeightLoader::vector(const VectorSpec& spec) {
  if (!spec) return {};
  Parameter parameter = make_parameter(backend_, values(spec));
  if (spec.n_vectors > 1) {
    parameter.tensor = make_tensor(DType::kF32, {spec.n_vectors, spec.size}, *parameter.buffer, 0);
  }
  return parameter;
}

void WeightLoader::advance(uint64_t n_bytes) {
  done_ += n_bytes;
  if (progress_) progress_(done_, total_);
}

}  // namespace ridge
