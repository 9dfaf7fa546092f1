// SequenceSlots: which slots one sequence holds: that of its recurrent states, those of its
// checkpoints, oldest first, and during a trial that of the states before it. Which bytes lie there
// is the pool's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kv/free_pages.h"

namespace ridge::kv {

class SequenceSlots {
 public:
  SequenceSlots(FreePages& free, int64_t n_checkpoints)
      : free_(&free), n_checkpoints_(n_checkpoints) {
    checkpoints_.reserve(size_t(n_checkpoints));
  }

  struct Checkpoint {
    int64_t n_tokens;
    int32_t slot;
  };

  int32_t current() const { return current_; }  // -1: none yet
  bool can_take() const { return current_ >= 0 || free_->size() > 0; }
  void take();  // can_take() has been asked before
  // Where to keep the states after n_tokens; -1: there is no room for checkpoints.
  int32_t add_checkpoint(int64_t n_tokens);
  // The last one after at most `length` tokens; null: none. Gives back those after it.
  const Checkpoint* go_back(int64_t length);
  void clear();  // gives all back

  // A trial: the states after it go to a slot of their own.
  bool can_begin_trial() const { return free_->size() > 0; }
  void begin_trial();
  void wrote_states() { from_ = -1; }     // to the current slot
  int32_t from() const { return from_; }  // where the states still are; -1: in the current slot
  void accept_trial();                    // the current slot stays that of the sequence
  void take_back_trial();                 // that of before is, again

 private:
  FreePages* free_;
  int64_t n_checkpoints_;
  int32_t current_ = -1;
  int32_t before_ = -1;  // of a trial
  int32_t from_ = -1;
  std::vector<Checkpoint> checkpoints_;
};

}  // namespace ridge::kv
