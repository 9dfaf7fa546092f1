// multiply() for the types whose weights are looked up in a codebook or packed as trits. Look-ups
// go row by row, so a block of all rows is first expanded to signed bytes in the order that the
// instruction set likes (in L1), with an integer scale for each 16 of them, and then multiplied.
// A group's block is the rows' blocks, one after the other.
#pragma once

#include "cpu/kernels/quantized.inl"
#include "tensor/quant/iq1_m.h"
#include "tensor/quant/iq1_s.h"
#include "tensor/quant/iq2_s.h"
#include "tensor/quant/iq2_xs.h"
#include "tensor/quant/iq2_xxs.h"
#include "tensor/quant/iq3_s.h"
#include "tensor/quant/iq3_xxs.h"
#include "tensor/quant/tq1_0.h"
#include "tensor/quant/tq2_0.h"

namespace ridge::cpu {
namespace {

struct Panel {
  alignas(64) uint8_t q[64 * kUnit4];      // unit i: elements 4 i … 4 i + 3 of each row
  alignas(64) uint8_t scales[4 * kUnit4];  // byte j of unit i: the scale of elements 16 (4 i + j) …
  alignas(64) uint16_t d[kRows];           // f16
};

// Writes one row of a Panel.
class PanelRow {
 public:
  PanelRow(Panel& panel, int row) : panel_(panel), row_(row) {}
  // Elements 8 i … 8 i + 7, a byte each, lowest first.
  void set_8(int i, uint64_t bytes) {
    uint8_t* at = panel_.q + 2 * i * kUnit4 + 4 * row_;
    const auto low = uint32_t(bytes);
    const auto high = uint32_t(bytes >> 32);
    __builtin_memcpy(at, &low, 4);
    __builtin_memcpy(at + kUnit4, &high, 4);
  }
  void set_scale_of_16(int j, int scale) {
    panel_.scales[(j / 4) * kUnit4 + 4 * row_ + j % 4] = uint8_t(scale);
  }
  void set_scale_of_32(int g, int scale) {
    set_scale_of_16(2 * g, scale);
    set_scale_of_16(2 * g + 1, scale);
  }
  void set_d(uint16_t bits) { panel_.d[row_] = bits; }

