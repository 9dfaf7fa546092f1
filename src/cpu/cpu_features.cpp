#include "cpu/cpu_features.h"

#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace ridge::cpu {

#if defined(__x86_64__)
namespace {

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

}  // namespace

CpuFeatures detect_cpu_features() {
  CpuFeatures features;
  uint32_t a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return features;
  const bool fma = has(c, 12), osxsave = has(c, 27), avx = has(c, 28), f16c = has(c, 29);
  if (!osxsave || !avx) return features;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return features;
  const uint32_t last_subleaf = a;
  const uint64_t state = saved_state();
  const bool saves_ymm = (state & 0x6) == 0x6;
  const bool saves_zmm = (state & 0xe6) == 0xe6;
  const bool avx2 = has(b, 5), bmi1 = has(b, 3), bmi2 = has(b, 8);
  const bool avx512 = has(b, 16) && has(b, 17) && has(b, 30) && has(b, 31);  // F, DQ, BW, VL
  const bool avx512_vnni = has(c, 11);
  features.avx2 = saves_ymm && avx2 && fma && f16c && bmi1 && bmi2;
  features.avx512_vnni = features.avx2 && saves_zmm && avx512 && avx512_vnni;
  if (last_subleaf >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) {
    features.avx2_vnni = features.avx2 && has(a, 4);
  }
  return features;
}

#elif defined(__aarch64__) && defined(__APPLE__)
namespace {

bool has(const char* name) {
  int value = 0;
  size_t size = sizeof value;
  return sysctlbyname(name, &value, &size, nullptr, 0) == 0 && value != 0;
}

}  // namespace

CpuFeatures detect_cpu_features() {
  CpuFeatures features;
  features.neon_dot = has("hw.optional.arm.FEAT_DotProd");
  features.neon_i8mm = features.neon_dot && has("hw.optional.arm.FEAT_I8MM");
  return features;
}

#elif defined(__aarch64__)

CpuFeatures detect_cpu_features() {
  CpuFeatures features;
  features.neon_dot = (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
  features.neon_i8mm = features.neon_dot && (getauxval(AT_HWCAP2) & HWCAP2_I8MM) != 0;
  return features;
}

#else

CpuFeatures detect_cpu_features() {
  return {};
}

#endif

}  // namespace ridge::cpu
