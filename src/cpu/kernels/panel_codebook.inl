// How the types of codebook.inl become panels: their bytes u, times kTimes.
#pragma once

#include "cpu/kernels/codebook.inl"
#include "cpu/kernels/panel_quantized.inl"

namespace ridge::cpu {
namespace {

template <class Type>
struct CodebookPanel {
  using Panel = Panel256;
  static constexpr int kElements = 256;
  static constexpr int kBytes = Type::kBytes;
  static constexpr bool kHasDeltas = std::is_same_v<Type, IQ1_S>;
  static constexpr int kOffset = kHasDeltas ? 9 : Type::kOffset;
  static constexpr Coding kCoding =
      offset_coding(kHasDeltas ? 18 : Type::kMax * Type::kTimes, kOffset, Type::kRun);
  static constexpr int kScaleRegisters = 64 / Type::kRun;

  static void expand(const uint8_t* w, int, Panel& panel) {
    Int nibbles[kScaleRegisters];
    load_scale_nibbles(w, nibbles);
    expand_scales(nibbles, panel);
    Isa::store(panel.d, Isa::mul(Isa::halves(w), Isa::same(Type::kFactor)));
    for (int g = 0; g < 8; ++g) expand_32(w, g, nibbles, panel);
  }

 private:
  static void expand_32(const uint8_t* w, int g, const Int (&nibbles)[kScaleRegisters],
                        Panel& panel) {
    Int q[8];
    Type::load_32(w, g, q);
    for (Int& v : q) v = Isa::template shift<__builtin_ctz(Type::kTimes)>(v);
    if constexpr (kHasDeltas) {
      const Int deltas = Isa::lookup(Isa::table(kIq1Deltas), nibbles[g / 4]);
      const Int delta = Isa::same_bytes(deltas, g % 4);
      for (Int& v : q) v = Isa::or_(v, delta);
    }
    for (Int& v : q) v = code_offset<kOffset>(v);
    panel.set_q(8 * g, q);
  }

  static void expand_scales(const Int (&nibbles)[kScaleRegisters], Panel& panel) {
    for (int i = 0; i < kScaleRegisters; ++i) {
      const Int scales = Type::scale_of(nibbles[i]);
      for (int j = 0; j < 4; ++j) panel.set_scale(4 * i + j, Isa::scale_of_u8(scales, j));
      for (int j = 0; j < 2; ++j) panel.set_pair(2 * i + j, Isa::pair_of_u8(scales, j));
    }
  }
};

}  // namespace
}  // namespace ridge::cpu
