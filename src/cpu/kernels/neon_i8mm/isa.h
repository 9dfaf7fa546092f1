// NEON with SMMLA, which multiplies two rows of eight signed bytes with two columns of eight. A
// single column gains nothing from it, and USDOT nothing over SDOT, since weights of either kind
// fit a signed byte: this level brings panels, and the rest is neon_dot's.
#pragma once

#include "cpu/kernels/neon_dot/instructions.h"

namespace ridge::cpu {
namespace {

struct Isa : NeonDot {
  // sum + rows · columns as four int32: row 0 with either column, then row 1.
  static Int multiply_twos(Int sum, Int rows, Int columns) {
    return vmmlaq_s32(sum, vreinterpretq_s8_s32(rows), vreinterpretq_s8_s32(columns));
  }
  // Lanes of a and b by turns, in two registers' room.
  static void store_zipped(uint8_t* p, Int a, Int b) {
    vst2q_s32(reinterpret_cast<int32_t*>(p), int32x4x2_t{{a, b}});
  }
  // The lower and the upper two lanes, each twice.
  static Int twice_lower(Int a) { return vzip1q_s32(a, a); }
  static Int twice_upper(Int a) { return vzip2q_s32(a, a); }
  // The even and the odd lanes of both.
  static Int even_lanes(Int a, Int b) { return vuzp1q_s32(a, b); }
  static Int odd_lanes(Int a, Int b) { return vuzp2q_s32(a, b); }
  static Int add_product(Int sum, Int a, Int b) { return vmlaq_s32(sum, a, b); }
};

}  // namespace
}  // namespace ridge::cpu
