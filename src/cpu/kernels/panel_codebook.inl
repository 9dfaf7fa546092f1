// How the codebook types become panels: their own expansion to signed bytes, made unsigned by their
// largest magnitude where that leaves the multiply-add more room.
#pragma once

#include "cpu/kernels/codebook.inl"
#include "cpu/kernels/panel_quantized.inl"

namespace ridge::cpu {
namespace {

template <class Type, int kMagnitude>
struct CodebookPanel {
  using Panel = Panel256;
  static constexpr int kElements = 256;
  static constexpr int kBytes = sizeof(typename Type::Block);
  static constexpr Coding kCoding = offset_coding(2 * kMagnitude, kMagnitude);

  static void expand(const uint8_t* w, int, Panel& panel) {
    ridge::cpu::Panel rows;
    for (int r = 0; r < kRows; ++r) {
      typename Type::Block row;
      __builtin_memcpy(&row, w + r * kBytes, kBytes);
      Type::expand(row, PanelRow(rows, r));
    }
    const Int minus = Isa::bytes(-kCoding.offset);
    for (int i = 0; i < 64; i += 4) {
      Int q[4];
      load_units(rows.q + i * kUnit4, q);
      for (Int& v : q) v = Isa::sub_bytes(v, minus);
      panel.set_q(i, q);
    }
    Int scales[4];
    load_units(rows.scales, scales);
    expand_signed_scales(scales, panel);
    const Float d = Isa::halves(reinterpret_cast<const uint8_t*>(rows.d));
    Isa::store(panel.d, Isa::mul(d, Isa::same(Type::kFactor)));
  }
};

}  // namespace
}  // namespace ridge::cpu
