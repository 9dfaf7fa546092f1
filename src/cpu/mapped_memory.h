// MappedMemory: zeroed anonymous pages that the object owns. Blocks of 2 MiB and more are aligned
// to 2 MiB and ask for huge pages, which spares the TLB when weights and caches stream through.
// Throws Error{kOutOfMemory}. Any thread may make and destroy one.
#pragma once

#include <cstddef>
#include <string_view>

namespace ridge::cpu {

class MappedMemory {
 public:
  MappedMemory() = default;
  // `purpose` names the block in the error message: "the weight blk.0.attn_q".
  MappedMemory(size_t n_bytes, std::string_view purpose);
  ~MappedMemory();
  MappedMemory(MappedMemory&& other) noexcept;
  MappedMemory& operator=(MappedMemory&& other) noexcept;

  std::byte* data() const { return static_cast<std::byte*>(mapping_); }
  size_t size() const { return size_; }

 private:
  void align_to_huge_page();

  void* mapping_ = nullptr;
  size_t mapping_size_ = 0;  // whole pages
  size_t size_ = 0;          // as asked for
};

}  // namespace ridge::cpu
