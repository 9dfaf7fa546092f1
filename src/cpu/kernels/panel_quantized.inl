// How the types with fixed fields become panels: one struct a type, whose expand() writes block b
// of a panel from the group's bytes w.
#pragma once

#include "cpu/kernels/panel.inl"

namespace ridge::cpu {
namespace {

struct Q4_0Panel : Q4_0 {
  using Panel = Panel32;
  static constexpr Coding kCoding = offset_coding(15, 8);
  static void expand(const uint8_t* w, int b, Panel& panel) {
    Int q[8];
    load_nibbles(w + kUnit2, q);
    for (Int& v : q) v = code_offset<8>(v);
    panel.set_q(b, q);
    panel.set_d(b, Isa::halves(w));
  }
};

struct Q4_1Panel : Q4_1 {
  using Panel = Panel32;
  static constexpr Coding kCoding{.max = 15, .min = true};
  static void expand(const uint8_t* w, int b, Panel& panel) {
    Int q[8];
    load_nibbles(w + 2 * kUnit2, q);
    panel.set_q(b, q);
    panel.set_d(b, Isa::halves(w));
    panel.set_m(b, Isa::halves(w + kUnit2));
  }
};

struct Q5_0Panel : Q5_0 {
  using Panel = Panel32;
  static constexpr Coding kCoding = offset_coding(31, 16);
  static void expand(const uint8_t* w, int b, Panel& panel) {
    Int q[8];
    load_fives(w + kUnit2, q);
    for (Int& v : q) v = code_offset<16>(v);
    panel.set_q(b, q);
    panel.set_d(b, Isa::halves(w));
  }
};

struct Q5_1Panel : Q5_1 {
  using Panel = Panel32;
  static constexpr Coding kCoding{.max = 31, .min = true};
  static void expand(const uint8_t* w, int b, Panel& panel) {
    Int q[8];
    load_fives(w + 2 * kUnit2, q);
    panel.set_q(b, q);
    panel.set_d(b, Isa::halves(w));
    panel.set_m(b, Isa::halves(w + kUnit2));
  }
};

struct Q8_0Panel : Q8_0 {
  using Panel = Panel32;
  static constexpr Coding kCoding = signed_coding(32);
  static void expand(const uint8_t* w, int b, Panel& panel) {
    Int q[8];
    load_units(w + kUnit2, q);
    for (Int& v : q) v = code_signed(v);
    panel.set_q(b, q);
    panel.set_d(b, Isa::halves(w));
  }
};

struct IQ4_NLPanel : IQ4_NL {
  using Panel = Panel32;
  static constexpr Coding kCoding = signed_coding(32);
  static void expand(const uint8_t* w, int b, Panel& panel) {
    const Int table = Isa::table(kIq4Table);
    Int q[8];
    load_nibbles(w + kUnit2, q);
    for (Int& v : q) v = code_signed(Isa::lookup(table, v));
    panel.set_q(b, q);
    panel.set_d(b, Isa::halves(w));
  }
};

struct MXFP4Panel : MXFP4 {
  using Panel = Panel32;
  static constexpr Coding kCoding = offset_coding(24, 12);
  static void expand(const uint8_t* w, int b, Panel& panel) {
    const Int table = Isa::table(kMxfp4Table);
    Int q[8];
    load_nibbles(w + kRows, q);
    for (Int& v : q) v = code_offset<12>(Isa::lookup(table, v));
    panel.set_q(b, q);
    panel.set_d(b, Isa::half_powers_of_two(w));
  }
};

// d, minimum and their 6-bit factors, which Q4_K and Q5_K begin with.
inline void expand_k_scales(const uint8_t* w, Panel256& panel) {
  Isa::store(panel.d, Isa::halves(w));
  Isa::store(panel.d_min, Isa::halves(w + kUnit2));
  const ScaleMins packed(w + 2 * kUnit2);
  for (int g = 0; g < 8; ++g) panel.set_scale(g, Isa::scale_of_u8(packed.scale[g / 4], g % 4));
  panel.set_mins(packed.min);
}

struct Q4_KPanel : Q4_K {
  using Panel = Panel256;
  static constexpr Coding kCoding{.max = 15, .min = true, .run = 32};
  static void expand(const uint8_t* w, int, Panel& panel) {
    expand_k_scales(w, panel);
    const uint8_t* qs = w + 2 * kUnit2 + 3 * kUnit4;
    for (int g = 0; g < 8; g += 2) {
      for (int i = 0; i < 8; i += 2) {
        Int both[2];
        load_units(qs + (4 * g + i) * kUnit4, both);
        panel.set_q(8 * g + i, {Isa::low_nibbles(both[0]), Isa::low_nibbles(both[1])});
        panel.set_q(8 * g + 8 + i, {Isa::high_nibbles(both[0]), Isa::high_nibbles(both[1])});
      }
    }
  }
};

struct Q5_KPanel : Q5_K {
  using Panel = Panel256;
  static constexpr Coding kCoding{.max = 31, .min = true, .run = 32};

