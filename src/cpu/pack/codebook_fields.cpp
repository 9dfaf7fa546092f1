#include "cpu/pack/codebook_fields.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

#include "cpu/pack/words.h"
#include "tensor/quant/iq1_m.h"
#include "tensor/quant/iq1_s.h"
#include "tensor/quant/iq2_s.h"
#include "tensor/quant/iq2_xs.h"
#include "tensor/quant/iq2_xxs.h"
#include "tensor/quant/iq3_s.h"
#include "tensor/quant/iq3_xxs.h"
#include "tensor/quant/iq_grids.h"
#include "tensor/quant/iq_signs.h"
#include "tensor/quant/tq1_0.h"
#include "tensor/quant/tq2_0.h"

namespace ridge::cpu {
namespace {

// What all these types hold.
struct Codes {
  uint16_t d;
  uint8_t scales[16];   // of runs of 32 or 16 values, four bits each
  uint32_t deltas;      // IQ1_M: bit j: of values 8 j …, the delta is 1/8, not -1/8
  uint64_t eights[32];  // codes of eight values, a byte each, lowest first
};

constexpr uint64_t kOnes = 0x0101010101010101u;

// Bit k of `bits` as the lowest bit of byte k, and back.
uint64_t spread(uint32_t bits) {
  const uint64_t apart = (bits & 255u) * kOnes & 0x8040201008040201u;
  return (apart + 127 * kOnes) >> 7 & kOnes;
}
uint32_t gather(uint64_t ones) {
  return uint32_t(ones * 0x0102040810204080u >> 56);
}

// Levels 0, 1, … of a magnitude, and with signs the codes that ascend with the value: with L levels
// a code is L + level, or L - 1 - level of a negative value.
template <int kBits, int kLevels>
struct Signed {
  static constexpr uint64_t kMask = ((1u << kBits) - 1u) * kOnes;
  static uint64_t codes(uint64_t levels, uint32_t signs) {
    const uint64_t mirrored =
        (levels ^ spread(signs) * 255) & kMask;  // -1 - level of negative ones
    return (mirrored + kLevels * kOnes) & kMask;
  }
  explicit Signed(uint64_t codes) {
    const uint64_t mirrored = (codes + ((1u << kBits) - kLevels) * kOnes) & kMask;
    const uint64_t negative = mirrored >> (kBits - 1) & kOnes;
    signs = gather(negative);
    levels = (mirrored ^ negative * 255) & kMask;
  }
  uint32_t signs;
  uint64_t levels;
};
using Signed2 = Signed<3, 3>;
using Signed3 = Signed<4, 8>;

// Levels of codebook entries, which grow with the entries.
uint64_t iq2_levels(uint64_t entry) {  // of 8, 25, 43
  return entry >> 4 & 3 * kOnes;
}
uint64_t iq3_xxs_levels(uint64_t entry) {  // of 4, 12, …, 52, 62
  return entry >> 3 & 7 * kOnes;
}
uint64_t iq3_s_levels(uint64_t entry) {  // of 1, 3, …, 15
  return entry >> 1 & 7 * kOnes;
}

// The index of the entry that has these levels.
template <class Entry, size_t kEntries>
uint32_t index_of(const Entry (&grid)[kEntries], uint64_t (*levels_of)(uint64_t), uint64_t levels) {
  const Entry* at = std::lower_bound(
      grid, grid + kEntries, levels,
      [levels_of](Entry entry, uint64_t wanted) { return levels_of(entry) < wanted; });
  return uint32_t(at - grid);
}

// 0, 1, 2 for the values -1, 0, 1 of an IQ1 entry.
uint64_t iq1_codes(uint32_t index) {
  return (quant::kIq1Grid[index] ^ 128 * kOnes) - 127 * kOnes;
}
uint32_t iq1_index(uint64_t codes) {
  static const auto ascending = [] {
    std::array<uint16_t, 2048> indices;
    std::iota(indices.begin(), indices.end(), uint16_t{0});
    std::ranges::sort(indices, {}, iq1_codes);
    return indices;
  }();
  return *std::ranges::lower_bound(ascending, codes, {}, iq1_codes);
}

// Scales that the file keeps as nibbles of neighbouring runs.
template <size_t kBytes>
void read_scales(const uint8_t (&scales)[kBytes], Codes& codes) {
  for (size_t i = 0; i < 2 * kBytes; ++i) codes.scales[i] = scales[i / 2] >> (4 * (i % 2)) & 15;
}
template <size_t kBytes>
void write_scales(const Codes& codes, uint8_t (&scales)[kBytes]) {
  for (size_t i = 0; i < kBytes; ++i) {
    scales[i] = uint8_t(codes.scales[2 * i] | codes.scales[2 * i + 1] << 4);
  }
}

// Types: a block as codes and back, with the number of its scales and how its codes share bytes.

struct IQ2_XXS : quant::BlockIQ2_XXS {
  using Fields = Threes;
  static constexpr int kScales = 8;
  void to(Codes& codes) const {
    for (int g = 0; g < 8; ++g) {
      const uint32_t signs = qs[4 * g + 2] | uint32_t(qs[4 * g + 3]) << 16;
      codes.scales[g] = uint8_t(signs >> 28);
      for (int j = 0; j < 4; ++j) {
        const int index = qs[4 * g + j / 2] >> (8 * (j % 2)) & 255;
        codes.eights[4 * g + j] = Signed2::codes(iq2_levels(quant::kIq2XxsGrid[index]),
                                                 quant::even_signs(signs >> (7 * j)));
      }
    }
  }
  void from(const Codes& codes) {
    for (int g = 0; g < 8; ++g) {
      uint32_t signs = uint32_t(codes.scales[g]) << 28;
      uint32_t indices = 0;
      for (int j = 0; j < 4; ++j) {
        const Signed2 eight(codes.eights[4 * g + j]);
        signs |= (eight.signs & 127) << (7 * j);
        indices |= index_of(quant::kIq2XxsGrid, iq2_levels, eight.levels) << (8 * j);
      }
      qs[4 * g] = uint16_t(indices);
      qs[4 * g + 1] = uint16_t(indices >> 16);
      qs[4 * g + 2] = uint16_t(signs);
      qs[4 * g + 3] = uint16_t(signs >> 16);
    }
  }
};

struct IQ2_XS : quant::BlockIQ2_XS {
  using Fields = Threes;
  static constexpr int kScales = 16;
  void to(Codes& codes) const {
    read_scales(scales, codes);
    for (int i = 0; i < 32; ++i) {
      codes.eights[i] =
          Signed2::codes(iq2_levels(quant::kIq2XsGrid[qs[i] & 511]), quant::even_signs(qs[i] >> 9));
    }
  }
  void from(const Codes& codes) {
    write_scales(codes, scales);
    for (int i = 0; i < 32; ++i) {
      const Signed2 eight(codes.eights[i]);
      qs[i] = uint16_t(index_of(quant::kIq2XsGrid, iq2_levels, eight.levels) | eight.signs << 9);
    }
  }
};

struct IQ2_S : quant::BlockIQ2_S {
  using Fields = Threes;
  static constexpr int kScales = 16;
  void to(Codes& codes) const {
    read_scales(scales, codes);
    for (int i = 0; i < 32; ++i) {
      const int index = qs[i] | (qh[i / 4] >> (2 * (i % 4)) & 3) << 8;
      codes.eights[i] = Signed2::codes(iq2_levels(quant::kIq2SGrid[index]), signs[i]);
    }
  }
  void from(const Codes& codes) {
    write_scales(codes, scales);
    std::memset(qh, 0, sizeof qh);
    for (int i = 0; i < 32; ++i) {
      const Signed2 eight(codes.eights[i]);
      const uint32_t index = index_of(quant::kIq2SGrid, iq2_levels, eight.levels);
      qs[i] = uint8_t(index);
      qh[i / 4] = uint8_t(qh[i / 4] | index >> 8 << (2 * (i % 4)));
      signs[i] = uint8_t(eight.signs);
    }
  }
};

struct IQ3_XXS : quant::BlockIQ3_XXS {
  using Fields = Fours;
  static constexpr int kScales = 8;
  void to(Codes& codes) const {
    for (int g = 0; g < 8; ++g) {
      const uint32_t signs = load(signs_scales + 4 * g);
      codes.scales[g] = uint8_t(signs >> 28);
      for (int j = 0; j < 4; ++j) {
        const uint8_t* index = qs + 8 * g + 2 * j;
        const uint64_t entry = quant::kIq3XxsGrid[index[0]] | uint64_t(quant::kIq3XxsGrid[index[1]])
                                                                  << 32;
        codes.eights[4 * g + j] =
            Signed3::codes(iq3_xxs_levels(entry), quant::even_signs(signs >> (7 * j)));
      }
    }
  }
  void from(const Codes& codes) {
    for (int g = 0; g < 8; ++g) {
      uint32_t signs = uint32_t(codes.scales[g]) << 28;
      for (int j = 0; j < 4; ++j) {
        const Signed3 eight(codes.eights[4 * g + j]);
        signs |= (eight.signs & 127) << (7 * j);
        uint8_t* index = qs + 8 * g + 2 * j;
        index[0] = uint8_t(index_of(quant::kIq3XxsGrid, iq3_xxs_levels, uint32_t(eight.levels)));
        index[1] = uint8_t(index_of(quant::kIq3XxsGrid, iq3_xxs_levels, eight.levels >> 32));
      }
      store(signs_scales + 4 * g, signs);
    }
  }
};

struct IQ3_S : quant::BlockIQ3_S {
  using Fields = Fours;
  static constexpr int kScales = 8;
  void to(Codes& codes) const {
    read_scales(scales, codes);
    for (int i = 0; i < 32; ++i) {
      const int ninth_bits = qh[i / 4] >> (2 * (i % 4));
      const uint64_t low = quant::kIq3SGrid[qs[2 * i] | (ninth_bits & 1) << 8];
      const uint64_t high = quant::kIq3SGrid[qs[2 * i + 1] | (ninth_bits & 2) << 7];
      codes.eights[i] = Signed3::codes(iq3_s_levels(low | high << 32), signs[i]);
    }
  }
  void from(const Codes& codes) {
    write_scales(codes, scales);
    std::memset(qh, 0, sizeof qh);
    for (int i = 0; i < 32; ++i) {
      const Signed3 eight(codes.eights[i]);
      const uint32_t low = index_of(quant::kIq3SGrid, iq3_s_levels, uint32_t(eight.levels));
      const uint32_t high = index_of(quant::kIq3SGrid, iq3_s_levels, eight.levels >> 32);
      qs[2 * i] = uint8_t(low);
      qs[2 * i + 1] = uint8_t(high);
      qh[i / 4] = uint8_t(qh[i / 4] | (low >> 8 | high >> 8 << 1) << (2 * (i % 4)));
      signs[i] = uint8_t(eight.signs);
    }
  }
};

struct IQ1_S : quant::BlockIQ1_S {
  using Fields = Twos;
  static constexpr int kScales = 8;
  void to(Codes& codes) const {
    for (int g = 0; g < 8; ++g) {
      codes.scales[g] = uint8_t(qh[g] >> 12);
      for (int j = 0; j < 4; ++j) {
        codes.eights[4 * g + j] = iq1_codes(qs[4 * g + j] | (qh[g] >> (3 * j) & 7u) << 8);
      }
    }
  }
  void from(const Codes& codes) {
    for (int g = 0; g < 8; ++g) {
      qh[g] = uint16_t(codes.scales[g] << 12);
      for (int j = 0; j < 4; ++j) {
        const uint32_t index = iq1_index(codes.eights[4 * g + j]);
        qs[4 * g + j] = uint8_t(index);
        qh[g] = uint16_t(qh[g] | index >> 8 << (3 * j));
      }
    }
  }
};

// The f16 d lies in the top nibbles of the scales' words, so the block's own is `codes.d`.
struct IQ1_M : quant::BlockIQ1_M {
  using Fields = Twos;
  static constexpr int kScales = 16;
  void to(Codes& codes) const {
    codes.d = 0;
    for (int i = 0; i < 4; ++i) {
      const uint32_t word = uint32_t(scales[2 * i] | scales[2 * i + 1] << 8);
      codes.d = uint16_t(codes.d | word >> 12 << (4 * i));
      for (int j = 0; j < 4; ++j) codes.scales[4 * i + j] = word >> (3 * j) & 7;
    }
    codes.deltas = 0;
    for (int i = 0; i < 32; ++i) {
      const uint32_t high = qh[i / 2] >> (4 * (i % 2)) & 15u;
      codes.eights[i] = iq1_codes(qs[i] | (high & 7) << 8);
      codes.deltas |= (high >> 3 ^ 1) << i;
    }
  }
  void from(const Codes& codes) {
    for (int i = 0; i < 4; ++i) {
      uint32_t word = (codes.d >> (4 * i) & 15u) << 12;
      for (int j = 0; j < 4; ++j) word |= uint32_t(codes.scales[4 * i + j]) << (3 * j);
      scales[2 * i] = uint8_t(word);
      scales[2 * i + 1] = uint8_t(word >> 8);
    }
    std::memset(qh, 0, sizeof qh);
    for (int i = 0; i < 32; ++i) {
      const uint32_t index = iq1_index(codes.eights[i]);
      const uint32_t high = index >> 8 | (~codes.deltas >> i & 1) << 3;
      qs[i] = uint8_t(index);
      qh[i / 2] = uint8_t(qh[i / 2] | high << (4 * (i % 2)));
    }
  }
};

struct TQ2_0 : quant::BlockTQ2_0 {
  using Fields = Twos;
  static constexpr int kScales = 0;
  void to(Codes& codes) const {
    for (int i = 0; i < 32; ++i) {  // 16 h + 4 shift + byte / 8
      std::memcpy(codes.eights + i, qs + 32 * (i / 16) + 8 * (i % 4), 8);
      codes.eights[i] = codes.eights[i] >> (2 * (i / 4 % 4)) & 3 * kOnes;
    }
  }
  void from(const Codes& codes) {
    for (int i = 0; i < 8; ++i) {
      const uint64_t* eights = codes.eights + 16 * (i / 4) + i % 4;
      const uint64_t joined = eights[0] | eights[4] << 2 | eights[8] << 4 | eights[12] << 6;
      std::memcpy(qs + 8 * i, &joined, 8);
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
    return digits;
  }

 private:
  static constexpr uint64_t kLow = 0x00ff00ff00ff00ffu;
  uint64_t even_;  // in 16-bit fields, which hold three times a byte
  uint64_t odd_;
};

struct TQ1_0 : quant::BlockTQ1_0 {
  using Fields = Twos;
  static constexpr int kScales = 0;
  void to(Codes& codes) const {
    for (int i = 0; i < 6; ++i) {
      uint64_t bytes;
      std::memcpy(&bytes, qs + 8 * i, 8);
      Trits trits(bytes);
      for (int k = 0; k < 5; ++k)
        codes.eights[i < 4 ? 4 * k + i : 20 + 2 * k + i - 4] = trits.next();
    }
    Trits trits(load(qs + 48));
    for (int k = 0; k < 2; ++k) {
      const uint64_t low = trits.next();
      codes.eights[30 + k] = low | trits.next() << 32;
    }
  }
  void from(const Codes& codes) {
    uint8_t trits[256];
    std::memcpy(trits, codes.eights, sizeof trits);
    for (int i = 0; i < 52; ++i) {
      int number = 0;  // of five trits; a missing fifth is 0
      for (int k = 0; k < 5; ++k) {
        number = 3 * number + (i < 48 || k < 4 ? trits[quant::trit_element(i, k)] : 0);
      }
      qs[i] = uint8_t((number * 256 + 242) / 243);
    }
  }
};

template <class Type>
constexpr bool has_deltas() {
  return std::is_same_v<Type, IQ1_M>;
}

template <class Type>
void join(const uint8_t* from, uint8_t* out) {
  Type block;
  std::memcpy(&block, from, sizeof block);
  Codes codes;
  if constexpr (requires { block.d; }) codes.d = block.d.bits;
  block.to(codes);
  std::memcpy(out, &codes.d, 2);
  out += 2;
  for (int i = 0; i < Type::kScales; i += 8, out += 4) {
    for (int j = 0; j < 4; ++j) {
      out[j] = uint8_t(codes.scales[i + j] | codes.scales[i + j + 4] << 4);
    }
  }
  if constexpr (has_deltas<Type>()) {
    store(out, codes.deltas);
    out += 4;
  }
  Word words[64];
  std::memcpy(words, codes.eights, sizeof words);
  join_all<typename Type::Fields>(words, 64, out);
}

template <class Type>
void split(const uint8_t* in, uint8_t* out) {
  Codes codes;
  std::memcpy(&codes.d, in, 2);
  in += 2;
  for (int i = 0; i < Type::kScales; i += 8, in += 4) {
    for (int j = 0; j < 4; ++j) {
      codes.scales[i + j] = in[j] & 15;
      codes.scales[i + j + 4] = in[j] >> 4;
    }
  }
  if constexpr (has_deltas<Type>()) {
    codes.deltas = load(in);
    in += 4;
  }
  Word words[64];
  split_all<typename Type::Fields>(in, 64, words);
  std::memcpy(codes.eights, words, sizeof words);
  Type block;
  if constexpr (requires { block.d; }) block.d.bits = codes.d;
  block.from(codes);
  std::memcpy(out, &block, sizeof block);
}

}  // namespace

BitFields codebook_fields(DType dtype) {
  switch (dtype) {
    case DType::kIQ1_S:
      return {join<IQ1_S>, split<IQ1_S>};
    case DType::kIQ1_M:
      return {join<IQ1_M>, split<IQ1_M>};
    case DType::kIQ2_XXS:
      return {join<IQ2_XXS>, split<IQ2_XXS>};
    case DType::kIQ2_XS:
      return {join<IQ2_XS>, split<IQ2_XS>};
    case DType::kIQ2_S:
      return {join<IQ2_S>, split<IQ2_S>};
    case DType::kIQ3_XXS:
      return {join<IQ3_XXS>, split<IQ3_XXS>};
    case DType::kIQ3_S:
      return {join<IQ3_S>, split<IQ3_S>};
    case DType::kTQ1_0:
      return {join<TQ1_0>, split<TQ1_0>};
    case DType::kTQ2_0:
      return {join<TQ2_0>, split<TQ2_0>};
    default:
      return {};
  }
}

}  // namespace ridge::cpu
