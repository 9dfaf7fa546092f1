// What this CPU and this operating system can run, one flag a kernel level. Pure; any thread.
#pragma once

namespace ridge::cpu {

struct CpuFeatures {
  bool avx2 = false;  // with FMA, F16C and BMI
  bool avx2_vnni = false;
  bool avx512_vnni = false;  // with F, BW, DQ and VL
  bool neon_dot = false;     // with dot products of bytes
  bool neon_i8mm = false;    // and with matrix products of bytes
};
CpuFeatures detect_cpu_features();

}  // namespace ridge::cpu
