#include "cpu/kernels/activation.h"
#include "cpu/kernels/matmul_kernels.h"
#include "cpu/kernels/neon_i8mm/isa.h"
#include "tensor/quant/iq1_m.h"
#include "tensor/quant/iq1_s.h"
#include "tensor/quant/iq2_s.h"
#include "tensor/quant/iq2_xs.h"
#include "tensor/quant/iq2_xxs.h"
#include "tensor/quant/iq3_s.h"
#include "tensor/quant/iq3_xxs.h"
#include "tensor/quant/tq1_0.h"
#include "tensor/quant/tq2_0.h"
//
#include "cpu/kernels/quantized.inl"
//
#include "cpu/kernels/codebook.inl"
//
#include "cpu/kernels/panel_coding.inl"
//
#include "cpu/kernels/neon_i8mm/products.inl"
//
#include "cpu/kernels/panel.inl"
//
#include "cpu/kernels/panel_quantized.inl"
//
#include "cpu/kernels/panel_codebook.inl"
//
#include "cpu/kernels/panel_install.inl"

namespace ridge::cpu {

void neon_i8mm::install_panels(MatmulKernels& kernels) {
  install_all_panels(kernels);
  kernels.tile_order = TileOrder::kRunsOf8;
}

}  // namespace ridge::cpu
