#include "spec/build.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/error.h"
#include "spec/arch/list.h"
#include "spec/tensors.h"

namespace ridge {
namespace {

std::string shape_text(const gguf::TensorInfo& tensor) {
  std::string text = "[";
  for (int i = 0; i < tensor.rank; ++i) append(text, cat(i ? ", " : "", tensor.dims[size_t(i)]));
  return text + "]";
}

bool has_shape_of(const TensorUse& use, const gguf::TensorInfo& tensor) {
  std::array<int64_t, 4> dims = {use.n_in, 1, 1, 1};  // ones are left out
  size_t rank = 1;
  for (const int64_t n : {use.n_out, use.n_matrices}) {
    if (n > 1) dims[rank++] = n;
  }
  return tensor.dims == dims;
}

void check_tensor(const gguf::File& file, const TensorUse& use) {
  const gguf::TensorInfo* tensor = file.find(use.name);
  if (tensor == nullptr) {
    fail(ErrorCode::kInvalidFile, "the file has no tensor ", use.name,
         ", which its architecture needs");
  }
  if (!has_shape_of(use, *tensor)) {
    fail(ErrorCode::kInvalidFile, "tensor ", use.name, " has shape ", shape_text(*tensor),
         "; its metadata ask for [", use.n_in, use.n_out > 1 ? cat(", ", use.n_out) : "",
         use.n_matrices > 1 ? cat(", ", use.n_matrices) : "", "]");
  }
}

bool holds_prediction(const gguf::File& file, const ModelSpec& spec) {
  return std::ranges::all_of(prediction_uses(spec), [&](const TensorUse& use) {
    const gguf::TensorInfo* tensor = file.find(use.name);
    return tensor != nullptr && has_shape_of(use, *tensor);
  });
}

bool is_set_aside(const ModelSpec& spec, std::string_view name) {
  return std::ranges::any_of(spec.set_aside, [&](const auto& s) { return name.starts_with(s); });
}

void check_no_unused_tensors(const gguf::File& file, const std::vector<TensorUse>& uses,
                             const ModelSpec& spec) {
  std::unordered_set<std::string_view> used;
  for (const TensorUse& use : uses) used.insert(use.name);
  for (const gguf::TensorInfo& tensor : file.tensors()) {
    if (used.contains(tensor.name) || is_set_aside(spec, tensor.name)) continue;
    fail(ErrorCode::kUnsupported, "the file holds tensor ", tensor.name, ", which architecture ",
         spec.architecture, " does not use here; running without it could give wrong text");
  }
}

}  // namespace

ModelSpec build_spec(const gguf::Metadata& metadata,
                     const std::function<bool(std::string_view)>& has_tensor) {
  const std::string_view wanted = metadata.require_string("general.architecture");
  for (const arch::Architecture& architecture : arch::architectures()) {
    if (architecture.name != wanted) continue;
    arch::ArchReader reader(metadata, has_tensor);
    ModelSpec spec = architecture.build(reader);
    reader.refuse_unread_keys();
    return spec;
  }
  std::string known;
  for (std::string_view name : known_architectures())
    append(known, cat(known.empty() ? "" : ", ", name));
  fail(ErrorCode::kUnsupported, "architecture \"", wanted,
       "\" is not implemented; implemented are ", known);
}

ModelSpec build_spec(const gguf::File& file) {
  ModelSpec spec = build_spec(file.metadata(),
                              [&](std::string_view name) { return file.find(name) != nullptr; });
  const std::vector<TensorUse> uses = tensor_uses(spec);
  for (const TensorUse& use : uses) check_tensor(file, use);
  check_no_unused_tensors(file, uses, spec);
  // The model does without: a file whose layer is not whole is no worse than one that has none.
  if (!holds_prediction(file, spec)) spec.prediction.reset();
  return spec;
}

std::vector<std::string_view> known_architectures() {
  std::vector<std::string_view> names;
  for (const arch::Architecture& architecture : arch::architectures())
    names.push_back(architecture.name);
  return names;
}

}  // namespace ridge
