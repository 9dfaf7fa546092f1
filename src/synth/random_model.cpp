#include "synth/random_model.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "base/rng.h"
#include "base/thread_pool.h"
#include "spec/build.h"
#include "synth/block_pool.h"

namespace ridge {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;  // that one member of the team fills at a time
constexpr size_t kChunksAtOnce = 64;

bool is_matrix(const TensorUse& use) {
  return use.role != TensorRole::kNorm && use.role != TensorRole::kRope && use.n_out > 1 &&
         use.part != TensorPart::kConvolution;
}

DType stored_type(const TensorUse& use, DType wanted) {
  if (!is_matrix(use) || use.role == TensorRole::kRouter) return DType::kF32;
  for (DType dtype : {wanted, DType::kQ8_0}) {
    if (use.n_in % info(dtype).block_size == 0) return dtype;
  }
  return DType::kF16;
}

std::vector<DType> stored_types(const ModelSpec& spec, const RandomModel& options) {
  if (options.file_type) return tensor_types(spec, *options.file_type);
  std::vector<DType> types;
  for (const TensorUse& use : all_tensor_uses(spec))
    types.push_back(stored_type(use, options.dtype));
  return types;
}

// Norms, biases, rope factors, and what makes a recurrent layer's memory last some ten tokens: f32.
std::vector<float> small_values(const TensorUse& use, Rng rng) {
  std::vector<float> values(size_t(use.n_out * use.n_in * use.n_matrices));
  const bool is_wide = use.part == TensorPart::kDecay || use.part == TensorPart::kConvolution;
  fill_normal(values, rng, is_wide ? 0.5f : 0.1f);
  for (float& v : values) {
    if (use.part == TensorPart::kDecay) v = -std::exp(v);
    if (use.part == TensorPart::kTimeBias) v -= 2.0f;
    if (use.role == TensorRole::kNorm && !use.name.ends_with(".bias")) v += 1.0f;
    if (use.role == TensorRole::kRope) v = 1.0f + std::abs(v);
  }
  return values;
}

// Fills tensors with picks from pools, which tensors of one type and width share.
class MatrixFiller {
 public:
  explicit MatrixFiller(uint64_t seed) : seed_(seed) {}

  // Hands the tensor's bytes in order to `write`, in pieces.
  template <class Write>
  void fill(const TensorUse& use, DType dtype, uint64_t tensor_seed, const Write& write) {
    const BlockPool& blocks = pool_of(dtype, use.n_in);
    const size_t chunk_bytes =
        std::max(blocks.unit_bytes(), kChunkBytes / blocks.unit_bytes() * blocks.unit_bytes());
    const size_t total = size_t(row_bytes(dtype, use.n_in) * use.n_out * use.n_matrices);
    buffer_.resize(std::max(buffer_.size(), std::min(total, chunk_bytes * kChunksAtOnce)));
    for (size_t at = 0; at < total;) {
      const std::span<std::byte> piece(buffer_.data(),
                                       std::min(total - at, chunk_bytes * kChunksAtOnce));
      const size_t n_chunks = (piece.size() + chunk_bytes - 1) / chunk_bytes;
      team_.run_tasks(int64_t(n_chunks), [&](int64_t chunk, int) {
        const size_t begin = size_t(chunk) * chunk_bytes;
        const auto part = piece.subspan(begin, std::min(chunk_bytes, piece.size() - begin));
        uint64_t state = tensor_seed + (at + begin) / chunk_bytes;
        blocks.fill(part, Rng(Rng::split_mix(state)));
      });
      write(piece);
      at += piece.size();
    }
  }

 private:
  const BlockPool& pool_of(DType dtype, int64_t n_in) {
    const auto key = std::pair(dtype, n_in);
    auto found = pools_.find(key);
    if (found == pools_.end()) {
      const float deviation = float(1 / std::sqrt(double(n_in)));
      found = pools_.emplace(key, BlockPool(dtype, deviation, seed_, team_)).first;
    }
    return found->second;
  }

  uint64_t seed_;
  ThreadPool team_;
  std::map<std::pair<DType, int64_t>, BlockPool> pools_;
  std::vector<std::byte> buffer_;
};

}  // namespace

RandomModelWriter::RandomModelWriter(const gguf::Metadata& metadata, const RandomModel& options)
    : metadata_(metadata),
      seed_(options.seed),
      spec_(build_spec(
          metadata,
          [&](std::string_view name) { return options.has_tensor && options.has_tensor(name); })),
      uses_(all_tensor_uses(spec_)) {
  if (options.file_type) set_file_type(metadata_, *options.file_type);
  const std::vector<DType> types = stored_types(spec_, options);
  for (size_t i = 0; i < uses_.size(); ++i) {
    const TensorUse& use = uses_[i];
    std::vector<int64_t> dims = {use.n_in};
    if (use.n_out > 1) dims.push_back(use.n_out);
    if (use.n_matrices > 1) dims.push_back(use.n_matrices);
    declarations_.push_back({std::string(use.name), types[i], dims});
  }
}

uint64_t RandomModelWriter::n_bytes() const {
  uint64_t total = 0;
  for (const gguf::TensorDeclaration& d : declarations_) {
    int64_t n = 1;
    for (int64_t dim : d.dims) n *= dim;
    total += uint64_t(row_bytes(d.dtype, n));
  }
  return total;
}

void RandomModelWriter::write(const std::filesystem::path& path, const Progress& progress) const {
  const uint64_t total = n_bytes();
  uint64_t done = 0;
  gguf::Writer writer(path, metadata_, declarations_);
  const auto write_bytes = [&](std::span<const std::byte> bytes) {
    writer.write(bytes);
    done += bytes.size();
    if (progress) progress(done, total);
  };
  MatrixFiller matrices(seed_);
  for (size_t i = 0; i < uses_.size(); ++i) {
    uint64_t state = seed_ ^ (i << 32);
    const uint64_t tensor_seed = Rng::split_mix(state);
    if (is_matrix(uses_[i])) {
      matrices.fill(uses_[i], declarations_[i].dtype, tensor_seed, write_bytes);
    } else {
      const std::vector<float> values = small_values(uses_[i], Rng(tensor_seed));
      write_bytes(std::as_bytes(std::span(values)));
    }
  }
  writer.finish();
}

void write_random_model(const std::filesystem::path& path, const gguf::Metadata& metadata,
                        const RandomModel& options) {
  RandomModelWriter(metadata, options).write(path);
}

}  // namespace ridge