 private:
  Panel& panel_;
  int row_;
};

constexpr uint64_t kOnes = 0x0101010101010101u;

// Bytes of 1 where bit k of signs is set, 0 elsewhere.
inline uint64_t ones_where(uint32_t signs) {
  const uint64_t bits = (signs & 255u) * kOnes & 0x8040201008040201u;
  return (bits + 127 * kOnes) >> 7 & kOnes;
}

// Negates the bytes whose sign bit is set. Their magnitudes are in [1, 127], so that adding one to
// the complement carries nowhere.
inline uint64_t negate(uint64_t bytes, uint32_t signs) {
  const uint64_t ones = ones_where(signs);
  return (bytes ^ ones * 255) + ones;
}

// Seven stored signs; the eighth makes the number of minuses even.
inline uint32_t even_signs(uint32_t stored) {
  stored &= 127;
  return stored | uint32_t(__builtin_parity(stored)) << 7;
}

// a - b for bytes with a + 128 - b in [0, 255].
inline uint64_t subtract_bytes(uint64_t a, uint64_t b) {
  return ((a + 128 * kOnes) - b) ^ 128 * kOnes;
}

// 8 (g ± 1/8) for the values g in {-1, 0, 1} of an IQ1 entry.
inline uint64_t iq1_values(int index, bool negative_delta) {
  const uint64_t levels = (quant::kIq1Grid[index] ^ 128 * kOnes) - 127 * kOnes;  // 0, 1, 2
  return subtract_bytes(8 * levels, (negative_delta ? 9 : 7) * kOnes);
}

struct IQ2_XXS {
  using Block = quant::BlockIQ2_XXS;
  static constexpr float kFactor = 0.125f;  // of d: scales are 2 s + 1, weights d (s + 1/2) / 4
  static void expand(const Block& block, PanelRow row) {
    row.set_d(block.d.bits);
    for (int g = 0; g < 8; ++g) {
      const uint16_t* words = block.qs + 4 * g;
      const uint32_t signs = words[2] | uint32_t(words[3]) << 16;
      row.set_scale_of_32(g, int(2 * (signs >> 28) + 1));
      for (int j = 0; j < 4; ++j) {
        const int index = words[j / 2] >> (8 * (j % 2)) & 255;
        row.set_8(4 * g + j, negate(quant::kIq2XxsGrid[index], even_signs(signs >> (7 * j))));
      }
    }
  }
};

inline void set_nibble_scales(const uint8_t (&scales)[8], PanelRow row) {
  for (int j = 0; j < 16; ++j) {
    row.set_scale_of_16(j, 2 * (scales[j / 2] >> (4 * (j % 2)) & 15) + 1);
  }
}

struct IQ2_XS {
  using Block = quant::BlockIQ2_XS;
  static constexpr float kFactor = 0.125f;
  static void expand(const Block& block, PanelRow row) {
    row.set_d(block.d.bits);
    set_nibble_scales(block.scales, row);
    for (int i = 0; i < 32; ++i) {
      const uint32_t code = block.qs[i];
      row.set_8(i, negate(quant::kIq2XsGrid[code & 511], even_signs(code >> 9)));
    }
  }
};

struct IQ2_S {
  using Block = quant::BlockIQ2_S;
  static constexpr float kFactor = 0.125f;
  static void expand(const Block& block, PanelRow row) {
    row.set_d(block.d.bits);
    set_nibble_scales(block.scales, row);
    for (int i = 0; i < 32; ++i) {
      const int index = block.qs[i] | (block.qh[i / 4] >> (2 * (i % 4)) & 3) << 8;
      row.set_8(i, negate(quant::kIq2SGrid[index], block.signs[i]));
    }
  }
};

struct IQ3_XXS {
  using Block = quant::BlockIQ3_XXS;
  static constexpr float kFactor = 0.25f;
  static void expand(const Block& block, PanelRow row) {
    row.set_d(block.d.bits);
    for (int g = 0; g < 8; ++g) {
      uint32_t signs;
      __builtin_memcpy(&signs, block.signs_scales + 4 * g, 4);
      row.set_scale_of_32(g, int(2 * (signs >> 28) + 1));
      for (int j = 0; j < 4; ++j) {
        const uint8_t* index = block.qs + 8 * g + 2 * j;
        const uint64_t low = quant::kIq3XxsGrid[index[0]];
        const uint64_t high = quant::kIq3XxsGrid[index[1]];
        row.set_8(4 * g + j, negate(low | high << 32, even_signs(signs >> (7 * j))));
      }
    }
  }
};

struct IQ3_S {
  using Block = quant::BlockIQ3_S;
  static constexpr float kFactor = 1.0f;
  static void expand(const Block& block, PanelRow row) {
    row.set_d(block.d.bits);
    for (int g = 0; g < 8; ++g) {
      row.set_scale_of_32(g, 2 * (block.scales[g / 2] >> (4 * (g % 2)) & 15) + 1);
    }
    for (int i = 0; i < 32; ++i) {
      const int ninth_bits = block.qh[i / 4] >> (2 * (i % 4));
      const uint64_t low = quant::kIq3SGrid[block.qs[2 * i] | (ninth_bits & 1) << 8];
      const uint64_t high = quant::kIq3SGrid[block.qs[2 * i + 1] | (ninth_bits & 2) << 7];
      row.set_8(i, negate(low | high << 32, block.signs[i]));
    }
  }
};

struct IQ1_S {
  using Block = quant::BlockIQ1_S;
  static constexpr float kFactor = 0.125f;
  static void expand(const Block& block, PanelRow row) {
    row.set_d(block.d.bits);
    for (int g = 0; g < 8; ++g) {
      const uint32_t qh = block.qh[g];
      row.set_scale_of_32(g, int(2 * (qh >> 12 & 7) + 1));
      for (int j = 0; j < 4; ++j) {
        const int index = block.qs[4 * g + j] | int(qh >> (3 * j) & 7) << 8;
        row.set_8(4 * g + j, iq1_values(index, qh & 0x8000));
      }
    }
  }
};

struct IQ1_M {
  using Block = quant::BlockIQ1_M;
  static constexpr float kFactor = 0.125f;
  static void expand(const Block& block, PanelRow row) {
    uint32_t d = 0;
    for (int i = 0; i < 4; ++i) {
      const uint32_t word = uint32_t(block.scales[2 * i] | block.scales[2 * i + 1] << 8);
      d |= (word >> 12) << (4 * i);
      for (int j = 0; j < 4; ++j) {
        row.set_scale_of_16(4 * i + j, int(2 * (word >> (3 * j) & 7) + 1));
      }
    }
    row.set_d(uint16_t(d));
    for (int i = 0; i < 32; ++i) {
      const int high = block.qh[i / 2] >> (4 * (i % 2)) & 15;
      row.set_8(i, iq1_values(block.qs[i] | (high & 7) << 8, high & 8));
    }
  }
};

struct TQ2_0 {
  using Block = quant::BlockTQ2_0;
  static constexpr float kFactor = 1.0f;
  static void expand(const Block& block, PanelRow row) {
    row.set_d(block.d.bits);
    for (int j = 0; j < 16; ++j) row.set_scale_of_16(j, 1);
    for (int i = 0; i < 32; ++i) {  // 16 h + 4 shift + byte / 8
      uint64_t codes;
      __builtin_memcpy(&codes, block.qs + 32 * (i / 16) + 8 * (i % 4), 8);
      row.set_8(i, subtract_bytes(codes >> (2 * (i / 4 % 4)) & 3 * kOnes, kOnes));
    }
  }
};

// Eight bytes that are fractions in base 3; next() takes the leading digit off each.
class Trits {
 public:
  explicit Trits(uint64_t bytes) : even_(bytes & kLow), odd_(bytes >> 8 & kLow) {}
  uint64_t next() {
    even_ *= 3;
    odd_ *= 3;
    const uint64_t digits = (even_ >> 8 & kLow) | (odd_ & ~kLow);
    even_ &= kLow;
    odd_ &= kLow;
    return subtract_bytes(digits, kOnes);
  }

