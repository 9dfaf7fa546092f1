#include "cpu/dispatch.h"

#include <string>

#include "base/error.h"
#include "cpu/cpu_backend.h"
#include "cpu/cpu_features.h"

namespace ridge::cpu {
namespace {

bool always() {
  return true;
}

void install_generic(KernelTable& table) {
  generic::install_matmul(table.matmul);
  generic::install_vector(table.vector);
  generic::install_attention(table.attention);
  generic::install_recurrent(table.recurrent);
}

#if defined(__x86_64__)

bool supports_avx2() {
  return detect_cpu_features().avx2;
}
bool supports_avx2_vnni() {
  return detect_cpu_features().avx2_vnni;
}
bool supports_avx512_vnni() {
  return detect_cpu_features().avx512_vnni;
}

void install_avx2(KernelTable& table) {
  avx2::install_quantize(table.matmul);
  avx2::install_matmul_block32(table.matmul);
  avx2::install_matmul_block256(table.matmul);
  avx2::install_matmul_codebook(table.matmul);
  avx2::install_matmul_float(table.matmul);
  avx2::install_panels(table.matmul);
  avx2::install_vector(table.vector);
  avx2::install_attention(table.attention);
  avx2::install_attention_int16(table.attention);
  avx2::install_recurrent(table.recurrent);
}

void install_avx2_vnni(KernelTable& table) {
  avx2_vnni::install_matmul_block32(table.matmul);
  avx2_vnni::install_matmul_block256(table.matmul);
  avx2_vnni::install_matmul_codebook(table.matmul);
  avx2_vnni::install_panels(table.matmul);
  avx2_vnni::install_attention_int16(table.attention);
}

void install_avx512_vnni(KernelTable& table) {
  avx512_vnni::install_matmul_block32(table.matmul);
  avx512_vnni::install_matmul_block256(table.matmul);
  avx512_vnni::install_matmul_codebook(table.matmul);
  avx512_vnni::install_matmul_float(table.matmul);
  avx512_vnni::install_attention(table.attention);
  avx512_vnni::install_attention_int16(table.attention);
  avx512_vnni::install_recurrent(table.recurrent);
  avx512_vnni::install_panels(table.matmul);
}

#elif defined(__aarch64__)

bool supports_neon_dot() {
  return detect_cpu_features().neon_dot;
}
bool supports_neon_i8mm() {
  return detect_cpu_features().neon_i8mm;
}

void install_neon_dot(KernelTable& table) {
  neon_dot::install_quantize(table.matmul);
  neon_dot::install_matmul_block32(table.matmul);
  neon_dot::install_matmul_block256(table.matmul);
  neon_dot::install_matmul_codebook(table.matmul);
  neon_dot::install_matmul_float(table.matmul);
  neon_dot::install_panels(table.matmul);
  neon_dot::install_vector(table.vector);
  neon_dot::install_attention(table.attention);
  neon_dot::install_recurrent(table.recurrent);
}

void install_neon_i8mm(KernelTable& table) {
  neon_i8mm::install_panels(table.matmul);
}

#endif

constexpr LevelRow kLevels[] = {
    {"generic", always, install_generic},
#if defined(__x86_64__)
    {"avx2", supports_avx2, install_avx2},
    {"avx2_vnni", supports_avx2_vnni, install_avx2_vnni},
    {"avx512_vnni", supports_avx512_vnni, install_avx512_vnni},
#elif defined(__aarch64__)
    {"neon_dot", supports_neon_dot, install_neon_dot},
    {"neon_i8mm", supports_neon_i8mm, install_neon_i8mm},
#endif
};

std::string level_names() {
  std::string names;
  for (const LevelRow& row : kLevels) names += cat(names.empty() ? "" : ", ", row.name);
  return names;
}

}  // namespace

std::span<const LevelRow> level_table() {
  return kLevels;
}

ChosenKernels choose_kernels(std::string_view isa) {
  ChosenKernels chosen;
  for (const LevelRow& row : kLevels) {
    if (!row.supported()) {
      if (isa == row.name) {
        fail(ErrorCode::kInvalidArgument, "this machine lacks the instruction set level ", isa,
             "; the best it has is ", chosen.level);
      }
      continue;
    }
    row.install(chosen.table);
    chosen.level = row.name;
    if (isa == row.name) return chosen;
  }
  if (!isa.empty()) {
    fail(ErrorCode::kInvalidArgument, "unknown instruction set level '", isa, "'; known are ",
         level_names());
  }
  return chosen;
}

std::vector<Level> levels() {
  std::vector<Level> out;
  for (const LevelRow& row : kLevels) out.push_back({row.name, row.supported()});
  return out;
}

}  // namespace ridge::cpu
