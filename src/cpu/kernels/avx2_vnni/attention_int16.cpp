// The products of attention in int16 with one instruction for a product of pairs and its sum; the
// rest is avx2's.
#include "cpu/kernels/attention_kernels.h"
#include "cpu/kernels/avx2/words.h"
#include "cpu/kernels/unroll.h"

namespace ridge::cpu {
namespace {

struct Words : Words256 {
  static Int multiply_add(Int sum, Int a, Int b) { return _mm256_dpwssd_avx_epi32(sum, a, b); }
};

}  // namespace
}  // namespace ridge::cpu

#include "cpu/kernels/attention_int16.inl"

namespace ridge::cpu {

void avx2_vnni::install_attention_int16(AttentionKernels& kernels) {
  kernels.int16.scores = scores;
  kernels.int16.accumulate = accumulate;
}

}  // namespace ridge::cpu
