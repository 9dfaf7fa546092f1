#include "text/tokenizer/synthetic_vocabulary.h"

#include "base/error.h"
#include "gguf/describe.h"
#include "text/tokenizer/byte_level.h"

namespace ridge::text {
namespace {

using gguf::Array;
using gguf::ValueType;

constexpr int64_t kNormal = 1, kControl = 3;
constexpr uint32_t kBos = 256, kEos = 257;

constexpr const char* kTemplate =
    "{{ bos_token }}{% for m in messages %}<|{{ 'model' if m.role == 'assistant' else 'user' }}|>"
    "{{ m.content }}{% endfor %}{% if add_generation_prompt %}<|model|>{% endif %}";

struct Lists {
  Array tokens{.element_type = ValueType::kString};
  Array types{.element_type = ValueType::kI32};
  Array merges{.element_type = ValueType::kString};

  void add(std::string token, int64_t type) {
    tokens.strings.push_back(std::move(token));
    types.signed_values.push_back(type);
  }
  int64_t size() const { return int64_t(tokens.strings.size()); }
};

// Every string of `length` letters, by merging all but its last letter with that.
void add_runs(Lists& lists, size_t length, int64_t n_vocab) {
  std::string run(length, 'a');
  while (lists.size() < n_vocab) {
    lists.merges.strings.push_back(run.substr(0, length - 1) + " " + run.back());
    lists.add(run, kNormal);
    size_t at = length;
    while (at > 0 && run[at - 1] == 'z') run[--at] = 'a';
    if (at == 0) return;
    ++run[at - 1];
  }
}

}  // namespace

void set_synthetic_vocabulary(gguf::Metadata& metadata, int64_t n_vocab) {
  if (n_vocab < kLeastSyntheticVocabulary || n_vocab > kMostSyntheticVocabulary) {
    fail(ErrorCode::kInvalidArgument, "a synthetic vocabulary has ", kLeastSyntheticVocabulary,
         " to ", kMostSyntheticVocabulary, " tokens, not ", n_vocab);
  }
  Lists lists;
  for (int byte = 0; byte < 256; ++byte) {
    std::string token;
    append_byte_level(token, std::string(1, char(byte)));
    lists.add(token, kNormal);
  }
  for (const char* control : {"<|bos|>", "<|eos|>", "<|user|>", "<|model|>"}) {
    lists.add(control, kControl);
  }
  for (size_t length = 2; lists.size() < n_vocab; ++length) add_runs(lists, length, n_vocab);

  metadata.set("tokenizer.ggml.model", "gpt2");
  metadata.set("tokenizer.ggml.pre", "gpt-2");
  metadata.set("tokenizer.ggml.tokens", gguf::Value{ValueType::kArray, std::move(lists.tokens)});
  metadata.set("tokenizer.ggml.token_type", gguf::Value{ValueType::kArray, std::move(lists.types)});
  metadata.set("tokenizer.ggml.merges", gguf::Value{ValueType::kArray, std::move(lists.merges)});
  metadata.set("tokenizer.ggml.bos_token_id", kBos);
  metadata.set("tokenizer.ggml.eos_token_id", kEos);
  metadata.set("tokenizer.ggml.add_bos_token", true);
  metadata.set(gguf::kChatTemplateKey, kTemplate);
}

}  // namespace ridge::text
