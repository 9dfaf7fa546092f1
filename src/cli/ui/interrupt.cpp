#include "cli/ui/interrupt.h"

#include <signal.h>

#include "base/check.h"

namespace ridge::cli {
namespace {

// A signal handler can reach nothing but a global.
std::atomic<bool> g_interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void on_signal(int signal_number) {
  if (!g_interrupted.exchange(true)) return;
  ::signal(signal_number, SIG_DFL);
  ::raise(signal_number);
}

void install(void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;  // without SA_RESTART: a read at the prompt must wake up
  sigemptyset(&action.sa_mask);
  RIDGE_CHECK(::sigaction(SIGINT, &action, nullptr) == 0);
  RIDGE_CHECK(::sigaction(SIGTERM, &action, nullptr) == 0);
}

}  // namespace

InterruptScope::InterruptScope() {
  g_interrupted = false;
  install(on_signal);
}

InterruptScope::~InterruptScope() {
  install(SIG_DFL);
}

const std::atomic<bool>& InterruptScope::flag() const {
  return g_interrupted;
}
bool InterruptScope::take() {
  return g_interrupted.exchange(false);
}

}  // namespace ridge::cli
