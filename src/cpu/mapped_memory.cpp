#include "cpu/mapped_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/round_up.h"

namespace ridge::cpu {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kHugePage = size_t{2} << 20;

// Null when the system refuses.
void* map(size_t n_bytes) {
  void* mapping =
      mmap(nullptr, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return mapping == MAP_FAILED ? nullptr : mapping;
}

}  // namespace

MappedMemory::MappedMemory(size_t n_bytes, std::string_view purpose) {
  if (n_bytes > std::numeric_limits<size_t>::max() / 2) {
    fail(ErrorCode::kOutOfMemory, "cannot allocate ", n_bytes, " bytes for ", purpose,
         ": no address space is that large");
  }
  const bool huge = n_bytes >= kHugePage;
  size_ = n_bytes;
  mapping_size_ = round_up(std::max<size_t>(n_bytes, 1), kPage);
  mapping_ = map(mapping_size_ + (huge ? kHugePage : 0));
  if (mapping_ == nullptr) {
    fail(ErrorCode::kOutOfMemory, "cannot allocate ", n_bytes, " bytes for ", purpose,
         ": the system has no more memory to give");
  }
  if (huge) align_to_huge_page();
}

// Cuts the mapping to its aligned part. What is left over at its end is less than a huge page and
// stays in small ones: a file's hundreds of weights would waste a megabyte each.
void MappedMemory::align_to_huge_page() {
  auto* begin = static_cast<std::byte*>(mapping_);
  const auto address = reinterpret_cast<uintptr_t>(begin);
  const size_t before = round_up<uintptr_t>(address, kHugePage) - address;
  const size_t after = kHugePage - before;
  if (before > 0) munmap(begin, before);
  mapping_ = begin + before;
  if (after > 0) munmap(begin + before + mapping_size_, after);
#ifdef MADV_HUGEPAGE
  madvise(mapping_, mapping_size_, MADV_HUGEPAGE);  // a hint: may be refused
#endif
}

MappedMemory::~MappedMemory() {
  if (mapping_) munmap(mapping_, mapping_size_);
}

MappedMemory::MappedMemory(MappedMemory&& other) noexcept {
  *this = std::move(other);
}

MappedMemory& MappedMemory::operator=(MappedMemory&& other) noexcept {
  std::swap(size_, other.size_);
  std::swap(mapping_, other.mapping_);
  std::swap(mapping_size_, other.mapping_size_);
  return *this;
}

}  // namespace ridge::cpu
