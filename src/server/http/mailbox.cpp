#include "server/http/mailbox.h"

#include <utility>

namespace ridge::server {

void Mailbox::post(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (!wake_) return;
  tasks_.push_back(std::move(task));
  if (tasks_.size() == 1) wake_();
}

void Mailbox::run_all() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (auto& task : tasks) task();
}

void Mailbox::close() {
  std::vector<std::function<void()>> dropped;  // destroyed without the lock: they may post
  const std::lock_guard lock(mutex_);
  wake_ = nullptr;
  dropped.swap(tasks_);
}

}  // namespace ridge::server
