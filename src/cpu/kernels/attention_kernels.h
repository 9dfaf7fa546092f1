// Kernels of attention over a paged cache.
#pragma once

namespace ridge::cpu {

struct AttentionKernels {};

namespace generic {
void install_attention(AttentionKernels& kernels);
}
namespace avx2 {
void install_attention(AttentionKernels& kernels);
}

}  // namespace ridge::cpu
