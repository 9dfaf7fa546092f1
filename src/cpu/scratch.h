// Scratch: memory that verbs use within one call. Slots grow and never shrink, so a steady step
// allocates nothing. A slot's old contents are gone after get() with a larger size. One thread (the
// back end's caller) may call get(); members of the pool then share the block.
#pragma once

#include <array>
#include <cstddef>

#include "cpu/mapped_memory.h"

namespace ridge::cpu {

enum class ScratchSlot {
  kActivations,  // quantised x of a matmul
  kTiles,        // per-thread tiles of a matmul
  kAttention,    // per-thread state of attention
  kGeneral,      // anything else
};
inline constexpr int kScratchSlots = 4;

class Scratch {
 public:
  // At least n_bytes, aligned to a page.
  std::byte* get(ScratchSlot slot, size_t n_bytes) {
    MappedMemory& memory = slots_[size_t(slot)];
    if (memory.size() < n_bytes) {
      memory = MappedMemory();  // first give back, then take: the peak is the larger one
      memory = MappedMemory(n_bytes + n_bytes / 4, "the scratch memory of a step");
    }
    return memory.data();
  }

 private:
  std::array<MappedMemory, kScratchSlots> slots_;
};

}  // namespace ridge::cpu
