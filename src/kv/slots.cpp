#include "kv/slots.h"

#include <utility>

namespace ridge::kv {

void SequenceSlots::take() {
  if (current_ < 0) current_ = free_->take();
}

int32_t SequenceSlots::add_checkpoint(int64_t n_tokens) {
  if (n_checkpoints_ == 0) return -1;
  int32_t slot = -1;
  if (int64_t(checkpoints_.size()) == n_checkpoints_ || free_->size() == 0) {
    if (checkpoints_.empty()) return -1;
    slot = checkpoints_.front().slot;
    checkpoints_.erase(checkpoints_.begin());
  } else {
    slot = free_->take();
  }
  checkpoints_.push_back({n_tokens, slot});
  return slot;
}

const SequenceSlots::Checkpoint* SequenceSlots::go_back(int64_t length) {
  while (!checkpoints_.empty() && checkpoints_.back().n_tokens > length) {
    free_->give(checkpoints_.back().slot);
    checkpoints_.pop_back();
  }
  return checkpoints_.empty() ? nullptr : &checkpoints_.back();
}

void SequenceSlots::begin_trial() {
  RIDGE_CHECK(before_ < 0 && current_ >= 0);
  before_ = from_ = std::exchange(current_, free_->take());
}

void SequenceSlots::accept_trial() {
  if (from_ >= 0) return take_back_trial();  // nothing was written
  free_->give(std::exchange(before_, -1));
}

void SequenceSlots::take_back_trial() {
  free_->give(std::exchange(current_, std::exchange(before_, -1)));
  from_ = -1;
}

void SequenceSlots::clear() {
  if (before_ >= 0) accept_trial();
  go_back(-1);
  if (current_ >= 0) free_->give(current_);
  current_ = -1;
}

}  // namespace ridge::kv
