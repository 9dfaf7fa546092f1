// The instruction set that the .inl files are compiled for in this folder.
#pragma once

#include "cpu/kernels/neon_dot/instructions.h"

namespace ridge::cpu {
namespace {

using Isa = NeonDot;

}  // namespace
}  // namespace ridge::cpu
