#include "support/allocations.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

thread_local bool counting = false;
thread_local ridge::testing::Allocations counted;

void* allocate(std::size_t n, std::size_t alignment) {
  if (counting) {
    ++counted.count;
    counted.bytes += n;
    counted.largest = std::max<uint64_t>(counted.largest, n);
  }
  void* const memory = alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__
                           ? std::malloc(n)
                           : std::aligned_alloc(alignment, (n + alignment - 1) & ~(alignment - 1));
  if (!memory && n > 0) throw std::bad_alloc();
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
