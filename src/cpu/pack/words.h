// Words of four values, and how runs of them share bytes: what the files that put a type's values
// together have in common. Little-endian, like the files.
#pragma once

#include <cstdint>
#include <cstring>

namespace ridge::cpu {

// Four values, a byte each: what kernels call a unit of one row.
using Word = uint32_t;

inline Word load(const uint8_t* p) {
  Word word;
  std::memcpy(&word, p, 4);
  return word;
}
inline void store(uint8_t* p, Word word) {
  std::memcpy(p, &word, 4);
}

// `width` bits from bit `from` of each byte, moved to bit `to`.
template <int from, int width, int to>
inline Word field(Word word) {
  constexpr Word kMask = 0x01010101u * ((1u << width) - 1u) << to;
  if constexpr (from >= to) return word >> (from - to) & kMask;
  if constexpr (from < to) return word << (to - from) & kMask;
}

struct Threes {
  static constexpr int kValues = 8;
  static constexpr int kUnits = 3;
  static void join(const Word* v, uint8_t* out) {
    store(out, v[0] | v[1] << 3 | field<0, 2, 6>(v[6]));
    store(out + 4, v[2] | v[3] << 3 | field<2, 1, 6>(v[6]) | field<2, 1, 7>(v[7]));
    store(out + 8, v[4] | v[5] << 3 | field<0, 2, 6>(v[7]));
  }
  static void split(const uint8_t* in, Word* v) {
    const Word u[kUnits] = {load(in), load(in + 4), load(in + 8)};
    for (int j = 0; j < kUnits; ++j) {
      v[2 * j] = field<0, 3, 0>(u[j]);
      v[2 * j + 1] = field<3, 3, 0>(u[j]);
    }
    v[6] = field<6, 2, 0>(u[0]) | field<6, 1, 2>(u[1]);
    v[7] = field<6, 2, 0>(u[2]) | field<7, 1, 2>(u[1]);
  }
};

// Two values to a byte: i in the lower half, i + 4 in the upper.
struct Fours {
  static constexpr int kValues = 8;
  static constexpr int kUnits = 4;
  static void join(const Word* v, uint8_t* out) {
    for (int i = 0; i < 4; ++i) store(out + 4 * i, v[i] | v[i + 4] << 4);
  }
  static void split(const uint8_t* in, Word* v) {
    for (int i = 0; i < 4; ++i) {
      v[i] = field<0, 4, 0>(load(in + 4 * i));
      v[i + 4] = field<4, 4, 0>(load(in + 4 * i));
    }
  }
};

struct Twos {
  static constexpr int kValues = 4;
  static constexpr int kUnits = 1;
  static void join(const Word* v, uint8_t* out) {
    store(out, v[0] | v[1] << 2 | v[2] << 4 | v[3] << 6);
  }
  static void split(const uint8_t* in, Word* v) {
    const Word u = load(in);
    v[0] = field<0, 2, 0>(u);
    v[1] = field<2, 2, 0>(u);
    v[2] = field<4, 2, 0>(u);
    v[3] = field<6, 2, 0>(u);
  }
};

// n words of values to or from whole runs of units.
template <class Fields>
inline void join_all(const Word* v, int n, uint8_t* out) {
  for (int i = 0; i < n; i += Fields::kValues, out += 4 * Fields::kUnits) {
    Fields::join(v + i, out);
  }
}
template <class Fields>
inline void split_all(const uint8_t* in, int n, Word* v) {
  for (int i = 0; i < n; i += Fields::kValues, in += 4 * Fields::kUnits) Fields::split(in, v + i);
}

}  // namespace ridge::cpu
