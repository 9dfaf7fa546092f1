#include "synth/random_model.h"

#include <cmath>
#include <numbers>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "gguf/writer.h"
#include "spec/build.h"

namespace ridge {
namespace {

constexpr int64_t kValuesAtOnce = 1 << 20;

bool is_matrix(const TensorUse& use) {
  return use.role != TensorRole::kNorm && use.role != TensorRole::kRope && use.n_out > 1;
}

DType stored_type(const TensorUse& use, DType wanted) {
  if (!is_matrix(use)) return DType::kF32;
  for (DType dtype : {wanted, DType::kQ8_0}) {
    if (use.n_in % info(dtype).block_size == 0) return dtype;
  }
  return DType::kF16;
}

// Standard normal numbers by Box and Muller (1958), two at a time.
void fill_normal(std::span<float> values, Rng& rng, float deviation) {
  for (size_t i = 0; i < values.size(); i += 2) {
    const double radius = std::sqrt(-2 * std::log(1 - rng.uniform()));
    const double angle = 2 * std::numbers::pi * rng.uniform();
    values[i] = deviation * float(radius * std::cos(angle));
    if (i + 1 < values.size()) values[i + 1] = deviation * float(radius * std::sin(angle));
  }
}

void fill(const TensorUse& use, std::span<float> values, Rng& rng) {
  if (is_matrix(use)) return fill_normal(values, rng, float(1 / std::sqrt(double(use.n_in))));
  fill_normal(values, rng, 0.1f);
  if (use.role == TensorRole::kNorm) {
    for (float& v : values) v += 1.0f;
  }
  if (use.role == TensorRole::kRope) {
    for (float& v : values) v = 1.0f + std::abs(v);
  }
}

void write_tensor(gguf::Writer& writer, const TensorUse& use, DType dtype, Rng& rng) {
  const int64_t rows_at_once = std::max<int64_t>(1, kValuesAtOnce / use.n_in);
  std::vector<float> values;
  std::vector<std::byte> bytes;
  for (int64_t row = 0; row < use.n_out; row += rows_at_once) {
    const int64_t n = std::min(rows_at_once, use.n_out - row) * use.n_in;
    values.resize(size_t(n));
    bytes.resize(size_t(row_bytes(dtype, n)));
    fill(use, values, rng);
    info(dtype).encode(values.data(), bytes.data(), n);
    writer.write(bytes);
  }
}

}  // namespace

void write_random_model(const std::filesystem::path& path, const gguf::Metadata& metadata,
                        const RandomModel& options) {
  if (info(options.dtype).encode == nullptr) {
    fail(ErrorCode::kUnsupported, "weights of type ", info(options.dtype).name,
         " cannot be made here: it has no encoder");
  }
  const ModelSpec spec = build_spec(metadata, [&](std::string_view name) {
    return options.has_tensor && options.has_tensor(name);
  });
  const std::vector<TensorUse> uses = tensor_uses(spec);
  std::vector<gguf::TensorDeclaration> declarations;
  for (const TensorUse& use : uses) {
    std::vector<int64_t> dims = {use.n_in};
    if (use.n_out > 1) dims.push_back(use.n_out);
    declarations.push_back({std::string(use.name), stored_type(use, options.dtype), dims});
  }
  gguf::Writer writer(path, metadata, declarations);
  Rng rng(options.seed);
  for (size_t i = 0; i < uses.size(); ++i) {
    write_tensor(writer, uses[i], declarations[i].dtype, rng);
  }
  writer.finish();
}

}  // namespace ridge