  static void expand(const uint8_t* w, int, Panel& panel) {
    expand_k_scales(w, panel);
    for (int g = 0; g < 8; ++g) {
      Int q[8];
      load_fives(w + 2 * kUnit2 + (3 + 5 * g) * kUnit4, q);
      panel.set_q(8 * g, q);
    }
  }
};

// Four vectors of four signed bytes, a scale of 16 elements each.
inline void expand_signed_scales(const Int (&scales)[4], Panel256& panel) {
  for (int j = 0; j < 16; ++j) panel.set_scale(j, Isa::scale_of_s8(scales[j / 4], j % 4));
  for (int i = 0; i < 8; ++i) panel.set_pair(i, Isa::pair_of_s8(scales[i / 2], i % 2));
}

struct Q6_KPanel : Q6_K {
  using Panel = Panel256;
  static constexpr Coding kCoding = offset_coding(63, 32);
  static void expand(const uint8_t* w, int, Panel& panel) {
    Int scales[4];
    load_units(w, scales);
    expand_signed_scales(scales, panel);
    Isa::store(panel.d, Isa::halves(w + 52 * kUnit4));
    for (int run = 0; run < 16; ++run) {
      Int q[4];
      load_sixes(w + (4 + 3 * run) * kUnit4, q);
      for (Int& v : q) v = code_offset<32>(v);
      panel.set_q(4 * run, q);
    }
  }
};

struct Q2_KPanel : Q2_K {
  using Panel = Panel256;
  static constexpr Coding kCoding{.max = 3, .min = true};
  static void expand(const uint8_t* w, int, Panel& panel) {
    Int mins[4];
    for (int i = 0; i < 4; ++i) {
      const Int both = Isa::load(w + i * kUnit4);
      const Int scales = Isa::low_nibbles(both);
      for (int j = 0; j < 4; ++j) panel.set_scale(4 * i + j, Isa::scale_of_u8(scales, j));
      mins[i] = Isa::high_nibbles(both);
    }
    panel.set_mins(mins);
    Isa::store(panel.d, Isa::halves(w + 20 * kUnit4));
    Isa::store(panel.d_min, Isa::halves(w + 20 * kUnit4 + kUnit2));
    for (int i = 0; i < 16; i += 2) {  // 8 units of each half of the block
      Int bits[2];
      load_units(w + (4 + i) * kUnit4, bits);
      const int at = i / 8 * 32 + i % 8;
      set_two_bits<0>(at, bits, panel);
      set_two_bits<2>(at + 8, bits, panel);
      set_two_bits<4>(at + 16, bits, panel);
      set_two_bits<6>(at + 24, bits, panel);
    }
  }

 private:
  template <int kShift>
  static void set_two_bits(int unit, const Int (&bits)[2], Panel& panel) {
    const Int mask = Isa::bytes(3);
    panel.set_q(unit, {Isa::and_(Isa::template shift<-kShift>(bits[0]), mask),
                       Isa::and_(Isa::template shift<-kShift>(bits[1]), mask)});
  }
};

struct Q3_KPanel : Q3_K {
  using Panel = Panel256;
  static constexpr Coding kCoding = offset_coding(7, 4);

  static void expand(const uint8_t* w, int, Panel& panel) {
    Int scales[4];
    load_scales(w, scales);
    expand_signed_scales(scales, panel);
    Isa::store(panel.d, Isa::halves(w + 27 * kUnit4));
    for (int g = 0; g < 8; ++g) {
      Int q[8];
      load_threes(w + (3 + 3 * g) * kUnit4, q);
      for (Int& v : q) v = code_offset<4>(v);
      panel.set_q(8 * g, q);
    }
  }
};

constexpr uint32_t kLowWord = 0xffff;

struct IQ4_XSPanel : IQ4_XS {
  using Panel = Panel256;
  static constexpr Coding kCoding = signed_coding(32);
  static void expand(const uint8_t* w, int, Panel& panel) {
    Int even;
    Int odd;
    load_scales(w, even, odd);
    for (int g = 0; g < 8; ++g) {
      panel.set_scale(g, Isa::scale_of_s8(g % 2 == 0 ? even : odd, g / 2));
    }
    if constexpr (kCoding.offset != 0) {
      const Int low_word = Isa::dword(reinterpret_cast<const uint8_t*>(&kLowWord));
      for (int i = 0; i < 4; ++i) {  // the factors of such a level are dwords
        const Int low = Isa::and_(Isa::scale_of_s8(even, i), low_word);
        panel.set_pair(i, Isa::or_(low, Isa::template times<65536>(Isa::scale_of_s8(odd, i))));
      }
    }
    Isa::store(panel.d, Isa::halves(w));
    const Int table = Isa::table(kIq4Table);
    for (int g = 0; g < 8; ++g) {
      Int q[8];
      load_nibbles(w + 2 * kUnit2 + kUnit4 + g * 4 * kUnit4, q);
      for (Int& v : q) v = code_signed(Isa::lookup(table, v));
      panel.set_q(8 * g, q);
    }
  }
};

}  // namespace
}  // namespace ridge::cpu
