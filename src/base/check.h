// RIDGE_CHECK: always on, for invariants that only a bug of ours can break; it ends the process.
// RIDGE_DCHECK: the same in debug builds, for hot paths. Never for anything the outside can cause.
#pragma once

namespace ridge {

[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace ridge

#define RIDGE_CHECK(condition) \
  ((condition) ? void() : ::ridge::check_failed(#condition, __FILE__, __LINE__))

#ifdef NDEBUG
#define RIDGE_DCHECK(condition) void()
#else
#define RIDGE_DCHECK(condition) RIDGE_CHECK(condition)
#endif