 private:
  static constexpr uint64_t kLow = 0x00ff00ff00ff00ffu;
  uint64_t even_;  // in 16-bit fields, which hold three times a byte
  uint64_t odd_;
};

struct TQ1_0 {
  using Block = quant::BlockTQ1_0;
  static constexpr float kFactor = 1.0f;
  static void expand(const Block& block, PanelRow row) {
    row.set_d(block.d.bits);
    for (int j = 0; j < 16; ++j) row.set_scale_of_16(j, 1);
    for (int i = 0; i < 6; ++i) {
      uint64_t bytes;
      __builtin_memcpy(&bytes, block.qs + 8 * i, 8);
      Trits trits(bytes);
      for (int k = 0; k < 5; ++k) {
        row.set_8(i < 4 ? 4 * k + i : 20 + 2 * k + i - 4, trits.next());
      }
    }
    uint32_t last;  // four bytes of four trits
    __builtin_memcpy(&last, block.qs + 48, 4);
    Trits trits(last);
    for (int k = 0; k < 2; ++k) {
      const uint64_t low = trits.next() & 0xffffffffu;
      row.set_8(30 + k, low | trits.next() << 32);
    }
  }
};

// What multiply_columns() asks of a type, from one that can expand a row of a block.
template <class Type>
struct Expanded {
  using Column = Column256;
  static constexpr int kElements = 256;
  static constexpr int kBytes = sizeof(typename Type::Block);
  static constexpr int kMaxColumns = 8;  // expanding costs more than spilled registers

  template <int j, int C>
  static void add_16(const Panel& panel, int i, const Column* x, int64_t b, Int (&sum)[C]) {
    Int q[4];
    for (int k = 0; k < 4; ++k) q[k] = Isa::load(panel.q + (16 * i + 4 * j + k) * kUnit4);
    const Int scale = Isa::scale_of_s8(Isa::load(panel.scales + i * kUnit4), j);
    const int at = 4 * i + j;  // of 16 runs
    for (int c = 0; c < C; ++c) {
      sum[c] = Isa::add_dot_signed(sum[c], q, x[c].q + 256 * b + 16 * at,
                                   x[c].sums_of_16 + 32 * b + 2 * at, scale);
    }
  }

  template <int C>
  static void block(const uint8_t* w, const Column* x, int64_t b, Float (&acc)[C]) {
    Panel panel;
    for (int r = 0; r < kRows; ++r) {
      typename Type::Block row;
      __builtin_memcpy(&row, w + r * kBytes, kBytes);
      Type::expand(row, PanelRow(panel, r));
    }
    Int sum[C];
    for (int c = 0; c < C; ++c) sum[c] = Isa::zero();
    for (int i = 0; i < 4; ++i) {
      add_16<0>(panel, i, x, b, sum);
      add_16<1>(panel, i, x, b, sum);
      add_16<2>(panel, i, x, b, sum);
      add_16<3>(panel, i, x, b, sum);
    }
    const Float d =
        Isa::mul(Isa::halves(reinterpret_cast<const uint8_t*>(panel.d)), Isa::same(Type::kFactor));
    for (int c = 0; c < C; ++c) {
      const Float scale = Isa::mul(d, Isa::broadcast(x[c].d + 4 * b));
      acc[c] = Isa::fma(Isa::to_float(sum[c]), scale, acc[c]);
    }
  }
};

}  // namespace
}  // namespace ridge::cpu
