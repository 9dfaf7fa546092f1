#include "text/tokenizer/tokenizer.h"

#include "base/error.h"
#include "base/quote.h"
#include "text/tokenizer/bpe.h"
#include "text/tokenizer/spm.h"

namespace ridge::text {

std::shared_ptr<const Tokenizer> Tokenizer::from_metadata(const gguf::Metadata& metadata) {
  const std::string_view model = metadata.require_string("tokenizer.ggml.model");
  if (model == "gpt2") return std::make_shared<BpeTokenizer>(metadata);
  if (model == "llama") {
    return std::make_shared<SpmTokenizer>(metadata, SpmTokenizer::Order::kByScore);
  }
  if (model == "gemma4") {
    return std::make_shared<SpmTokenizer>(metadata, SpmTokenizer::Order::kByMerges);
  }
  fail(ErrorCode::kUnsupported, "the tokenizer ", in_quotes(model),
       " (tokenizer.ggml.model) is not implemented; gpt2, llama and gemma4 are");
}

}  // namespace ridge::text
