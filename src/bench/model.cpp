#include "bench/model.h"

#include <cstdio>

#include "base/strcat.h"
#include "gguf/describe.h"
#include "spec/build.h"

namespace ridge {
namespace {

std::string short_count(int64_t n) {
  const bool billions = n >= 1'000'000'000;
  char text[32];
  std::snprintf(text, sizeof text, billions ? "%.2fB" : "%.0fM",
                double(n) / (billions ? 1e9 : 1e6));
  return text;
}

int64_t count_parameters(const gguf::File& file) {
  int64_t n = 0;
  for (const gguf::TensorInfo& tensor : file.tensors()) n += tensor.n_elements();
  return n;
}

int64_t count_bytes(const gguf::File& file) {
  int64_t n = 0;
  for (const gguf::TensorInfo& tensor : file.tensors()) n += int64_t(tensor.n_bytes);
  return n;
}

}  // namespace

BenchModel::BenchModel(const gguf::File& file, Backend& device, const LoadProgress& progress,
                       WeightPlacement placement)
    : n_parameters(count_parameters(file)),
      tensor_bytes(count_bytes(file)),
      backend(device),
      transformer(file, build_spec(file), device, progress, placement) {
  work = work_of_model(transformer.spec(), file);
  type = cat(gguf::architecture_name(file), " ", short_count(n_parameters), " ",
             gguf::quant_name(file));
}

}  // namespace ridge
