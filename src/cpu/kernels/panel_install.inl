// The panels of all types, with the number of columns from which they pay.
#pragma once

#include "cpu/kernels/panel_codebook.inl"
#include "cpu/kernels/panel_quantized.inl"

namespace ridge::cpu {
namespace {

// Expanding costs what a few passes of the other kernels do.
constexpr int kFewest = 8;

void install_all_panels(MatmulKernels& kernels) {
  install_panel<Q4_0Panel>(kernels, DType::kQ4_0, kFewest);
  install_panel<Q4_1Panel>(kernels, DType::kQ4_1, kFewest);
  install_panel<Q5_0Panel>(kernels, DType::kQ5_0, kFewest);
  install_panel<Q5_1Panel>(kernels, DType::kQ5_1, kFewest);
  install_panel<Q8_0Panel>(kernels, DType::kQ8_0, kFewest);
  install_panel<IQ4_NLPanel>(kernels, DType::kIQ4_NL, kFewest);
  install_panel<MXFP4Panel>(kernels, DType::kMXFP4, kFewest);
  install_panel<Q2_KPanel>(kernels, DType::kQ2_K, kFewest);
  install_panel<Q3_KPanel>(kernels, DType::kQ3_K, kFewest);
  install_panel<Q4_KPanel>(kernels, DType::kQ4_K, kFewest);
  install_panel<Q5_KPanel>(kernels, DType::kQ5_K, kFewest);
  install_panel<Q6_KPanel>(kernels, DType::kQ6_K, kFewest);
  install_panel<IQ4_XSPanel>(kernels, DType::kIQ4_XS, kFewest);
  install_panel<CodebookPanel<IQ1_S>>(kernels, DType::kIQ1_S, kFewest);
  install_panel<CodebookPanel<IQ1_M>>(kernels, DType::kIQ1_M, kFewest);
  install_panel<CodebookPanel<IQ2_XXS>>(kernels, DType::kIQ2_XXS, kFewest);
  install_panel<CodebookPanel<IQ2_XS>>(kernels, DType::kIQ2_XS, kFewest);
  install_panel<CodebookPanel<IQ2_S>>(kernels, DType::kIQ2_S, kFewest);
  install_panel<CodebookPanel<IQ3_XXS>>(kernels, DType::kIQ3_XXS, kFewest);
  install_panel<CodebookPanel<IQ3_S>>(kernels, DType::kIQ3_S, kFewest);
  install_panel<CodebookPanel<Ternary>>(kernels, DType::kTQ1_0, kFewest);
  install_panel<CodebookPanel<Ternary>>(kernels, DType::kTQ2_0, kFewest);
}

}  // namespace
}  // namespace ridge::cpu
