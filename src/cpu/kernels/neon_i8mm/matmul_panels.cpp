#include "cpu/kernels/neon_i8mm/isa.h"
//
#include "cpu/kernels/neon_i8mm/products.inl"
//
#include "cpu/kernels/panel_install.inl"

namespace ridge::cpu {

void neon_i8mm::install_panels(MatmulKernels& kernels) {
  install_all_panels(kernels);
  kernels.tile_order = TileOrder::kRunsOf8;
}

}  // namespace ridge::cpu
