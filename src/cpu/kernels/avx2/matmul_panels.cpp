#include "cpu/kernels/avx2/isa.h"
//
#include "cpu/kernels/panel_products.inl"
//
#include "cpu/kernels/panel_install.inl"

namespace ridge::cpu {

void avx2::install_panels(MatmulKernels& kernels) {
  install_all_panels(kernels);
}

}  // namespace ridge::cpu
