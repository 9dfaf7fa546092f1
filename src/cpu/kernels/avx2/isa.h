// The instruction set that the .inl files are compiled for in this folder.
#pragma once

#include "cpu/kernels/avx2/instructions.h"

namespace ridge::cpu {
namespace {

using Isa = Avx2;

}  // namespace
}  // namespace ridge::cpu
