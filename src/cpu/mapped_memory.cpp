#include "cpu/mapped_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <limits>
#include <utility>

#include "base/error.h"

namespace ridge::cpu {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kHugePage = size_t{2} << 20;

size_t round_up(size_t n, size_t unit) {
  return (n + unit - 1) / unit * unit;
}

}  // namespace

MappedMemory::MappedMemory(size_t n_bytes, std::string_view purpose) : size_(n_bytes) {
  if (n_bytes > std::numeric_limits<size_t>::max() / 2) {
    fail(ErrorCode::kOutOfMemory, "cannot allocate ", n_bytes, " bytes for ", purpose,
         ": no address space is that large");
  }
  const bool huge = n_bytes >= kHugePage;
  mapping_size_ = huge ? round_up(n_bytes, kHugePage) + kHugePage : round_up(n_bytes + 1, kPage);
  mapping_ =
      mmap(nullptr, mapping_size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping_ == MAP_FAILED) {
    mapping_ = nullptr;
    fail(ErrorCode::kOutOfMemory, "cannot allocate ", n_bytes, " bytes for ", purpose,
         ": the system has no more memory to give");
  }
  const auto address = reinterpret_cast<uintptr_t>(mapping_);
  const uintptr_t aligned = huge ? round_up(address, kHugePage) : address;
  data_ = static_cast<std::byte*>(mapping_) + (aligned - address);
#ifdef MADV_HUGEPAGE
  if (huge) madvise(data_, round_up(n_bytes, kHugePage), MADV_HUGEPAGE);  // a hint: may be refused
#endif
}

MappedMemory::~MappedMemory() {
  if (mapping_) munmap(mapping_, mapping_size_);
}

MappedMemory::MappedMemory(MappedMemory&& other) noexcept {
  *this = std::move(other);
}

MappedMemory& MappedMemory::operator=(MappedMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(mapping_, other.mapping_);
  std::swap(mapping_size_, other.mapping_size_);
  return *this;
}

}  // namespace ridge::cpu
