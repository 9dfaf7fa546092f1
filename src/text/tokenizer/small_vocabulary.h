// Small vocabularies made in code, for tests and fuzzing.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strcat.h"
#include "gguf/metadata.h"
#include "text/tokenizer/byte_level.h"
#include "text/tokenizer/tokenizer.h"

namespace ridge::text::testing {

class SmallVocabulary {
 public:
  Token add(std::string text, TokenType type = TokenType::kNormal, double score = 0) {
    tokens.push_back(std::move(text));
    types.push_back(static_cast<int64_t>(type));
    scores.push_back(score);
    return static_cast<Token>(tokens.size() - 1);
  }

  // "h e" merges two tokens into a new one, written as in the file.
  void add_merge(std::string_view left, std::string_view right) {
    merges.push_back(cat(left, ' ', right));
    add(cat(left, right));
  }

  gguf::Metadata metadata(std::string_view model, std::string_view pre) const {
    gguf::Metadata out;
    set(out, "tokenizer.ggml.model", std::string(model));
    if (!pre.empty()) set(out, "tokenizer.ggml.pre", std::string(pre));
    set_strings(out, "tokenizer.ggml.tokens", tokens);
    gguf::Array type_array{.element_type = gguf::ValueType::kI32};
    type_array.signed_values.assign(types.begin(), types.end());
    out.set("tokenizer.ggml.token_type", {gguf::ValueType::kArray, std::move(type_array)});
    gguf::Array score_array{.element_type = gguf::ValueType::kF32};
    score_array.float_values.assign(scores.begin(), scores.end());
    out.set("tokenizer.ggml.scores", {gguf::ValueType::kArray, std::move(score_array)});
    if (!merges.empty()) set_strings(out, "tokenizer.ggml.merges", merges);
    return out;
  }

  static void set(gguf::Metadata& metadata, std::string key, std::string value) {
    metadata.set(std::move(key), {gguf::ValueType::kString, std::move(value)});
  }
  static void set(gguf::Metadata& metadata, std::string key, bool value) {
    metadata.set(std::move(key), {gguf::ValueType::kBool, value});
  }
  static void set(gguf::Metadata& metadata, std::string key, uint64_t value) {
    metadata.set(std::move(key), {gguf::ValueType::kU32, value});
  }
  static void set_strings(gguf::Metadata& metadata, std::string key,
                          std::vector<std::string> values) {
    gguf::Array array{.element_type = gguf::ValueType::kString};
    array.strings = std::move(values);
    metadata.set(std::move(key), {gguf::ValueType::kArray, std::move(array)});
  }

  std::vector<std::string> tokens;
  std::vector<int64_t> types;
  std::vector<double> scores;
  std::vector<std::string> merges;
};

// All bytes, a few merges, <|im_start|> and <|im_end|> as control, <tool_call> as user-defined
// token.
inline SmallVocabulary small_bpe() {
  SmallVocabulary v;
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::string text;
    append_byte_level(text, std::string(1, static_cast<char>(byte)));
    v.add(std::move(text));
  }
  using Pair = std::pair<std::string_view, std::string_view>;
  for (const auto& [left, right] : std::initializer_list<Pair>{{"l", "l"},
                                                               {"h", "e"},
                                                               {"he", "ll"},
                                                               {"hell", "o"},
                                                               {"a", "a"},
                                                               {"aa", "aa"},
                                                               {"Ġ", "w"},
                                                               {"o", "r"},
                                                               {"Ġw", "or"},
                                                               {"l", "d"},
                                                               {"Ġwor", "ld"},
                                                               {"Ã", "©"}}) {
    v.add_merge(left, right);
  }
  v.add("<|im_start|>", TokenType::kControl);
  v.add("<|im_end|>", TokenType::kControl);
  v.add("<tool_call>", TokenType::kUserDefined);
  return v;
}

// Byte tokens, letters and a few pieces; <s> 1 and </s> 2 as in Llama 2.
inline SmallVocabulary small_spm() {
  SmallVocabulary v;
  v.add("<unk>", TokenType::kUnknown);
  v.add("<s>", TokenType::kControl);
  v.add("</s>", TokenType::kControl);
  for (unsigned byte = 0; byte < 256; ++byte) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    v.add(cat("<0x", hex[byte / 16], hex[byte % 16], '>'), TokenType::kByte);
  }
  double score = 0;
  for (const std::string_view piece :
       {"ll", "he", "▁w", "hell", "or", "▁hell", "ld", "▁wor", "▁hello", "▁world", "▁▁", "▁▁▁▁"}) {
    v.add(std::string(piece), TokenType::kNormal, score--);
  }
  for (const std::string_view character : {"▁", "e", "l", "o", "h", "w", "r", "d", "é"}) {
    v.add(std::string(character), TokenType::kNormal, score--);
  }
  return v;
}

}  // namespace ridge::text::testing
