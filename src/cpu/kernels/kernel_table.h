// KernelTable: every kernel of the CPU back end as a plain function pointer. The generic level
// fills all of it; each further level overwrites what it does better. Kernels work on a block of
// rows or a tile, never on an element, so that the indirect call costs nothing. They never allocate
// or throw.
//
// Files under kernels/<level>/ are compiled for that level's CPU: they keep everything in an
// anonymous namespace, export only install_<family>(), and include only what leaves no inline
// function behind.
#pragma once

#include "cpu/kernels/attention_kernels.h"
#include "cpu/kernels/matmul_kernels.h"
#include "cpu/kernels/recurrent_kernels.h"
#include "cpu/kernels/vector_kernels.h"

namespace ridge::cpu {

struct KernelTable {
  MatmulKernels matmul;
  VectorKernels vector;
  AttentionKernels attention;
  RecurrentKernels recurrent;
};

}  // namespace ridge::cpu
