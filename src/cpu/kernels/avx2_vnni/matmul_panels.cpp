#include "cpu/kernels/avx2_vnni/isa.h"
//
#include "cpu/kernels/panel_products.inl"
//
#include "cpu/kernels/panel_install.inl"

namespace ridge::cpu {

void avx2_vnni::install_panels(MatmulKernels& kernels) {
  install_all_panels(kernels);
}

}  // namespace ridge::cpu
