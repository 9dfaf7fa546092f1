#include "text/tokenizer/bpe.h"

#include "base/error.h"
#include "base/quote.h"
#include "text/tokenizer/byte_level.h"
#include "text/tokenizer/unicode.h"

namespace ridge::text {
namespace {

const PreTokenizer& require_pre_tokenizer(const gguf::Metadata& metadata) {
  const auto name = metadata.get_string("tokenizer.ggml.pre");
  if (!name) {
    fail(ErrorCode::kUnsupported,
         "the file does not name its pre-tokenizer (tokenizer.ggml.pre), without which its text "
         "would be cut up wrongly; a newer conversion of the model names it");
  }
  const PreTokenizer* rules = find_pre_tokenizer(*name);
  if (rules == nullptr) {
    fail(ErrorCode::kUnsupported, "the pre-tokenizer ", in_quotes(*name),
         " (tokenizer.ggml.pre) is not implemented");
  }
  return *rules;
}

}  // namespace

BpeTokenizer::BpeTokenizer(const gguf::Metadata& metadata)
    : BasicTokenizer(metadata, Vocabulary::from_metadata(metadata)),
      name_(metadata.get_string("tokenizer.ggml.pre").value_or("")),
      rules_(require_pre_tokenizer(metadata)),
      pieces_(rules_),
      merges_(metadata, vocabulary()),
      adds_space_prefix_(metadata.get_bool("tokenizer.ggml.add_space_prefix").value_or(false)) {
  for (unsigned byte = 0; byte < bytes_.size(); ++byte) {
    std::string text;
    append_byte_level(text, std::string(1, static_cast<char>(byte)));
    const Token token = vocabulary().find(text);
    bytes_[byte] = token >= 0 && type(token) == TokenType::kNormal ? token : -1;
  }
  set_default_adds_bos(metadata, rules_.adds_bos);
}

void BpeTokenizer::encode_text(std::string_view text, bool, Work& work) const {
  if (rules_.nfc) text = work.text = to_nfc(text);
  if (adds_space_prefix_ && !char_at(text, 0).is(kSpace)) text = work.text = cat(' ', text);
  pieces_.for_each(text, [&](std::string_view word) {
    if (work.cache.lookup(word, work.tokens)) return;
    const size_t begin = work.tokens.size();
    encode_word(word, work.symbols, work.tokens);
    work.cache.remember(word, std::span(work.tokens).subspan(begin));
  });
}

Token BpeTokenizer::whole_word(std::string_view word) const {
  std::string text;
  append_byte_level(text, word);
  const Token token = vocabulary().find(text);
  return token >= 0 && type(token) == TokenType::kNormal ? token : -1;
}

void BpeTokenizer::encode_word(std::string_view word, std::vector<Symbol>& symbols,
                               std::vector<Token>& out) const {
  if (rules_.whole_words_first) {
    if (const Token token = whole_word(word); token >= 0) {
      out.push_back(token);
      return;
    }
  }
  symbols.clear();
  for (uint32_t i = 0; i < word.size(); ++i) {
    const Token token = bytes_[static_cast<unsigned char>(word[i])];
    if (token >= 0) symbols.push_back({i, 1, token});
  }
  merge_symbols(symbols, [this](const Symbol& left, const Symbol& right) {
    return merges_.find(left.id, right.id);
  });
  for (const Symbol& symbol : symbols) out.push_back(symbol.id);
}

std::string BpeTokenizer::normal_piece(Token token) const {
  // Converters fill a vocabulary up to the model's size with names that are no text.
  if (type(token) == TokenType::kUnused) return {};
  return from_byte_level(vocabulary().text(token));
}

}  // namespace ridge::text
