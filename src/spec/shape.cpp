#include "spec/shape.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

namespace ridge {
namespace {

bool is_one_of(std::string_view architecture, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, architecture) != names.end();
}

bool has_biased_choice(const ModelShape& shape) {
  return shape.biased_choice || is_one_of(shape.architecture, {"dots1", "glm4moe", "minimax-m2"});
}

bool has_layer_norms(const ModelShape& shape) {
  return is_one_of(shape.architecture, {"cohere2", "command-r", "phi2", "starcoder2"});
}

bool has_scaled_logits(const ModelShape& shape) {
  return is_one_of(shape.architecture, {"cohere2", "command-r", "granite", "granitemoe"});
}

void set_experts(gguf::Metadata& m, const ModelShape& shape, const std::string& prefix) {
  const auto set = [&](const char* key, int64_t value) { m.set(prefix + key, uint32_t(value)); };
  set(".expert_count", shape.n_experts);
  set(".expert_used_count", shape.top_k);
  if (shape.d_expert > 0) set(".expert_feed_forward_length", shape.d_expert);
  if (shape.d_shared > 0 && shape.n_shared == 0) {
    set(".expert_shared_feed_forward_length", shape.d_shared);
  }
  if (shape.expert_interval > 0) set(".interleave_moe_layer_step", shape.expert_interval);
  if (shape.n_groups > 0) {
    set(".expert_group_count", shape.n_groups);
    set(".expert_group_used_count", shape.n_groups_used);
  }
  if (shape.n_shared > 0) {
    set(".expert_shared_count", shape.n_shared);
    set(".leading_dense_block_count", shape.n_dense_layers);
  }
  if (!has_biased_choice(shape)) return;
  constexpr uint32_t kSigmoid = 2;
  m.set(prefix + ".expert_gating_func", kSigmoid);
  if (shape.n_shared > 0) m.set(prefix + ".expert_weights_norm", true);
}

// q_lora_rank is written where it is 0, too: llama.cpp otherwise needs the layers of a model that
// is known to have none.
void set_latent_attention(gguf::Metadata& m, const ModelShape& shape, const std::string& prefix) {
  const auto set = [&](const char* key, int64_t value) { m.set(prefix + key, uint32_t(value)); };
  set(".attention.q_lora_rank", shape.q_rank);
  set(".attention.kv_lora_rank", shape.latent_dim);
  set(".attention.key_length", shape.latent_dim + shape.n_rotated);
  set(".attention.value_length", shape.latent_dim);
  set(".attention.key_length_mla", shape.head_dim);
  set(".attention.value_length_mla", shape.v_dim);
  if (shape.yarn_factor > 0) m.set(prefix + ".rope.scaling.yarn_log_multiplier", 0.1f);
}

bool is_global(const ModelShape& shape, int64_t layer) {
  return shape.global_interval > 0 && (layer + 1) % shape.global_interval == 0;
}

// Heads and widths that depend on the kind of layer, and which layer is of which.
void set_gemma4(gguf::Metadata& m, const ModelShape& shape, const std::string& prefix) {
  std::vector<bool> windowed;
  std::vector<uint32_t> n_kv_heads, d_ff;
  for (int64_t i = 0; i < shape.n_layers; ++i) {
    const bool shares_kv = i >= shape.n_layers - shape.n_shared_kv;
    const bool has_own_width = shares_kv && shape.d_ff_shared_kv > 0;
    windowed.push_back(!is_global(shape, i));
    n_kv_heads.push_back(uint32_t(windowed.back() ? shape.n_kv_heads : shape.global_n_kv_heads));
    d_ff.push_back(uint32_t(has_own_width ? shape.d_ff_shared_kv : shape.d_ff));
  }
  m.set(prefix + ".attention.sliding_window_pattern", windowed);
  m.set(prefix + ".attention.head_count_kv", n_kv_heads);
  m.set(prefix + ".feed_forward_length", d_ff);
  const auto set = [&](const char* key, int64_t value) { m.set(prefix + key, uint32_t(value)); };
  set(".attention.key_length", shape.global_head_dim);
  set(".attention.value_length", shape.global_head_dim);
  set(".attention.key_length_swa", shape.head_dim);
  set(".attention.value_length_swa", shape.head_dim);
  set(".rope.dimension_count", shape.global_head_dim);
  set(".rope.dimension_count_swa", shape.head_dim);
  set(".embedding_length_per_layer_input", shape.token_input_width);
  set(".attention.shared_kv_layers", shape.n_shared_kv);
  m.set(prefix + ".rope.freq_base_swa", 10000.0f);
  m.set(prefix + ".final_logit_softcapping", 30.0f);
}

bool has_gemma4_tensor(const ModelShape& shape, std::string_view name) {
  if (!name.ends_with(".attn_v.weight")) return name == "rope_freqs.weight";
  if (!shape.global_v_from_k) return true;
  int64_t layer = 0;
  for (const char c : name.substr(4, name.find('.', 4) - 4)) layer = 10 * layer + (c - '0');
  return !is_global(shape, layer);
}

void set_rope(gguf::Metadata& m, const ModelShape& shape, const std::string& prefix) {
  const int64_t n_rotated = shape.n_rotated > 0 ? shape.n_rotated : shape.head_dim;
  m.set(prefix + ".rope.dimension_count", uint32_t(n_rotated));
  m.set(prefix + ".rope.freq_base", float(shape.rope_base));
  if (shape.yarn_factor == 0) return;
  m.set(prefix + ".rope.scaling.type", "yarn");
  m.set(prefix + ".rope.scaling.factor", float(shape.yarn_factor));
  m.set(prefix + ".rope.scaling.original_context_length", uint32_t(shape.yarn_context));
}

void set_delta_nets(gguf::Metadata& m, const ModelShape& shape, const std::string& prefix) {
  const auto set = [&](const char* key, int64_t value) { m.set(prefix + key, uint32_t(value)); };
  set(".full_attention_interval", shape.attention_interval);
  set(".ssm.conv_kernel", shape.conv_taps);
  set(".ssm.state_size", shape.delta_dim);
  set(".ssm.group_count", shape.delta_k_heads);
  set(".ssm.time_step_rank", shape.delta_v_heads);
  set(".ssm.inner_size", shape.delta_v_heads * shape.delta_dim);
  if (shape.architecture == "qwen3next") return;
  // Pairs of a head turn by time, height and width in turns; for text all are the position.
  const int64_t n_pairs = shape.n_rotated / 2;
  gguf::Array sections{.element_type = gguf::ValueType::kI32};
  for (int64_t i = 0; i < 3; ++i) sections.signed_values.push_back((n_pairs + 2 - i) / 3);
  sections.signed_values.push_back(0);
  m.set(prefix + ".rope.dimension_sections", {gguf::ValueType::kArray, std::move(sections)});
}

}  // namespace

