// Drafter: guesses how a text goes on, for the model to check (actions/speculate.h). What it
// guesses decides how fast an answer comes and never what it says. A draft model, a model's own
// prediction layer or a look-up in the text so far are each one of these. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "backend/tensor.h"
#include "sample/sampler.h"
#include "text/tokenizer/tokenizer.h"

namespace ridge {

struct DraftRequest {
  std::span<const text::Token> text;  // prompt and answer so far
  int64_t most = 1;                   // tokens wanted at most
  // Draws from logits what the request's own sampler would draw from the same ones at the next
  // positions: a drafter that computes logits guesses with it.
  Sampler& sampler;
};

class Drafter {
 public:
  virtual ~Drafter() = default;
  virtual std::string_view name() const = 0;  // "draft model"

  // The model has read `tokens`, the first of them at position first_pos: all before that are as it
  // read them last. hidden: its normed states [n, d_model], valid during the call.
  virtual void observe(int64_t first_pos, std::span<const text::Token> tokens,
                       const Tensor& hidden) = 0;
  // Ids of the model's vocabulary, at most request.most, perhaps none; valid until the next call.
  virtual std::span<const text::Token> propose(const DraftRequest& request) = 0;

  virtual int64_t step_bytes() const = 0;    // that it reads for each token, weights and cache
  virtual int64_t memory_bytes() const = 0;  // its own weights and cache
};

}  // namespace ridge
