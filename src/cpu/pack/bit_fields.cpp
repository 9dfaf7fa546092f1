#include "cpu/pack/bit_fields.h"

#include <cstring>

#include "cpu/pack/codebook_fields.h"
#include "cpu/pack/words.h"
#include "tensor/quant/q3_k.h"
#include "tensor/quant/q5_0.h"
#include "tensor/quant/q5_1.h"
#include "tensor/quant/q5_k.h"
#include "tensor/quant/q6_k.h"

namespace ridge::cpu {
namespace {

struct Fives {
  static constexpr int kValues = 8;
  static constexpr int kUnits = 5;
  static void join(const Word* v, uint8_t* out) {
    store(out, v[0] | field<0, 3, 5>(v[5]));
    store(out + 4, v[1] | field<3, 2, 5>(v[5]) | field<3, 1, 7>(v[7]));
    store(out + 8, v[2] | field<0, 3, 5>(v[6]));
    store(out + 12, v[3] | field<3, 2, 5>(v[6]) | field<4, 1, 7>(v[7]));
    store(out + 16, v[4] | field<0, 3, 5>(v[7]));
  }
  static void split(const uint8_t* in, Word* v) {
    Word u[kUnits];
    for (int j = 0; j < kUnits; ++j) {
      u[j] = load(in + 4 * j);
      v[j] = field<0, 5, 0>(u[j]);
    }
    v[5] = field<5, 3, 0>(u[0]) | field<5, 2, 3>(u[1]);
    v[6] = field<5, 3, 0>(u[2]) | field<5, 2, 3>(u[3]);
    v[7] = field<5, 3, 0>(u[4]) | field<7, 1, 3>(u[1]) | field<7, 1, 4>(u[3]);
  }
};

struct Sixes {
  static constexpr int kValues = 4;
  static constexpr int kUnits = 3;
  static void join(const Word* v, uint8_t* out) {
    store(out, v[0] | field<0, 2, 6>(v[3]));
    store(out + 4, v[1] | field<2, 2, 6>(v[3]));
    store(out + 8, v[2] | field<4, 2, 6>(v[3]));
  }
  static void split(const uint8_t* in, Word* v) {
    const Word u[kUnits] = {load(in), load(in + 4), load(in + 8)};
    for (int j = 0; j < kUnits; ++j) v[j] = field<0, 6, 0>(u[j]);
    v[3] = field<6, 2, 0>(u[0]) | field<6, 2, 2>(u[1]) | field<6, 2, 4>(u[2]);
  }
};

// Four bits i … i + 3 of a mask as bytes of one, and back.
Word spread_bits(uint32_t bits, int i) {
  const uint32_t four = bits >> i & 15u;
  return (four & 1u) | (four & 2u) << 7 | (four & 4u) << 14 | (four & 8u) << 21;
}
uint32_t gather_bits(Word ones, int i) {
  return ((ones & 1u) | (ones >> 7 & 2u) | (ones >> 14 & 4u) | (ones >> 21 & 8u)) << i;
}

// 32 values of nibbles and a mask of fifth bits: Q5_0 and Q5_1.
void join_32(const uint8_t* qh, const uint8_t* qs, uint8_t* out) {
  const uint32_t bits = load(qh);
  Word v[8];
  for (int i = 0; i < 4; ++i) {
    const Word both = load(qs + 4 * i);
    v[i] = field<0, 4, 0>(both) | spread_bits(bits, 4 * i) << 4;
    v[i + 4] = field<4, 4, 0>(both) | spread_bits(bits, 4 * i + 16) << 4;
  }
  Fives::join(v, out);
}
void split_32(const uint8_t* in, uint8_t* qh, uint8_t* qs) {
  Word v[8];
  Fives::split(in, v);
  uint32_t bits = 0;
  for (int i = 0; i < 4; ++i) {
    store(qs + 4 * i, field<0, 4, 0>(v[i]) | field<0, 4, 4>(v[i + 4]));
    bits |= gather_bits(v[i] >> 4, 4 * i) | gather_bits(v[i + 4] >> 4, 4 * i + 16);
  }
  store(qh, bits);
}

constexpr size_t kHalf = 2;  // bytes of an f16

void join_q5_0(const uint8_t* block, uint8_t* out) {
  std::memcpy(out, block, kHalf);
  join_32(block + 2, block + 6, out + 2);
}
void split_q5_0(const uint8_t* in, uint8_t* block) {
  std::memcpy(block, in, kHalf);
  split_32(in + 2, block + 2, block + 6);
}
void join_q5_1(const uint8_t* block, uint8_t* out) {
  std::memcpy(out, block, 2 * kHalf);
  join_32(block + 4, block + 8, out + 4);
}
void split_q5_1(const uint8_t* in, uint8_t* block) {
  std::memcpy(block, in, 2 * kHalf);
  split_32(in + 4, block + 4, block + 8);
}

// Bit t of each byte, at bit `to`.
Word bit_of_bytes(Word word, int t, int to) {
  return (word >> t & 0x01010101u) << to;
}

void join_q3_k(const uint8_t* block, uint8_t* out) {  // hmask:32 qs:64 scales:12 d:2
  Word v[64];
  for (int run = 0; run < 8; ++run) {  // 8 words; the loop over them becomes vectors
    const uint8_t* pairs = block + 32 + 32 * (run / 4);
    for (int i = 0; i < 8; ++i) {
      const Word low = load(pairs + 4 * i) >> (2 * (run % 4)) & 0x03030303u;
      v[8 * run + i] = low | bit_of_bytes(load(block + 4 * i), run, 2);
    }
  }
  std::memcpy(out, block + 96, 12);
  join_all<Threes>(v, 64, out + 12);
  std::memcpy(out + 108, block + 108, 2);
}
void split_q3_k(const uint8_t* in, uint8_t* block) {
  Word v[64];
  split_all<Threes>(in + 12, 64, v);
  for (int i = 0; i < 8; ++i) {
    Word mask = 0, low[2] = {};
    for (int g = 0; g < 8; ++g) {
      mask |= bit_of_bytes(v[8 * g + i], 2, g);
      low[g / 4] |= (v[8 * g + i] & 0x03030303u) << (2 * (g % 4));
    }
    store(block + 4 * i, mask);
    store(block + 32 + 4 * i, low[0]);
    store(block + 64 + 4 * i, low[1]);
  }
  std::memcpy(block + 96, in, 12);
  std::memcpy(block + 108, in + 108, 2);
}

void join_q5_k(const uint8_t* block, uint8_t* out) {  // d:2 dmin:2 scales:12 qh:32 qs:128
  Word v[64];
  for (int g = 0; g < 8; ++g) {  // 8 words; the loop over them becomes vectors
    const uint8_t* both = block + 48 + 32 * (g / 2);
    for (int i = 0; i < 8; ++i) {
      const Word nibbles = load(both + 4 * i) >> (4 * (g % 2));
      v[8 * g + i] = (nibbles & 0x0f0f0f0fu) | bit_of_bytes(load(block + 16 + 4 * i), g, 4);
    }
  }
  std::memcpy(out, block, 16);
  join_all<Fives>(v, 64, out + 16);
}
void split_q5_k(const uint8_t* in, uint8_t* block) {
  Word v[64];
  split_all<Fives>(in + 16, 64, v);
  std::memcpy(block, in, 16);
  for (int i = 0; i < 8; ++i) {
    Word fifth = 0;
    for (int g = 0; g < 8; ++g) fifth |= bit_of_bytes(v[8 * g + i], 4, g);
    store(block + 16 + 4 * i, fifth);
    for (int pair = 0; pair < 4; ++pair) {
      store(block + 48 + 32 * pair + 4 * i,
            field<0, 4, 0>(v[16 * pair + i]) | field<0, 4, 4>(v[16 * pair + 8 + i]));
    }
  }
}

void join_q6_k(const uint8_t* block, uint8_t* out) {  // ql:128 qh:64 scales:16 d:2
  Word v[64];
  for (int run = 0; run < 8; ++run) {  // 8 words; the loop over them becomes vectors
    const int h = run / 4, g = run % 4;
    const uint8_t* low = block + 64 * h + 32 * (g % 2);
    const uint8_t* high = block + 128 + 32 * h;
    for (int i = 0; i < 8; ++i) {
      const Word nibbles = load(low + 4 * i) >> (4 * (g / 2));
      const Word upper = load(high + 4 * i) >> (2 * g);
      v[8 * run + i] = (nibbles & 0x0f0f0f0fu) | (upper & 0x03030303u) << 4;
    }
  }
  std::memcpy(out, block + 192, 16);
  join_all<Sixes>(v, 64, out + 16);
  std::memcpy(out + 208, block + 208, 2);
}
void split_q6_k(const uint8_t* in, uint8_t* block) {
  Word v[64];
  split_all<Sixes>(in + 16, 64, v);
  for (int h = 0; h < 2; ++h) {
    for (int i = 0; i < 8; ++i) {
      const Word* group = v + 32 * h + i;
      Word upper = 0;
      for (int g = 0; g < 4; ++g) upper |= (group[8 * g] >> 4 & 0x03030303u) << (2 * g);
      uint8_t* ql = block + 64 * h + 4 * i;
      store(ql, field<0, 4, 0>(group[0]) | field<0, 4, 4>(group[16]));
      store(ql + 32, field<0, 4, 0>(group[8]) | field<0, 4, 4>(group[24]));
      store(block + 128 + 32 * h + 4 * i, upper);
    }
  }
  std::memcpy(block + 192, in, 16);
  std::memcpy(block + 208, in + 208, 2);
}

static_assert(sizeof(quant::BlockQ5_0) == 22 && sizeof(quant::BlockQ5_1) == 24);
static_assert(sizeof(quant::BlockQ3_K) == 110 && sizeof(quant::BlockQ5_K) == 176 &&
              sizeof(quant::BlockQ6_K) == 210);

}  // namespace

BitFields bit_fields(DType dtype) {
  switch (dtype) {
    case DType::kQ5_0:
      return {join_q5_0, split_q5_0};
    case DType::kQ5_1:
      return {join_q5_1, split_q5_1};
    case DType::kQ3_K:
      return {join_q3_k, split_q3_k};
    case DType::kQ5_K:
      return {join_q5_k, split_q5_k};
    case DType::kQ6_K:
      return {join_q6_k, split_q6_k};
    default:
      return codebook_fields(dtype);
  }
}

}  // namespace ridge::cpu
