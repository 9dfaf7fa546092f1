// What the bytes of a panel mean.
#pragma once

#include "cpu/kernels/quantized.inl"

namespace ridge::cpu {
namespace {

struct Coding {
  bool is_signed = false;
  int max = 127;     // of an unsigned byte
  int offset = 0;    // a weight is (byte - offset) times its scale …
  bool min = false;  // … and less or (blocks of 32) more by a minimum
  int run = 16;      // blocks of 256: elements that share a scale
};

// Instruction sets that multiply signed bytes by signed bytes need no offsets.
template <class Set>
concept MultipliesSigned = requires { requires Set::kMultipliesSigned; };

constexpr Coding signed_coding(int run) {
  if (Isa::kSignedByOffset) return {.max = 255, .offset = 128, .run = run};
  return {.is_signed = true, .run = run};
}
// A unit of signed bytes as signed_coding() wants it.
inline Int code_signed(Int v) {
  if constexpr (Isa::kSignedByOffset) return Isa::sub_bytes(v, Isa::bytes(-128));
  return v;
}

// Weights v - offset, with v in [0, max].
constexpr Coding offset_coding(int max, int offset, int run = 16) {
  if (MultipliesSigned<Isa>) return {.is_signed = true, .run = run};
  return {.max = max, .offset = offset, .run = run};
}
// A unit of values v as offset_coding() wants it.
template <int kOffset>
inline Int code_offset(Int v) {
  if constexpr (MultipliesSigned<Isa>) return Isa::sub_bytes(v, Isa::bytes(kOffset));
  return v;
}

inline void store_unit(uint8_t* p, Int v) {
  __builtin_memcpy(p, &v, sizeof v);
}
// Units that lie after each other.
template <int kUnits>
inline void load_units(const uint8_t* units, Int (&q)[kUnits]) {
  for (int i = 0; i < kUnits; ++i) q[i] = Isa::load(units + i * kUnit4);
}

}  // namespace
}  // namespace ridge::cpu
