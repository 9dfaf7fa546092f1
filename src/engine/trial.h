// The end of a trial: what a pass of guesses has left in the cache of a sequence. Internal to
// engine/.
#pragma once

#include <span>

#include "kv/pool.h"
#include "model/step.h"
#include "model/transformer.h"
#include "text/tokenizer/tokenizer.h"

namespace ridge {

// Of the tokens tried since the sequence's begin_trial(), all of them committed, the first n_kept
// stay; the cache is as if the others had never been there. Recurrent states go back to the
// beginning of the trial and take the kept tokens again.
void end_trial(const Transformer& model, KvPool& kv, Workspace& workspace, KvSequence& sequence,
               std::span<const text::Token> tried, int64_t n_kept);

}  // namespace ridge
