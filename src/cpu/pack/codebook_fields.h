// Codebook and ternary types as kernels like them. A file of IQ1, IQ2 or IQ3 keeps an index for
// eight (or four) values at once and their signs; looking those up takes a load for each index,
// row by row. But the values are few: packed, each is a code of its own, which a kernel of all rows
// takes apart as it does Q3_K's or Q4_K's.
//
//   IQ2: -43 -25 -8 8 25 43 are the codes 0-5, of 3 bits
//   IQ3: the eight magnitudes with either sign are the codes 0-15, ascending
//   IQ1, TQ: -1 0 1 are the codes 0-2, of 2 bits (TQ2_0 may hold a 3, which is 2)
//
// That costs memory: the file's index leaves most combinations of codes out. Bytes for each 256
// values, in the file and packed: IQ1_S 50, 70; IQ1_M 56, 78; IQ2_XXS 66, 102; IQ2_XS 74, 106;
// IQ2_S 82, 106; IQ3_XXS 98, 134; IQ3_S 110, 134; TQ1_0 54, 66; TQ2_0 66, 66. docs/kernels.md has
// what it buys.
//
// A packed block is d (f16), then units of 4 bytes: scales of four bits, the first four runs' in
// the lower halves of a unit and the next four's in the upper; IQ1_M: the signs of its deltas, a
// bit for each eight values; then codes of 32 values at a time. IQ1_S has its deltas' signs on top
// of its scales, which have three bits.
#pragma once

#include "cpu/pack/bit_fields.h"

namespace ridge::cpu {

// Null for all other types. Whatever a block's bits are, split(join(block)) gives them back; of the
// bytes that mean the same five trits in TQ1_0, the one that its quantizers write.
BitFields codebook_fields(DType dtype);

}  // namespace ridge::cpu
