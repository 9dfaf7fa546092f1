#include "model/weights.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"
#include "base/half.h"

namespace ridge {

Parameter make_parameter(Backend& backend, std::span<const float> values) {
  Parameter parameter;
  parameter.buffer = backend.alloc(values.size_bytes());
  parameter.tensor = make_tensor(DType::kF32, {int64_t(values.size())}, *parameter.buffer, 0);
  backend.upload(parameter.tensor, std::as_bytes(values));
  return parameter;
}

WeightSource weight_source(const MatrixSpec& spec, DType dtype) {
  return {.name = spec.name,
          .dtype = dtype,
          .n_out = spec.n_out,
          .n_in = spec.n_in,
          .n_matrices = spec.n_matrices};
}

WeightLoader::WeightLoader(const Source& source, Backend& backend, uint64_t total_bytes,
                           const LoadProgress& progress)
    : file_(source.file),
      mapping_(source.mapping),
      placement_(source.placement),
      backend_(backend),
      total_(total_bytes),
      progress_(progress) {}

bool WeightLoader::stays_mapped(const MatrixSpec& spec) const {
  if (placement_ == WeightPlacement::kMappedExperts) return spec.n_matrices > 1;
  return placement_ == WeightPlacement::kMapped;
}

WeightPtr WeightLoader::matrix(const MatrixSpec& spec) {
  if (!spec) return nullptr;
  const gguf::TensorInfo* tensor = file_.find(spec.name);
  RIDGE_CHECK(tensor != nullptr);
  WeightSource source = weight_source(spec, tensor->dtype);
  source.read = [&](uint64_t begin, std::span<std::byte> destination) {
    read_rows(spec, *tensor, begin, destination);
  };
  if (mapping_ != nullptr && stays_mapped(spec)) {
    const auto row = uint64_t(row_bytes(tensor->dtype, spec.n_in));
    source.mapped = mapping_->data(*tensor) + row * uint64_t(spec.first_row);
    source.mapped_matrix_bytes = row * uint64_t(spec.tensor_rows());
  }
  WeightPtr weight = backend_.make_weight(source);
  advance(tensor->n_bytes / uint64_t(spec.tensor_rows()) * uint64_t(spec.n_out));
  return weight;
}

WeightPtr WeightLoader::transposed(const MatrixSpec& spec) {
  const gguf::TensorInfo* tensor = file_.find(spec.name);
  RIDGE_CHECK(tensor != nullptr);
  const int64_t size = spec.n_out * spec.n_in;
  const int64_t total = size * spec.n_matrices;
  std::vector<std::byte> bytes(size_t(row_bytes(tensor->dtype, total)));
  read_rows(spec, *tensor, 0, bytes);
  std::vector<float> values(static_cast<size_t>(total));
  info(tensor->dtype).decode(bytes.data(), values.data(), total);
  std::vector<f16> turned(values.size());
  for (int64_t i = 0; i < total; ++i) {
    const int64_t row = i % size / spec.n_in, col = i % spec.n_in;
    turned[size_t(i / size * size + col * spec.n_out + row)] = to_f16(values[size_t(i)]);
  }
  advance(bytes.size());
  const auto* from = reinterpret_cast<const std::byte*>(turned.data());
  return backend_.make_weight({.name = spec.name,
                               .dtype = DType::kF16,
                               .n_out = spec.n_in,
                               .n_in = spec.n_out,
                               .n_matrices = spec.n_matrices,
                               .read = [&](uint64_t begin, std::span<std::byte> destination) {
                                 std::copy_n(from + begin, destination.size(), destination.data());
                               }});
}

// The rows of each matrix that are the spec's lie one after the other in what the back end reads;
// in the file those of others may stand between.
void WeightLoader::read_rows(const MatrixSpec& spec, const gguf::TensorInfo& tensor, uint64_t begin,
                             std::span<std::byte> destination) const {
  const auto row = uint64_t(row_bytes(tensor.dtype, spec.n_in));
  const uint64_t wanted = row * uint64_t(spec.n_out);
  const uint64_t whole = row * uint64_t(spec.tensor_rows());
  while (!destination.empty()) {
    const uint64_t matrix = begin / wanted;
    const uint64_t at = begin % wanted;
    const auto n = size_t(std::min<uint64_t>(destination.size(), wanted - at));
    file_.read(tensor, matrix * whole + row * uint64_t(spec.first_row) + at, destination.first(n));
    destination = destination.subspan(n);
    begin += n;
  }
}

std::vector<float> WeightLoader::values(const VectorSpec& spec) {
  return spec ? decode(spec.name, spec.first, spec.size * spec.n_vectors) : std::vector<float>();
}

std::vector<float> WeightLoader::values(const MatrixSpec& spec) {
  return spec ? decode(spec.name, 0, spec.n_out * spec.n_in) : std::vector<float>();
}

std::vector<float> WeightLoader::decode(const std::string& name, int64_t first, int64_t n) {
  const gguf::TensorInfo* tensor = file_.find(name);
  RIDGE_CHECK(tensor != nullptr);
  std::vector<std::byte> bytes(size_t(row_bytes(tensor->dtype, n)));
  file_.read(*tensor, uint64_t(row_bytes(tensor->dtype, first)), bytes);
  std::vector<float> values(size_t(n), 0.0f);
  info(tensor->dtype).decode(bytes.data(), values.data(), n);
  advance(bytes.size());
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
