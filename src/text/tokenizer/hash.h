// A hash of short texts for the tables of the tokenizer: inline, and every bit of the result
// depends on every byte. Not for tables that live longer than the file whose texts they hold.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace ridge::text {

inline uint64_t hash_of(std::string_view text) {
  const auto mix = [](uint64_t x) {  // the finaliser of MurmurHash3
    x = (x ^ (x >> 33)) * 0xFF51AFD7ED558CCDu;
    return x ^ (x >> 33);
  };
  uint64_t hash = text.size() * 0x9E3779B97F4A7C15u;
  for (; text.size() >= 8; text.remove_prefix(8)) {
    uint64_t word;
    std::memcpy(&word, text.data(), 8);
    hash = mix(hash ^ word) * 0x9E3779B97F4A7C15u;
  }
  uint64_t tail = 0;
  std::memcpy(&tail, text.data(), text.size());
  return mix((hash ^ tail) * 0xC4CEB9FE1A85EC53u);
}

}  // namespace ridge::text
