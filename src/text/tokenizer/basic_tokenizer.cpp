#include "text/tokenizer/basic_tokenizer.h"

#include "text/tokenizer/end_of_generation.h"
#include "text/tokenizer/unicode.h"

namespace ridge::text {

BasicTokenizer::BasicTokenizer(const gguf::Metadata& metadata, Vocabulary vocabulary)
    : vocabulary_(std::move(vocabulary)),
      special_(vocabulary_),
      ends_generation_(find_ends_of_generation(vocabulary_, special_)) {
  set_default_adds_bos(metadata, false);
  adds_eos_ =
      vocabulary_.eos >= 0 && metadata.get_bool("tokenizer.ggml.add_eos_token").value_or(false);
}

void BasicTokenizer::set_default_adds_bos(const gguf::Metadata& metadata, bool fallback) {
  adds_bos_ =
      vocabulary_.bos >= 0 && metadata.get_bool("tokenizer.ggml.add_bos_token").value_or(fallback);
}

void BasicTokenizer::strip_behind_special_tokens() {
  strips_behind_.assign(static_cast<size_t>(vocabulary_.size()), false);
  for (Token token = 0; token < vocabulary_.size(); ++token) {
    const std::string& text = vocabulary_.text(token);
    const bool exempt = text == "<unk>" || text == "<s>" || text == "<|endoftext|>";
    strips_behind_[static_cast<size_t>(token)] = !exempt;
  }
}

std::vector<Token> BasicTokenizer::encode(std::string_view text, SpecialTokens policy) const {
  const Range everything{0, text.size()};
  if (policy == SpecialTokens::kParse) return encode(text, std::span(&everything, 1));
  return encode(text, std::span<const Range>());
}

std::vector<Token> BasicTokenizer::encode(std::string_view text,
                                          std::span<const Range> trusted) const {
  Work work(text.size());
  bool begins_run = true;
  for (size_t position = 0; position < text.size();) {
    const auto match = special_.find(text, position, trusted);
    if (match.begin > position) {
      encode_text(text.substr(position, match.begin - position), begins_run, work);
    }
    if (match.token < 0) break;
    work.tokens.push_back(match.token);
    begins_run = true;
    position = end_of_special(text, match);
  }
  return std::move(work.tokens);
}

size_t BasicTokenizer::end_of_special(std::string_view text,
                                      const SpecialTokenMatcher::Match& match) const {
  size_t end = match.end;
  if (strips_behind_.empty() || !strips_behind_[static_cast<size_t>(match.token)]) return end;
  for (Char c = char_at(text, end); c.is(kSpace); c = char_at(text, end)) end += c.size;
  return end;
}

std::string BasicTokenizer::piece(Token token, SpecialTokens policy) const {
  if (!vocabulary_.contains(token)) return {};
  switch (vocabulary_.type(token)) {
    case TokenType::kControl:
    case TokenType::kUnknown:
      return policy == SpecialTokens::kParse ? vocabulary_.text(token) : std::string();
    case TokenType::kByte:
      return std::string(1, static_cast<char>(vocabulary_.byte_of(token)));
    case TokenType::kUserDefined:
      return vocabulary_.text(token);
    case TokenType::kNormal:
    case TokenType::kUnused:
      break;
  }
  return normal_piece(token);
}

std::string BasicTokenizer::decode(std::span<const Token> tokens, SpecialTokens policy) const {
  std::string out;
  bool at_start = adds_space_prefix();
  for (const Token token : tokens) {
    const std::string text = piece(token, policy);
    const bool drops_space = at_start && text.starts_with(' ') && type(token) == TokenType::kNormal;
    out += drops_space ? std::string_view(text).substr(1) : std::string_view(text);
    at_start = at_start && text.empty();
  }
  return out;
}

std::string_view BasicTokenizer::token_text(Token token) const {
  return vocabulary_.contains(token) ? std::string_view(vocabulary_.text(token))
                                     : std::string_view();
}

TokenType BasicTokenizer::type(Token token) const {
  return vocabulary_.contains(token) ? vocabulary_.type(token) : TokenType::kUnused;
}

bool BasicTokenizer::ends_generation(Token token) const {
  return vocabulary_.contains(token) && ends_generation_[static_cast<size_t>(token)];
}

}  // namespace ridge::text
