#include "chat/vocabulary.h"

namespace ridge::chat {

grammar::Vocabulary vocabulary_of(const text::Tokenizer& tokenizer) {
  grammar::Vocabulary out;
  for (text::Token token = 0; token < tokenizer.n_vocab(); ++token) {
    const text::TokenType type = tokenizer.type(token);
    const bool unused = type == text::TokenType::kUnused || type == text::TokenType::kUnknown;
    out.bytes.push_back(unused ? "" : tokenizer.piece(token, text::SpecialTokens::kParse));
    if (type == text::TokenType::kControl) out.control.push_back(token);
    if (tokenizer.ends_generation(token)) out.ends.push_back(token);
  }
  return out;
}

}  // namespace ridge::chat