gguf::Metadata shape_metadata(const ModelShape& shape) {
  gguf::Metadata m;
  const std::string& prefix = shape.architecture;
  const auto set = [&](const char* key, int64_t value) { m.set(prefix + key, uint32_t(value)); };
  m.set("general.architecture", shape.architecture);
  m.set("general.name", shape.name);
  set(".block_count", shape.n_layers + shape.n_predictions);
  if (shape.n_predictions > 0) set(".nextn_predict_layers", shape.n_predictions);
  set(".context_length", shape.context);
  set(".embedding_length", shape.d_model);
  if (shape.d_ff > 0) set(".feed_forward_length", shape.d_ff);
  set(".vocab_size", shape.n_vocab);
  set(".attention.head_count", shape.n_heads);
  set(".attention.head_count_kv", shape.n_kv_heads);
  set(".attention.key_length", shape.head_dim);
  set(".attention.value_length", shape.head_dim);
  set_rope(m, shape, prefix);
  const char* norm_key = has_layer_norms(shape) ? ".attention.layer_norm_epsilon"
                                                : ".attention.layer_norm_rms_epsilon";
  m.set(prefix + norm_key, float(shape.norm_eps));
  if (has_scaled_logits(shape)) m.set(prefix + ".logit_scale", 1.0f);
  if (shape.window > 0) set(".attention.sliding_window", shape.window);
  if (shape.n_experts > 0) set_experts(m, shape, prefix);
  if (shape.attention_interval > 0) set_delta_nets(m, shape, prefix);
  if (shape.latent_dim > 0) set_latent_attention(m, shape, prefix);
  if (shape.architecture == "gemma4") set_gemma4(m, shape, prefix);
  return m;
}

std::function<bool(std::string_view)> shape_tensors(const ModelShape& shape) {
  if (shape.architecture == "gemma4") {
    return [shape](std::string_view name) { return has_gemma4_tensor(shape, name); };
  }
  const bool all_biases = is_one_of(shape.architecture, {"gpt-oss", "phi2", "starcoder2"});
  const bool has_biases =
      all_biases || is_one_of(shape.architecture, {"qwen2", "qwen2moe", "glm4moe"});
  const bool has_router_bias = has_biased_choice(shape);
  return [tied = shape.tied, architecture = shape.architecture, all_biases, has_biases,
          has_router_bias](std::string_view name) {
    if (name == "output.weight") return !tied;
    if (name.ends_with("nextn.eh_proj.weight")) return true;  // where one is said to be
    if (name == "output.bias") return architecture == "phi2";
    if (name.ends_with("attn_qkv.weight")) return architecture == "phi3";
    if (name.ends_with("exp_probs_b.bias")) return has_router_bias;
    if (name.ends_with("attn_output.bias")) return all_biases;
    return has_biases && name.ends_with(".bias");
  };
}

}  // namespace ridge
