#include "text/tokenizer/vocabulary.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/quote.h"
#include "text/tokenizer/hash.h"

namespace ridge::text {
namespace {

// The longest token of a known model has 512 bytes.
constexpr size_t kMaxTokenBytes = 1 << 16;
constexpr size_t kMaxTokens = 1 << 26;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// 0..255 for "<0x00>".."<0xFF>", -1 for any other text.
int byte_named_by(std::string_view text) {
  if (text.size() != 6 || text.substr(0, 3) != "<0x" || text[5] != '>') return -1;
  const int high = hex_digit(text[3]);
  const int low = hex_digit(text[4]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

void check_array_size(std::string_view key, size_t found, size_t wanted) {
  if (found == wanted) return;
  fail(ErrorCode::kInvalidFile, key, " has ", found, " entries, but tokenizer.ggml.tokens has ",
       wanted, "; there must be one for each token");
}

}  // namespace

TokenIndex::TokenIndex(size_t n_tokens) : slots_(std::bit_ceil(n_tokens + n_tokens / 2 + 2)) {}

size_t TokenIndex::slot(const std::vector<std::string>& texts, std::string_view text,
                        uint64_t hash) const {
  const size_t mask = slots_.size() - 1;
  const auto is_other = [&](const Slot& slot) {
    return slot.token >= 0 && (slot.tag != static_cast<uint32_t>(hash) ||
                               texts[static_cast<size_t>(slot.token)] != text);
  };
  size_t i = (hash >> 32) & mask;
  while (is_other(slots_[i])) i = (i + 1) & mask;
  return i;
}

bool TokenIndex::insert(const std::vector<std::string>& texts, Token token) {
  const std::string_view text = texts[static_cast<size_t>(token)];
  const uint64_t hash = hash_of(text);
  Slot& found = slots_[slot(texts, text, hash)];
  if (found.token >= 0) return false;
  found = {static_cast<uint32_t>(hash), token};
  return true;
}

Token TokenIndex::find(const std::vector<std::string>& texts, std::string_view text) const {
  return slots_[slot(texts, text, hash_of(text))].token;
}

Vocabulary::Vocabulary(std::vector<std::string> texts)
    : texts_(std::move(texts)), index_(texts_.size()) {
  byte_tokens_.fill(-1);
  for (Token token = 0; token < size(); ++token) {
    const std::string& name = text(token);
    if (name.size() > kMaxTokenBytes) {
      fail(ErrorCode::kInvalidFile, "token ", token, " of tokenizer.ggml.tokens has ", name.size(),
           " bytes; at most ", kMaxTokenBytes, " are allowed");
    }
    // Nothing can be spelled by an empty token, so several of them contradict nothing.
    if (!name.empty() && !index_.insert(texts_, token)) {
      fail(ErrorCode::kInvalidFile, "tokens ", find(name), " and ", token,
           " of tokenizer.ggml.tokens are both ", in_quotes(name),
           "; each text must be there once");
    }
  }
}

Vocabulary Vocabulary::from_metadata(const gguf::Metadata& metadata) {
  const auto texts = metadata.get_strings("tokenizer.ggml.tokens");
  if (texts.empty() || texts.size() > kMaxTokens) {
    fail(ErrorCode::kInvalidFile, "tokenizer.ggml.tokens has ", texts.size(),
         " tokens; a tokenizer needs at least one and at most ", kMaxTokens);
  }
  Vocabulary vocabulary(std::vector<std::string>(texts.begin(), texts.end()));
  vocabulary.read_types(metadata);
  vocabulary.read_scores(metadata);
  vocabulary.read_special_ids(metadata);
  return vocabulary;
}

void Vocabulary::read_types(const gguf::Metadata& metadata) {
  types_.assign(texts_.size(), TokenType::kNormal);
  const auto types = metadata.get_ints("tokenizer.ggml.token_type");
  if (!types) return;
  check_array_size("tokenizer.ggml.token_type", types->size(), texts_.size());
  for (size_t i = 0; i < types->size(); ++i) {
    const int64_t type = (*types)[i];
    if (type < 1 || type > 6) {
      fail(ErrorCode::kInvalidFile, "tokenizer.ggml.token_type of token ", i, " is ", type,
           "; it must be 1 to 6");
    }
    types_[i] = static_cast<TokenType>(type);
    if (types_[i] == TokenType::kByte) add_byte_token(static_cast<Token>(i));
  }
}

void Vocabulary::add_byte_token(Token token) {
  const int byte = byte_named_by(text(token));
  if (byte < 0) {
    fail(ErrorCode::kInvalidFile, "token ", token, ", ", in_quotes(text(token)),
         ", is of type byte; its text must be <0x00> to <0xFF>");
  }
  Token& entry = byte_tokens_[static_cast<size_t>(byte)];
  if (entry >= 0) {
    fail(ErrorCode::kInvalidFile, "tokens ", entry, " and ", token, " both stand for byte ", byte,
         "; each byte may have one");
  }
  entry = token;
}

unsigned char Vocabulary::byte_of(Token token) const {
  return static_cast<unsigned char>(byte_named_by(text(token)));
}

void Vocabulary::read_scores(const gguf::Metadata& metadata) {
  auto scores = metadata.get_floats("tokenizer.ggml.scores");
  if (!scores) return;
  check_array_size("tokenizer.ggml.scores", scores->size(), texts_.size());
  for (size_t i = 0; i < scores->size(); ++i) {
    if (std::isnan((*scores)[i])) {
      fail(ErrorCode::kInvalidFile, "tokenizer.ggml.scores of token ", i,
           " is not a number; scores must order the tokens");
    }
  }
  scores_ = std::move(*scores);
}

void Vocabulary::read_special_ids(const gguf::Metadata& metadata) {
  const auto read = [&](std::string_view name) -> Token {
    const std::string key = cat("tokenizer.ggml.", name, "_token_id");
    const auto id = metadata.get_int(key);
    if (!id) return -1;
    if (*id < 0 || *id >= size()) {
      fail(ErrorCode::kInvalidFile, key, " is ", *id, ", but the vocabulary has ", size(),
           " tokens; it must be 0 to ", size() - 1);
    }
    return static_cast<Token>(*id);
  };
  bos = read("bos");
  eos = read("eos");
  eot = read("eot");
  eom = read("eom");
  unknown = read("unknown");
  for (const std::string_view other : {"seperator", "padding", "mask", "fim_pre", "fim_suf",
                                       "fim_mid", "fim_pad", "fim_rep", "fim_sep"}) {
    read(other);
  }
}

}  // namespace ridge::text
