// Codebooks of the IQ1, IQ2 and IQ3 types: an index names 8 (or, IQ3, 4) values at once. Byte k of
// an entry is element k: magnitudes for IQ2 and IQ3, signed -1, 0, 1 for IQ1.
#pragma once

#include <cstdint>

namespace ridge::quant {

extern const uint64_t kIq2XxsGrid[256];
extern const uint64_t kIq2XsGrid[512];
extern const uint64_t kIq2SGrid[1024];
extern const uint32_t kIq3XxsGrid[256];
extern const uint32_t kIq3SGrid[512];
extern const uint64_t kIq1Grid[2048];

}  // namespace ridge::quant
