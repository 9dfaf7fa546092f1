// Levels of the four-bit types that are not evenly spaced.
#pragma once

#include <cstdint>

namespace ridge::quant {

extern const int8_t kIq4Levels[16];    // IQ4_NL, IQ4_XS: ascending, denser near zero
extern const int8_t kMxfp4Levels[16];  // MXFP4: twice the E2M1 float of each code

}  // namespace ridge::quant
