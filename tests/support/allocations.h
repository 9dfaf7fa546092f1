// Counts what operator new gives out, for tests that bound it. Linking this library (TEST_LINK
// ridge_test_allocations) replaces the global operators of the test binary.
#pragma once

#include <cstdint>

namespace ridge::testing {

struct Allocations {
  uint64_t count = 0;
  uint64_t bytes = 0;    // of all together, also of those freed since
  uint64_t largest = 0;  // bytes of the largest one
};

// Counts the allocations of the calling thread during its life. Scopes do not nest.
class AllocationScope {
 public:
  AllocationScope();
  AllocationScope(const AllocationScope&) = delete;
  AllocationScope& operator=(const AllocationScope&) = delete;
  ~AllocationScope();
  Allocations so_far() const;
};

}  // namespace ridge::testing
