// WeightArena: memory for weights, several to a mapping. A model has hundreds of matrices smaller
// than a huge page; together they lie in huge ones, which spares a decode step most of its TLB
// misses. A mapping is given back when the last weight in it is gone; until then the room of the
// ones that went before is not used again, since models go as a whole. One thread at a time may
// allocate; blocks may outlive the arena. Throws Error{kOutOfMemory}.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "cpu/mapped_memory.h"

namespace ridge::cpu {

// A block of an arena.
class WeightMemory {
 public:
  WeightMemory() = default;
  std::byte* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  friend class WeightArena;
  WeightMemory(std::shared_ptr<const MappedMemory> mapping, size_t begin, size_t size)
      : mapping_(std::move(mapping)), data_(mapping_->data() + begin), size_(size) {}

  std::shared_ptr<const MappedMemory> mapping_;
  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

class WeightArena {
 public:
  // Zeroed, aligned to a cache line. `purpose` names the block in the error message.
  WeightMemory allocate(size_t n_bytes, std::string_view purpose);

 private:
  std::shared_ptr<const MappedMemory> mapping_;  // the one that is being filled
  size_t used_ = 0;
};

}  // namespace ridge::cpu
