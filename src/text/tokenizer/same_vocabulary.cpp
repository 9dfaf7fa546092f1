#include "text/tokenizer/same_vocabulary.h"

#include <algorithm>

#include "base/quote.h"
#include "base/strcat.h"

namespace ridge::text {
namespace {

int n_used(const Tokenizer& tokenizer) {
  int n = tokenizer.n_vocab();
  while (n > 0 && tokenizer.type(n - 1) == TokenType::kUnused) --n;
  return n;
}

}  // namespace

std::string vocabulary_difference(const Tokenizer& model, const Tokenizer& draft) {
  const int n_model = n_used(model), n_draft = n_used(draft);
  const int n_both = std::min(n_model, n_draft);
  for (Token token = 0; token < n_both; ++token) {
    if (model.token_text(token) == draft.token_text(token)) continue;
    return cat("token ", token, " is ", in_quotes(model.token_text(token)), " in the model and ",
               in_quotes(draft.token_text(token)), " in the draft");
  }
  if (n_model == n_draft) return "";
  return cat("the model has ", n_model, " tokens and the draft ", n_draft, "; token ", n_both, ", ",
             in_quotes((n_model > n_draft ? model : draft).token_text(n_both)), ", is in the ",
             n_model > n_draft ? "model" : "draft", " alone");
}

}  // namespace ridge::text
