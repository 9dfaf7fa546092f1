// Two questions to a tokenizer. Odd first byte: what do small vocabularies make of any bytes, with
// any trusted range? Even: what does from_metadata make of a small vocabulary that the input has
// changed? It may refuse with Error; what it accepts must encode and decode.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "text/tokenizer/pretokenize/pretokenizer.h"
#include "text/tokenizer/small_vocabulary.h"

namespace ridge::text {
namespace {

// Takes numbers and texts from the front of the input; zeros and nothing when it is used up.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  size_t number() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  std::string_view text(size_t size) {
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(out.size());
    return out;
  }
  std::string_view rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

void check_stream(const Tokenizer& tokenizer, const std::vector<Token>& tokens) {
  StreamDecoder decoder(tokenizer, SpecialTokens::kParse);
  for (const Token token : tokens) {
    RIDGE_CHECK(token >= 0 && token < tokenizer.n_vocab());
    decoder.push(token);
  }
  decoder.finish();
}

void check_text(const Tokenizer& tokenizer, std::string_view text, Range trusted) {
  const auto parsed = tokenizer.encode(text, SpecialTokens::kParse);
  const auto as_text = tokenizer.encode(text, SpecialTokens::kAsText);
  check_stream(tokenizer, parsed);
  check_stream(tokenizer, as_text);
  for (const Token token : as_text) RIDGE_CHECK(tokenizer.type(token) != TokenType::kControl);
  check_stream(tokenizer, tokenizer.encode(text, std::span(&trusted, 1)));
}

struct Subject {
  std::shared_ptr<const Tokenizer> tokenizer;
  bool keeps_bytes = true;  // decoding gives back what was encoded
};

std::vector<Subject> make_subjects() {
  std::vector<Subject> subjects;
  for (const NamedPreTokenizer& pre : pre_tokenizers()) {
    subjects.push_back({Tokenizer::from_metadata(testing::small_bpe().metadata("gpt2", pre.name)),
                        !pre.rules.nfc});
  }
  subjects.push_back(
      {Tokenizer::from_metadata(testing::small_spm().metadata("llama", "default")), false});
  return subjects;
}

void encode_bytes(Input input) {
  static const std::vector<Subject> subjects = make_subjects();
  const auto& [tokenizer, keeps_bytes] = subjects[input.number() % subjects.size()];
  const size_t begin = input.number();
  const size_t size = input.number();
  const std::string_view text = input.rest();
  const size_t from = std::min(begin, text.size());
  check_text(*tokenizer, text, {from, std::min(from + size, text.size())});
  if (!keeps_bytes) return;
  const auto tokens = tokenizer->encode(text, SpecialTokens::kParse);
  RIDGE_CHECK(tokenizer->decode(tokens, SpecialTokens::kParse) == text);
}

void change_entry(testing::SmallVocabulary& vocabulary, Input& input) {
  const size_t kind = input.number() % 6;
  const size_t index = input.number() + 256 * (input.number() % 2);
  const std::string text(input.text(input.number() % 8));
  switch (kind) {
    case 0:
      vocabulary.add(text, static_cast<TokenType>(index % 8), double(index));
      break;
    case 1:
      vocabulary.tokens[index % vocabulary.tokens.size()] = text;
      break;
    case 2:
      vocabulary.types[index % vocabulary.types.size()] = int64_t(text.size()) - 1;
      break;
    case 3:
      vocabulary.merges.push_back(text);
      break;
    case 4:
      vocabulary.scores.resize(vocabulary.scores.size() + index % 3 - 1);
      break;
    default:
      vocabulary.types.resize(vocabulary.types.size() + index % 3 - 1);
      break;
  }
}

void change_key(gguf::Metadata& metadata, Input& input) {
  constexpr std::string_view keys[] = {
      "tokenizer.ggml.model",         "tokenizer.ggml.pre",
      "tokenizer.ggml.tokens",        "tokenizer.ggml.token_type",
      "tokenizer.ggml.scores",        "tokenizer.ggml.merges",
      "tokenizer.ggml.bos_token_id",  "tokenizer.ggml.eos_token_id",
      "tokenizer.ggml.add_bos_token", "tokenizer.ggml.add_space_prefix",
      "tokenizer.ggml.eot_token_id",  "tokenizer.ggml.remove_extra_whitespaces",
      "general.architecture",         "tokenizer.ggml.unknown_token_id"};
  const std::string key(keys[input.number() % std::size(keys)]);
  switch (input.number() % 4) {
    case 0:
      testing::SmallVocabulary::set(metadata, key, uint64_t{input.number() * 3});
      break;
    case 1:
      testing::SmallVocabulary::set(metadata, key, input.number() % 2 == 0);
      break;
    case 2:
      testing::SmallVocabulary::set(metadata, key, std::string(input.text(8)));
      break;
    default:
      testing::SmallVocabulary::set_strings(metadata, key, {std::string(input.text(4))});
  }
}

void load_changed(Input input) {
  const bool is_bpe = input.number() % 2 == 0;
  auto vocabulary = is_bpe ? testing::small_bpe() : testing::small_spm();
  for (size_t i = input.number() % 8; i > 0; --i) change_entry(vocabulary, input);
  gguf::Metadata metadata =
      is_bpe ? vocabulary.metadata("gpt2", "llama-bpe") : vocabulary.metadata("llama", "default");
  for (size_t i = input.number() % 4; i > 0; --i) change_key(metadata, input);
  try {
    const auto tokenizer = Tokenizer::from_metadata(metadata);
    check_text(*tokenizer, input.rest(), {0, input.rest().size()});
  } catch (const Error&) {
  }
}

}  // namespace
}  // namespace ridge::text

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ridge::text::Input input(data, size);
  if (input.number() % 2 != 0) {
    ridge::text::encode_bytes(input);
  } else {
    ridge::text::load_changed(input);
  }
  return 0;
}
