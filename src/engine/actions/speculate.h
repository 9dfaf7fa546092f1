// Speculate: a decode step with guesses. A drafter proposes tokens, the model reads the last token
// and the proposed ones in one pass, and each position's logits are sampled as if they stood alone:
// a proposed token stays when it is what the sampler chose, else the sampler's choice takes its
// place and what was proposed after it is forgotten.
//
// The sampler sees the bits it would see without guesses, in the same order and with the same dice,
// so that the text is the same too, greedy or sampled, and so that what a draw depends on
// (grammars, penalties, mirostat) needs no second rule. For a drafter that is sure of its token
// this accepts as often as speculative sampling by min(1, p / q) (Leviathan et al. 2023) does: its
// q is 1 there.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/answer.h"
#include "engine/draft_length.h"
#include "engine/drafter.h"
#include "engine/session.h"

namespace ridge {

struct SpeculativeStep {
  bool goes_on = false;  // whether the answer has not ended
  int64_t n_drafted = 0;
  int64_t n_accepted = 0;
};

// One thread.
class Speculation {
 public:
  Speculation(std::shared_ptr<Drafter> drafter, const SpeculationOptions& options);

  Drafter& drafter() { return *drafter_; }
  const Drafter& drafter() const { return *drafter_; }
  const DraftLength& length() const { return length_; }

  void begin(const GenerateRequest& request, int n_vocab, int64_t capacity);
  // The session has room for one token more, and for trials of as many as are drafted. Allocates
  // nothing but what the drafter does.
  SpeculativeStep step(Session& session, Answer& answer);

 private:
  int64_t wanted(const Session& session, const Answer& answer);
  std::span<const text::Token> draft(int64_t most, const Answer& answer);

  std::shared_ptr<Drafter> drafter_;
  int64_t most_;
  bool adapts_;
  DraftLength length_;
  std::optional<Sampler> sampler_;
  size_t n_prompt_ = 0;
  bool has_drafted_ = false;       // for this request
  std::vector<text::Token> text_;  // prompt and answer so far
  std::vector<text::Token> pass_;  // what the model reads in one pass
};

}  // namespace ridge
