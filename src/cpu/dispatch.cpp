#include "cpu/dispatch.h"

#include <cstdint>
#include <string>

#include "base/error.h"
#include "cpu/cpu_backend.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace ridge::cpu {
namespace {

bool always() {
  return true;
}

void install_generic(KernelTable& table) {
  generic::install_matmul(table.matmul);
  generic::install_vector(table.vector);
  generic::install_attention(table.attention);
}

#if defined(__x86_64__)

struct CpuFeatures {
  bool avx2_level = false;
  bool avx512_vnni_level = false;
};

bool has(uint32_t word, int bit) {
  return (word >> bit) & 1u;
}

// The registers that the operating system saves on a task switch (XCR0).
uint64_t saved_state() {
  uint32_t low = 0;
  uint32_t high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t(high) << 32 | low;
}

CpuFeatures detect() {
  CpuFeatures features;
  uint32_t a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return features;
  const bool fma = has(c, 12), osxsave = has(c, 27), avx = has(c, 28), f16c = has(c, 29);
  if (!osxsave || !avx) return features;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return features;
  const uint64_t state = saved_state();
  const bool saves_ymm = (state & 0x6) == 0x6;
  const bool saves_zmm = (state & 0xe6) == 0xe6;
  const bool avx2 = has(b, 5), bmi1 = has(b, 3), bmi2 = has(b, 8);
  const bool avx512 = has(b, 16) && has(b, 17) && has(b, 30) && has(b, 31);  // F, DQ, BW, VL
  const bool avx512_vnni = has(c, 11);
  features.avx2_level = saves_ymm && avx2 && fma && f16c && bmi1 && bmi2;
  features.avx512_vnni_level = features.avx2_level && saves_zmm && avx512 && avx512_vnni;
  return features;
}

bool supports_avx2() {
  return detect().avx2_level;
}
bool supports_avx512_vnni() {
  return detect().avx512_vnni_level;
}

void install_avx2(KernelTable& table) {
  avx2::install_quantize(table.matmul);
  avx2::install_matmul_block32(table.matmul);
  avx2::install_matmul_block256(table.matmul);
  avx2::install_matmul_codebook(table.matmul);
  avx2::install_matmul_float(table.matmul);
  avx2::install_vector(table.vector);
  avx2::install_attention(table.attention);
}

void install_avx512_vnni(KernelTable& table) {
  avx512_vnni::install_matmul_block32(table.matmul);
  avx512_vnni::install_matmul_block256(table.matmul);
  avx512_vnni::install_matmul_codebook(table.matmul);
  avx512_vnni::install_matmul_float(table.matmul);
}

#endif

constexpr LevelRow kLevels[] = {
    {"generic", always, install_generic},
#if defined(__x86_64__)
    {"avx2", supports_avx2, install_avx2},
    {"avx512_vnni", supports_avx512_vnni, install_avx512_vnni},
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
