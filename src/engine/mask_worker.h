// MaskWorker: finds out what constrained answers may say next on a thread of its own, while the
// model computes what it would say. One user.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/answer.h"

namespace ridge {

class MaskWorker {
 public:
  MaskWorker();
  ~MaskWorker();

  // Prepares these answers, which nobody touches until wait() has returned.
  void start(std::vector<Answer*> answers);
  void wait();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Answer*> answers_;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace ridge
