#include "cpu/kernels/attention_kernels.h"

namespace ridge::cpu {

void avx2::install_attention(AttentionKernels&) {}

}  // namespace ridge::cpu
