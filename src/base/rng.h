// A small seeded random generator: the same seed gives the same numbers on every machine, which
// the standard's distributions do not promise. Not for secrets. A value; one thread each.
// xoshiro256++ 1.0 seeded by SplitMix64 (D. Blackman, S. Vigna, "Scrambled linear pseudorandom
// number generators", ACM TOMS 47(4), 2021; G. Steele et al., OOPSLA 2014).
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace ridge {

class Rng {
 public:
  using result_type = uint64_t;

  explicit constexpr Rng(uint64_t seed) {
    for (uint64_t& word : state_) word = split_mix(seed);
  }

  // Goes on from a state, which must not be all zero.
  explicit constexpr Rng(const std::array<uint64_t, 4>& state) : state_(state) {}

  static constexpr uint64_t min() { return 0; }
  static constexpr uint64_t max() { return ~uint64_t(0); }

  constexpr uint64_t operator()() {
    auto& s = state_;
    const uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
    const uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = std::rotl(s[3], 45);
    return result;
  }

  // Uniform in [0, 1), a multiple of 2^-53.
  constexpr double uniform() { return double((*this)() >> 11) * 0x1p-53; }

  // Uniform in [0, n), n > 0, without bias: draws that would favour small values are repeated.
  constexpr uint64_t below(uint64_t n) {
    const uint64_t excess = (max() % n + 1) % n;  // 2^64 mod n
    uint64_t value = (*this)();
    while (value > max() - excess) value = (*this)();
    return value % n;
  }

  // One step of SplitMix64.
  static constexpr uint64_t split_mix(uint64_t& state) {
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

 private:
  std::array<uint64_t, 4> state_{};
};

}  // namespace ridge
