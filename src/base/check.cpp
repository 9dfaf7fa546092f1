#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace ridge {

void check_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "ridge: internal error: %s does not hold (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace ridge
