#include "cpu/kernels/attention_kernels.h"

namespace ridge::cpu {

void generic::install_attention(AttentionKernels&) {}

}  // namespace ridge::cpu
