// Ctrl-C as a question that loops ask, in place of a death. While an InterruptScope lives, the
// first SIGINT (or SIGTERM) raises the flag; a second one before the flag is taken ends the process
// as usual. One scope at a time, made by the main thread; interrupted() may be asked by any thread.
#pragma once

#include <atomic>

namespace ridge::cli {

class InterruptScope {
 public:
  InterruptScope();
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;

  bool interrupted() const { return flag(); }
  bool take();  // interrupted(), and lowers the flag
  const std::atomic<bool>& flag() const;
};

}  // namespace ridge::cli
