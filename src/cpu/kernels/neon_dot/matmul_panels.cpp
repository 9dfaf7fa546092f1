#include "cpu/kernels/neon_dot/isa.h"
//
#include "cpu/kernels/panel_products.inl"
//
#include "cpu/kernels/panel_install.inl"

namespace ridge::cpu {

void neon_dot::install_panels(MatmulKernels& kernels) {
  install_all_panels(kernels);
}

}  // namespace ridge::cpu
