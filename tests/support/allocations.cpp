#include "support/allocations.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

thread_local bool counting = false;
thread_local ridge::testing::Allocations counted;

void* allocate_or_null(std::size_t n, std::size_t alignment) noexcept {
  if (counting) {
    ++counted.count;
    counted.bytes += n;
    counted.largest = std::max<uint64_t>(counted.largest, n);
  }
  const std::size_t wanted = std::max<std::size_t>(n, 1);
  if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return std::malloc(wanted);
  return std::aligned_alloc(alignment, (wanted + alignment - 1) & ~(alignment - 1));
}

void* allocate(std::size_t n, std::size_t alignment) {
  void* const memory = allocate_or_null(n, alignment);
  if (!memory) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t n) {
  return allocate(n, 1);
}
void* operator new[](std::size_t n) {
  return allocate(n, 1);
}
void* operator new(std::size_t n, std::align_val_t a) {
  return allocate(n, std::size_t(a));
}
void* operator new[](std::size_t n, std::align_val_t a) {
  return allocate(n, std::size_t(a));
}
// The library's own nothrow forms may belong to a sanitizer, whose memory ours must not free.
void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
  return allocate_or_null(n, 1);
}
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept {
  return allocate_or_null(n, 1);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace ridge::testing {

AllocationScope::AllocationScope() {
  counted = {};
  counting = true;
}

AllocationScope::~AllocationScope() {
  counting = false;
}

Allocations AllocationScope::so_far() const {
  return counted;
}

}  // namespace ridge::testing
