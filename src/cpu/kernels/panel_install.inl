// The panels of all types, with the number of columns from which they pay.
#pragma once

#include "cpu/kernels/panel_codebook.inl"
#include "cpu/kernels/panel_quantized.inl"

namespace ridge::cpu {
namespace {

// Expanding costs what a few passes of the other kernels do.
constexpr int kFewest = 8;

template <class Type, int kMagnitude>
void install_codebook_panel(MatmulKernels& kernels, DType dtype) {
  install_panel<CodebookPanel<Type, kMagnitude>>(kernels, dtype, kFewest);
}

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
  install_codebook_panel<IQ1_S, 9>(kernels, DType::kIQ1_S);
  install_codebook_panel<IQ1_M, 9>(kernels, DType::kIQ1_M);
  install_codebook_panel<IQ2_XXS, 43>(kernels, DType::kIQ2_XXS);
  install_codebook_panel<IQ2_XS, 43>(kernels, DType::kIQ2_XS);
  install_codebook_panel<IQ2_S, 43>(kernels, DType::kIQ2_S);
  install_codebook_panel<IQ3_XXS, 62>(kernels, DType::kIQ3_XXS);
  install_codebook_panel<IQ3_S, 15>(kernels, DType::kIQ3_S);
  install_codebook_panel<TQ1_0, 1>(kernels, DType::kTQ1_0);
  install_codebook_panel<TQ2_0, 2>(kernels, DType::kTQ2_0);  // a code of 3 is 2
}

}  // namespace
}  // namespace ridge::cpu
