#include "base/background.h"

#include <sys/resource.h>
#include <unistd.h>

namespace ridge {

void stay_in_background() {
#ifdef __linux__  // where niceness is a thread's own, not its process'
  constexpr int kNicest = 19;
  [[maybe_unused]] const int refused = ::setpriority(PRIO_PROCESS, id_t(::gettid()), kNicest);
#endif
}

}  // namespace ridge
