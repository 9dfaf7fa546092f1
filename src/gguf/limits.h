// What this reader takes at most. Each limit stands well above what any published model needs and
// keeps the work and the memory that a hostile header can cause small and proportional to its size.
#pragma once

#include <cstdint>

namespace ridge::gguf {

// All of the header is held in memory; the largest vocabularies (262,144 tokens with merges) need
// 20 MB.
inline constexpr uint64_t kMaxHeaderBytes = uint64_t(256) << 20;
// Published models have 20 to 60 keys.
inline constexpr uint64_t kMaxKeys = 1 << 16;
// The format's own limit.
inline constexpr uint64_t kMaxKeyBytes = (1 << 16) - 1;
// The longest strings are chat templates (100 kB) and embedded tokenizer.json files (35 MB).
inline constexpr uint64_t kMaxStringBytes = uint64_t(64) << 20;
// The longest arrays are merges (under 1,000,000).
inline constexpr uint64_t kMaxArrayElements = uint64_t(1) << 24;
// 61 layers x 256 experts x 3 matrices, were they not stacked, are 46,848.
inline constexpr uint64_t kMaxTensors = 1 << 16;
// The format's own limit.
inline constexpr uint64_t kMaxTensorNameBytes = 64;
inline constexpr uint32_t kMaxRank = 4;
// The format asks for a multiple of 8; a huge page is the largest that can be of use.
inline constexpr uint64_t kMinAlignment = 8;
inline constexpr uint64_t kMaxAlignment = uint64_t(2) << 20;
inline constexpr uint64_t kDefaultAlignment = 32;
// Each part of a split set keeps a file descriptor, of which a process has 1,024 by default.
inline constexpr uint64_t kMaxParts = 512;

}  // namespace ridge::gguf
