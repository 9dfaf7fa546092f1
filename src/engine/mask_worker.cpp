#include "engine/mask_worker.h"

#include <utility>

namespace ridge {

MaskWorker::MaskWorker() : thread_([this] { run(); }) {}

MaskWorker::~MaskWorker() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void MaskWorker::start(std::vector<Answer*> answers) {
  {
    const std::lock_guard lock(mutex_);
    answers_ = std::move(answers);
  }
  changed_.notify_all();
}

void MaskWorker::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return answers_.empty(); });
}

void MaskWorker::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return is_ending_ || !answers_.empty(); });
    if (is_ending_) return;
    lock.unlock();
    for (Answer* answer : answers_) answer->prepare();
    lock.lock();
    answers_.clear();
    changed_.notify_all();
  }
}

}  // namespace ridge
