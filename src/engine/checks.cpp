#include "engine/checks.h"

#include "base/error.h"
#include "engine/draft_length.h"

namespace ridge {

void check_tokens(std::span<const text::Token> tokens, const ModelSpec& spec, int64_t context) {
  if (tokens.empty()) fail(ErrorCode::kInvalidArgument, "the prompt is empty");
  for (const text::Token token : tokens) {
    if (token < 0 || token >= spec.n_vocab) {
      fail(ErrorCode::kInvalidArgument, "the prompt holds token id ", token,
           "; this model's ids go from 0 to ", spec.n_vocab - 1);
    }
  }
  if (int64_t(tokens.size()) > context) {
    fail(ErrorCode::kInvalidArgument, "the prompt has ", tokens.size(),
         " tokens and the context holds ", context, "; ask for more with -c");
  }
}

void check_speculation(const SpeculationOptions& options, const ModelSpec& spec) {
  if (options.most < 1 || options.most > kMostDraft) {
    fail(ErrorCode::kInvalidArgument, "the most tokens to draft are ", options.most,
         ", expected 1 to ", kMostDraft);
  }
  if (options.prediction_layer && !spec.prediction) {
    fail(ErrorCode::kInvalidArgument,
         "this file holds no layer that predicts further ahead, which --speculate mtp would use",
         spec.set_aside.empty() ? "" : " (its metadata name one; its tensors are not all there)",
         "; a smaller model of the same vocabulary can guess instead: --draft MODEL");
  }
}

}  // namespace ridge
