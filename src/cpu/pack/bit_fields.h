// Values of 3, 5 and 6 bits as kernels like them. The file keeps a value's upper bits apart from
// its lower ones, so that each value costs two masks, a shift and an OR. Packed, most values lie
// whole in a byte, and the bits left over in those bytes are the remaining ones:
//
//   5 bits: 8 values in 5 bytes: 0-4 in the lower 5 bits; 5 = top 3 of byte 0 and bits 5-6 of byte
//           1; 6 likewise in bytes 2 and 3; 7 = top 3 of byte 4, bit 7 of byte 1, bit 7 of byte 3
//   6 bits: 4 values in 3 bytes: 0-2 in the lower 6 bits; 3 = the top 2 of each, lowest first
//   3 bits: 8 values in 3 bytes: 2 j and 2 j + 1 in bits 0-2 and 3-5 of byte j; 6 = top 2 of byte 0
//           and bit 6 of byte 1; 7 = top 2 of byte 2 and bit 7 of byte 1
//
// "Byte" j is byte k of unit j for values 4 j' + k of the run: four are done at a time.
#pragma once

#include <cstdint>

#include "tensor/dtype.h"

namespace ridge::cpu {

// Between a block of the file and the same block with its values put together: split(join(block))
// gives the block back (or, TQ1_0, one that decodes to the same values).
struct BitFields {
  void (*join)(const uint8_t* block, uint8_t* joined) = nullptr;
  void (*split)(const uint8_t* joined, uint8_t* block) = nullptr;
};

// Joined blocks: Q5_0 d, 5 units; Q5_1 d, m, 5 units; Q3_K scales, 3 units for each 32 values, d;
// Q5_K d, dmin, scales, 5 units for each 32 values; Q6_K scales, 3 units for each 16 values, d;
// codebook types as codebook_fields.h has them. Null for all other types, which are packed as they
// are.
BitFields bit_fields(DType dtype);

}  // namespace ridge::cpu
