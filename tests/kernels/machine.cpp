#include "tests/kernels/machine.h"

#include "cpu/dispatch.h"

#ifdef RIDGE_EMULATED_avx2_vnni
namespace ridge::cpu::avx2_vnni_emulated {
void install_matmul_block32(MatmulKernels& kernels);
void install_matmul_block256(MatmulKernels& kernels);
void install_matmul_codebook(MatmulKernels& kernels);
void install_panels(MatmulKernels& kernels);
void install_attention_int16(AttentionKernels& kernels);
}  // namespace ridge::cpu::avx2_vnni_emulated
#endif
#ifdef RIDGE_EMULATED_avx512_vnni
namespace ridge::cpu::avx512_vnni_emulated {
void install_matmul_block32(MatmulKernels& kernels);
void install_matmul_block256(MatmulKernels& kernels);
void install_matmul_codebook(MatmulKernels& kernels);
void install_matmul_float(MatmulKernels& kernels);
void install_panels(MatmulKernels& kernels);
void install_attention(AttentionKernels& kernels);
void install_attention_int16(AttentionKernels& kernels);
void install_recurrent(RecurrentKernels& kernels);
}  // namespace ridge::cpu::avx512_vnni_emulated
#endif

namespace ridge::cpu::testing {
namespace {

constexpr float kGuard = -12345.678f;

// Each on top of the best level that runs here, as dispatch would do it; they need AVX2, in which
// the instructions are spelt.
void add_emulated_levels([[maybe_unused]] std::vector<TestedLevel>& levels) {
  if (levels.size() < 2) return;
  [[maybe_unused]] const KernelTable base = levels.back().table;
#ifdef RIDGE_EMULATED_avx2_vnni
  TestedLevel& vnni = levels.emplace_back(TestedLevel{"avx2_vnni_emulated", base});
  avx2_vnni_emulated::install_matmul_block32(vnni.table.matmul);
  avx2_vnni_emulated::install_matmul_block256(vnni.table.matmul);
  avx2_vnni_emulated::install_matmul_codebook(vnni.table.matmul);
  avx2_vnni_emulated::install_panels(vnni.table.matmul);
  avx2_vnni_emulated::install_attention_int16(vnni.table.attention);
#endif
#ifdef RIDGE_EMULATED_avx512_vnni
  TestedLevel& avx512 = levels.emplace_back(TestedLevel{"avx512_vnni_emulated_by_simde", base});
  avx512_vnni_emulated::install_matmul_block32(avx512.table.matmul);
  avx512_vnni_emulated::install_matmul_block256(avx512.table.matmul);
  avx512_vnni_emulated::install_matmul_codebook(avx512.table.matmul);
  avx512_vnni_emulated::install_matmul_float(avx512.table.matmul);
  avx512_vnni_emulated::install_panels(avx512.table.matmul);
  avx512_vnni_emulated::install_attention(avx512.table.attention);
  avx512_vnni_emulated::install_attention_int16(avx512.table.attention);
  avx512_vnni_emulated::install_recurrent(avx512.table.recurrent);
#endif
}

}  // namespace

const std::vector<TestedLevel>& tested_levels() {
  static const std::vector<TestedLevel> levels = [] {
    std::vector<TestedLevel> out;
    for (const LevelRow& row : level_table()) {
      if (row.supported()) out.push_back({std::string(row.name), choose_kernels(row.name).table});
    }
    add_emulated_levels(out);
    return out;
  }();
  return levels;
}

const TestedLevel& generic_level() {
  return tested_levels().front();
}

TestedLevel oracle_for(const TestedLevel& level) {
  TestedLevel oracle = generic_level();
  for (int i = 0; i < kDTypeCount; ++i) {
    oracle.table.matmul.formats[i].activation = level.table.matmul.formats[i].activation;
  }
  return oracle;
}

std::vector<std::string> levels_not_run() {
  std::vector<std::string> out;
  for (const LevelRow& row : level_table()) {
    if (!row.supported()) out.emplace_back(row.name);
  }
  return out;
}

Matrix::Matrix(int64_t rows, int64_t cols, int64_t padding)
    : rows_(rows),
      cols_(cols),
      stride_(cols + padding),
      buffer_(std::make_unique<CpuBuffer>(size_t(rows * stride_ + 2) * sizeof(float))) {
  auto* all = reinterpret_cast<float*>(buffer_->data());
  for (int64_t i = 0; i < rows_ * stride_ + 2; ++i) all[i] = kGuard;
}

Tensor Matrix::tensor() const {
  Tensor t = make_tensor(DType::kF32, {rows_, cols_}, *buffer_, sizeof(float));
  t.stride[0] = stride_;
  return t;
}

float& Matrix::at(int64_t row, int64_t col) {
  return reinterpret_cast<float*>(buffer_->data())[1 + row * stride_ + col];
}

void Matrix::fill(float value) {
  for (int64_t r = 0; r < rows_; ++r) {
    for (int64_t c = 0; c < cols_; ++c) at(r, c) = value;
  }
}

::testing::AssertionResult Matrix::guards_intact() {
  const auto* all = reinterpret_cast<const float*>(buffer_->data());
  for (int64_t i = 0; i < rows_ * stride_ + 2; ++i) {
    const int64_t at = i - 1;
    const bool inside = at >= 0 && at < rows_ * stride_ && at % stride_ < cols_;
    if (!inside && all[i] != kGuard) {
      return ::testing::AssertionFailure() << "float " << at % stride_ << " after the start of row "
                                           << at / stride_ << " was overwritten";
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace ridge::cpu::testing
