// The products of attention, sixteen floats at a time; the rest is avx2's.
#include "cpu/kernels/attention_kernels.h"
#include "cpu/kernels/avx512_vnni/attention_lanes.h"
#include "cpu/kernels/unroll.h"
//
#include "cpu/kernels/attention.inl"

namespace ridge::cpu {

void avx512_vnni::install_attention(AttentionKernels& kernels) {
  kernels.scores = scores;
  kernels.cache[int(KvElement::kF16)].scores = direct_scores<F16Keys>;
  kernels.cache[int(KvElement::kF16)].accumulate = accumulate<F16>;
  kernels.accumulate_widened = accumulate<F32>;
}

}  // namespace ridge::cpu
