#include "cli/ui/interrupt.h"

#include <signal.h>

#include <atomic>

#include "base/check.h"

namespace ridge::cli {
namespace {

// A signal handler can reach nothing but a global.
std::atomic<int> g_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void on_signal(int signal_number) {
  if (g_signal.exchange(signal_number) == 0) return;
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
  g_signal = 0;
  install(on_signal);
}

InterruptScope::~InterruptScope() {
  install(SIG_DFL);
}

bool InterruptScope::interrupted() const {
  return g_signal != 0;
}
bool InterruptScope::take() {
  return g_signal.exchange(0) != 0;
}

}  // namespace ridge::cli
