// Mailbox: tasks for the HTTP thread from any thread, in order. It outlives the server: tasks that
// come after close() are dropped, so that whoever still holds a Responder then does no harm.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

namespace ridge::server {

class Mailbox {
 public:
  // wake(): makes the HTTP thread call run_all() soon; called from any thread.
  explicit Mailbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  void post(std::function<void()> task);
  void run_all();  // on the HTTP thread
  void close();

 private:
  std::mutex mutex_;
  std::function<void()> wake_;  // null: closed
  std::vector<std::function<void()>> tasks_;
};

}  // namespace ridge::server
