#include "support/tiny_model.h"

#include <vector>

#include "synth/random_model.h"

namespace ridge::testing {
namespace {

using gguf::Value;
using gguf::ValueType;

Value u32(uint64_t n) {
  return {ValueType::kU32, n};
}
Value f32(double x) {
  return {ValueType::kF32, x};
}
Value text(std::string s) {
  return {ValueType::kString, std::move(s)};
}

// GPT-2's printable stand-in for a byte: itself if it prints, else the next code point from 256 on.
std::string byte_token(int byte) {
  const auto prints = [](int b) {
    return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  };
  int code = byte;
  if (!prints(byte)) {
    code = 256;
    for (int b = 0; b < byte; ++b) code += !prints(b);
  }
  if (code < 128) return std::string(1, char(code));
  return {char(0xc0 | (code >> 6)), char(0x80 | (code & 0x3f))};
}

void set_vocabulary(gguf::Metadata& m) {
  gguf::Array tokens{.element_type = ValueType::kString};
  gguf::Array types{.element_type = ValueType::kI32};
  for (int byte = 0; byte < 256; ++byte) {
    tokens.strings.push_back(byte_token(byte));
    types.signed_values.push_back(1);
  }
  for (const char* control : {"<|bos|>", "<|eos|>", "<|user|>", "<|model|>"}) {
    tokens.strings.push_back(control);
    types.signed_values.push_back(3);
  }
  gguf::Array merges{.element_type = ValueType::kString};
  for (const char* pair : {"th", "in"}) {
    tokens.strings.push_back(pair);
    types.signed_values.push_back(1);
    merges.strings.push_back({pair[0], ' ', pair[1]});
  }
  m.set("tokenizer.ggml.model", text("gpt2"));
  m.set("tokenizer.ggml.pre", text("gpt-2"));
  m.set("tokenizer.ggml.tokens", {ValueType::kArray, std::move(tokens)});
  m.set("tokenizer.ggml.token_type", {ValueType::kArray, std::move(types)});
  m.set("tokenizer.ggml.merges", {ValueType::kArray, std::move(merges)});
  m.set("tokenizer.ggml.bos_token_id", u32(256));
  m.set("tokenizer.ggml.eos_token_id", u32(257));
  m.set("tokenizer.ggml.add_bos_token", {ValueType::kBool, true});
  m.set("tokenizer.chat_template",
        text("{{ bos_token }}{% for m in messages %}<|{{ 'model' if m.role == 'assistant' else "
             "'user' }}|>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<|model|>"
             "{% endif %}"));
}

}  // namespace

gguf::Metadata tiny_metadata(const std::string& architecture) {
  gguf::Metadata m;
  const auto key = [&](const char* rest) { return architecture + "." + rest; };
  m.set("general.architecture", text(architecture));
  m.set("general.name", text("tiny"));
  m.set(key("block_count"), u32(3));
  m.set(key("context_length"), u32(512));
  m.set(key("embedding_length"), u32(64));
  m.set(key("feed_forward_length"), u32(128));
  m.set(key("attention.head_count"), u32(4));
  m.set(key("attention.head_count_kv"), u32(2));
  m.set(key("attention.key_length"), u32(32));
  m.set(key("attention.value_length"), u32(32));
  m.set(key("attention.layer_norm_rms_epsilon"), f32(1e-6));
  if (architecture == "gemma3") {
    m.set(key("attention.sliding_window"), u32(24));
    m.set(key("attention.sliding_window_pattern"), u32(2));
  }
  if (architecture == "gemma4") {
    m.set(key("attention.sliding_window"), u32(24));
    m.set(key("attention.sliding_window_pattern"), std::vector<bool>{true, false, true});
    m.set(key("attention.shared_kv_layers"), u32(1));
    m.set(key("embedding_length_per_layer_input"), u32(16));
  }
  if (architecture == "qwen35") {
    m.set(key("full_attention_interval"), u32(2));
    m.set(key("rope.dimension_count"), u32(16));
    m.set(key("ssm.conv_kernel"), u32(4));
    m.set(key("ssm.state_size"), u32(16));
    m.set(key("ssm.group_count"), u32(2));
    m.set(key("ssm.time_step_rank"), u32(4));
    m.set(key("ssm.inner_size"), u32(64));
  }
  set_vocabulary(m);
  return m;
}

std::filesystem::path write_tiny_model(const std::filesystem::path& path,
                                       const std::string& architecture, DType dtype) {
  const auto has_tensor = [&](std::string_view name) {
    return architecture == "qwen2" && name.ends_with(".bias") &&
           name.find("attn_output") == std::string_view::npos;
  };
  write_random_model(path, tiny_metadata(architecture), {.dtype = dtype, .has_tensor = has_tensor});
  return path;
}

}  // namespace ridge::testing
