#include "spec/arch/reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace ridge::arch {
namespace {

// Bounds far above every published model, far below what could overflow a size.
constexpr int64_t kMaxLayers = 1024;
constexpr int64_t kMaxWidth = 1 << 20;
constexpr int64_t kMaxVocab = 1 << 24;
constexpr int64_t kMaxExperts = 1 << 14;
constexpr int64_t kMaxGroups = 64;  // what back ends take
constexpr int64_t kMaxContext = int64_t{1} << 40;

// Keys that describe the model without changing what it computes here; of the norms' two, whoever
// has norms of that kind reads its own.
constexpr std::array<std::string_view, 7> kDescriptiveKeys = {"vocab_size",
                                                              "tensor_data_layout",
                                                              "rope.scaling.finetuned",
                                                              "attention.layer_norm_epsilon",
                                                              "attention.layer_norm_rms_epsilon",
                                                              "quantization_version",
                                                              "base_model"};

// Makes `parts` follow each other in one tensor.
void stack(std::initializer_list<MatrixSpec*> parts) {
  int64_t n_rows = 0;
  for (const MatrixSpec* part : parts) n_rows += part->n_out;
  int64_t first_row = 0;
  for (MatrixSpec* part : parts) {
    part->first_row = first_row;
    part->stacked_rows = n_rows;
    first_row += part->n_out;
  }
}
void stack(std::initializer_list<VectorSpec*> parts) {
  int64_t size = 0;
  for (const VectorSpec* part : parts) size += part->size;
  int64_t first = 0;
  for (VectorSpec* part : parts) {
    part->first = first;
    part->stacked_size = size;
    first += part->size;
  }
}

}  // namespace

std::string blk(int layer, std::string_view stem) {
  return cat("blk.", layer, ".", stem);
}

ArchReader::ArchReader(const gguf::Metadata& metadata, const HasTensor& has_tensor)
    : metadata_(metadata),
      has_tensor_(has_tensor),
      architecture_(metadata.require_string("general.architecture")) {
  n_layers_ = int(require_integer("block_count", 1, kMaxLayers));
  d_model_ = require_integer("embedding_length", 1, kMaxWidth);
}

std::string ArchReader::full(std::string_view key) const {
  return cat(architecture_, ".", key);
}

const std::string& ArchReader::remember(std::string_view key) {
  return *read_.insert(full(key)).first;
}

std::optional<int64_t> ArchReader::integer(std::string_view key, int64_t min, int64_t max) {
  const std::string& name = remember(key);
  const auto value = metadata_.get_int(name);
  if (value && (*value < min || *value > max)) {
    fail(ErrorCode::kInvalidFile, name, " is ", *value, ", expected ", min, " to ", max);
  }
  return value;
}

int64_t ArchReader::require_integer(std::string_view key, int64_t min, int64_t max) {
  const auto value = integer(key, min, max);
  if (!value) fail(ErrorCode::kInvalidFile, "the file has no key ", full(key));
  return *value;
}

int64_t ArchReader::layer_integer(std::string_view key, int layer, int64_t min, int64_t max) {
  const std::string& name = remember(key);
  if (!is_array(key)) return require_integer(key, min, max);
  const auto values = metadata_.get_ints(name);
  const int n_wanted = std::max(n_layers_, layer + 1);
  if (int64_t(values->size()) < n_wanted) {
    fail(ErrorCode::kInvalidFile, name, " has ", values->size(),
         " entries, expected one for each of ", n_wanted, " layers");
  }
  const int64_t entry = (*values)[size_t(layer)];
  if (entry < min || entry > max) {
    fail(ErrorCode::kInvalidFile, name, "[", layer, "] is ", entry, ", expected ", min, " to ",
         max);
  }
  return entry;
}

std::optional<float> ArchReader::number(std::string_view key) {
  const std::string& name = remember(key);
  const auto value = metadata_.get_float(name);
  if (value && std::abs(*value) > std::numeric_limits<float>::max()) {
    fail(ErrorCode::kInvalidFile, name, " is ", *value, ", which no float can hold");
  }
  return value ? std::optional(float(*value)) : std::nullopt;
}

float ArchReader::require_positive(std::string_view key) {
  const auto value = number(key);
  if (!value) fail(ErrorCode::kInvalidFile, "the file has no key ", full(key));
  if (!(*value > 0)) fail(ErrorCode::kInvalidFile, full(key), " is ", *value, ", expected > 0");
  return *value;
}

std::optional<std::string_view> ArchReader::text(std::string_view key) {
  return metadata_.get_string(remember(key));
}

std::optional<std::vector<bool>> ArchReader::layer_flags(std::string_view key) {
  const std::string& name = remember(key);
  auto flags = metadata_.get_bools(name);
  if (flags && int64_t(flags->size()) < n_layers_) {
    fail(ErrorCode::kInvalidFile, name, " has ", flags->size(),
         " entries, expected one for each of ", n_layers_, " layers");
  }
  return flags;
}

std::optional<std::vector<int64_t>> ArchReader::integers(std::string_view key) {
  return metadata_.get_ints(remember(key));
}

std::optional<bool> ArchReader::flag(std::string_view key) {
  return metadata_.get_bool(remember(key));
}

bool ArchReader::has_key(std::string_view key) const {
  return metadata_.find(full(key)) != nullptr;
}

bool ArchReader::is_array(std::string_view key) const {
  const gguf::Value* value = metadata_.find(full(key));
  return value != nullptr && value->type == gguf::ValueType::kArray;
}

void ArchReader::expect(std::string_view key, int64_t implemented) {
  const auto value = metadata_.get_int(remember(key));
  if (value && *value != implemented) {
    fail(ErrorCode::kUnsupported, full(key), " is ", *value, "; only ", implemented,
         " is implemented");
  }
}

MatrixSpec ArchReader::matrix(std::string_view stem, int64_t n_out, int64_t n_in) const {
  return {.name = cat(stem, ".weight"), .n_out = n_out, .n_in = n_in};
}

MatrixSpec ArchReader::optional_matrix(std::string_view stem, int64_t n_out, int64_t n_in) const {
  MatrixSpec spec = matrix(stem, n_out, n_in);
  return has_tensor_(spec.name) ? spec : MatrixSpec{};
}

VectorSpec ArchReader::optional_vector(std::string_view name, int64_t size) const {
  return has_tensor_(name) ? VectorSpec{.name = std::string(name), .size = size} : VectorSpec{};
}

VectorSpec ArchReader::vector(std::string_view name, int64_t size) const {
  return {.name = std::string(name), .size = size};
}

VectorSpec ArchReader::bias(std::string_view stem, int64_t size) const {
  return optional_vector(cat(stem, ".bias"), size);
}

NormSpec ArchReader::norm(std::string_view stem, int64_t size) {
  NormSpec norm{.weight = {.name = cat(stem, ".weight"), .size = size}, .kind = norm_kind_};
  if (norm_kind_ == NormKind::kRms) {
    norm.eps = require_positive("attention.layer_norm_rms_epsilon");
  } else {
    norm.bias = bias(stem, size);
    norm.eps = require_positive("attention.layer_norm_epsilon");
  }
  return norm;
}

NormSpec ArchReader::optional_norm(std::string_view stem, int64_t size) {
  return has_tensor_(cat(stem, ".weight")) ? norm(stem, size) : NormSpec{};
}

NormSpec ArchReader::unit_norm(int64_t size) {
  NormSpec unit = norm("", size);
  unit.weight.name.clear();
  return unit;
}

ModelSpec ArchReader::model() {
  ModelSpec spec{.architecture = architecture_, .d_model = d_model_};
  const auto tokens = metadata_.get_strings("tokenizer.ggml.tokens");
  spec.n_vocab =
      tokens.empty() ? require_integer("vocab_size", 1, kMaxVocab) : int64_t(tokens.size());
  spec.context_length = integer("context_length", 1, kMaxContext).value_or(2048);
  spec.embedding = matrix("token_embd", spec.n_vocab, d_model_);
  spec.output = optional_matrix("output", spec.n_vocab, d_model_);
  if (!spec.output) spec.output = spec.embedding;
  spec.output_bias = bias("output", spec.n_vocab);
  spec.output_norm = norm("output_norm", d_model_);
  return spec;
}

AttentionSpec ArchReader::attention(int layer, RopePairs pairs, const HeadKeys& keys) {
  AttentionSpec a;
  a.n_heads = layer_integer("attention.head_count", layer, 1, kMaxWidth);
  a.n_kv_heads = has_key("attention.head_count_kv")
                     ? layer_integer("attention.head_count_kv", layer, 1, kMaxWidth)
                     : a.n_heads;
  if (a.n_heads % a.n_kv_heads != 0) {
    fail(ErrorCode::kInvalidFile, full("attention.head_count"), " is ", a.n_heads,
         ", which is no multiple of head_count_kv ", a.n_kv_heads);
  }
  const auto key_length = integer(keys.k_dim, 1, kMaxWidth);
  if (!key_length && d_model_ % a.n_heads != 0) {
    fail(ErrorCode::kInvalidFile, full("embedding_length"), " is ", d_model_,
         ", which is no multiple of head_count ", a.n_heads, ", and there is no key_length");
  }
  a.k_dim = key_length.value_or(d_model_ / a.n_heads);
  a.v_dim = integer(keys.v_dim, 1, kMaxWidth).value_or(a.k_dim);
  a.scale = number("attention.scale").value_or(0.0f);
  if (a.scale == 0.0f) a.scale = float(1.0 / std::sqrt(double(a.k_dim)));
  a.rope = rope(a.k_dim, pairs, keys);

  add_projections(layer, a);
  return a;
}

void ArchReader::add_projections(int layer, AttentionSpec& a) const {
  const std::string stacked = blk(layer, "attn_qkv");
  const bool is_stacked = has_tensor_(cat(stacked, ".weight"));
  const auto stem = [&](std::string_view own) { return is_stacked ? stacked : blk(layer, own); };
  a.q = matrix(stem("attn_q"), a.n_heads * a.k_dim, d_model_);
  a.k = matrix(stem("attn_k"), a.n_kv_heads * a.k_dim, d_model_);
  a.v = matrix(stem("attn_v"), a.n_kv_heads * a.v_dim, d_model_);
  a.q_bias = bias(stem("attn_q"), a.q.n_out);
  a.k_bias = bias(stem("attn_k"), a.k.n_out);
  a.v_bias = bias(stem("attn_v"), a.v.n_out);
  if (is_stacked) {
    stack({&a.q, &a.k, &a.v});
    stack({&a.q_bias, &a.k_bias, &a.v_bias});
  }
  a.output = matrix(blk(layer, "attn_output"), d_model_, a.n_heads * a.v_dim);
  a.output_bias = bias(blk(layer, "attn_output"), d_model_);
}

void ArchReader::norm_heads(int layer, AttentionSpec& attention) {
  attention.q_norm = norm(blk(layer, "attn_q_norm"), attention.k_dim);
  attention.k_norm = norm(blk(layer, "attn_k_norm"), attention.k_dim);
}

void ArchReader::norm_heads_apart(int layer, AttentionSpec& attention) {
  attention.q_norm = optional_norm(blk(layer, "attn_q_norm"), attention.k_dim);
  attention.k_norm = optional_norm(blk(layer, "attn_k_norm"), attention.k_dim);
  attention.q_norm.weight.n_vectors = attention.n_heads;
  attention.k_norm.weight.n_vectors = attention.n_kv_heads;
}

LayerSpec ArchReader::pre_norm_layer(int layer, MixerSpec mixer, FfnActivation activation) {
  return pre_norm_layer(layer, std::move(mixer), dense_ffn(layer, activation));
}

LayerSpec ArchReader::pre_norm_layer(int layer, MixerSpec mixer, FfnSpec ffn) {
  LayerSpec spec = parallel_layer(layer, std::move(mixer), std::move(ffn));
  spec.ffn_norm = norm(blk(layer, "ffn_norm"), d_model_);
  return spec;
}

LayerSpec ArchReader::post_norm_layer(int layer, MixerSpec mixer, FfnActivation activation) {
  return {.mixer = std::move(mixer),
          .mixer_post_norm = norm(blk(layer, "post_attention_norm"), d_model_),
          .ffn = dense_ffn(layer, activation),
          .ffn_post_norm = norm(blk(layer, "post_ffw_norm"), d_model_)};
}

LayerSpec ArchReader::parallel_layer(int layer, MixerSpec mixer, FfnSpec ffn) {
  return {.mixer_norm = norm(blk(layer, "attn_norm"), d_model_),
          .mixer = std::move(mixer),
          .ffn = std::move(ffn)};
}

int64_t ArchReader::ffn_width(int layer) {
  return layer_integer("feed_forward_length", layer, 1, kMaxWidth);
}

// Early files give the width of all chosen experts together.
int64_t ArchReader::expert_width(int layer) {
  if (has_key("feed_forward_length")) remember("feed_forward_length");
  if (has_key("expert_feed_forward_length")) {
    return layer_integer("expert_feed_forward_length", layer, 1, kMaxWidth);
  }
  return std::max<int64_t>(1,
                           ffn_width(layer) / require_integer("expert_used_count", 1, kMaxExperts));
}

int64_t ArchReader::shared_expert_width(int layer) {
  const auto width = integer("expert_shared_feed_forward_length", 1, kMaxWidth);
  return width ? *width : ffn_width(layer);
}

DenseFfnSpec ArchReader::dense_ffn(int layer, FfnActivation activation) {
  const int64_t d_ff = ffn_width(layer);
  return {.d_ff = d_ff,
          .activation = activation,
          .gate = matrix(blk(layer, "ffn_gate"), d_ff, d_model_),
          .up = matrix(blk(layer, "ffn_up"), d_ff, d_model_),
          .down = matrix(blk(layer, "ffn_down"), d_model_, d_ff)};
}

DenseFfnSpec ArchReader::stacked_ffn(int layer, FfnActivation activation) {
  DenseFfnSpec ffn = dense_ffn(layer, activation);
  ffn.gate.name = ffn.up.name;
  stack({&ffn.gate, &ffn.up});
  return ffn;
}

DenseFfnSpec ArchReader::ungated_ffn(int layer, FfnActivation activation) {
  DenseFfnSpec ffn = dense_ffn(layer, activation);
  ffn.gate = {};
  ffn.up_bias = bias(blk(layer, "ffn_up"), ffn.d_ff);
  ffn.down_bias = bias(blk(layer, "ffn_down"), d_model_);
  return ffn;
}

MoeFfnSpec ArchReader::moe_ffn(int layer, FfnActivation activation, int64_t d_ff) {
  const auto name = [&](std::string_view stem) { return blk(layer, stem); };
  MoeFfnSpec moe{.d_ff = d_ff, .activation = activation};
  moe.n_experts = require_integer("expert_count", 1, kMaxExperts);
  moe.top_k = require_integer("expert_used_count", 1, moe.n_experts);
  moe.normalise = flag("expert_weights_norm").value_or(false);
  read_expert_score(moe);
  moe.groups = expert_groups(moe);
  if (has_key("expert_weights_scale")) moe.weight_scale = require_positive("expert_weights_scale");

  const std::string one_expert = name("ffn_gate.0.weight");
  if (has_tensor_(one_expert)) {
    fail(ErrorCode::kUnsupported, "the file keeps every expert in a tensor of its own (",
         one_expert, "), as converters did until 2024; convert the model again");
  }
  moe.router = matrix(name("ffn_gate_inp"), moe.n_experts, d_model_);
  moe.router_bias = bias(name("exp_probs_b"), moe.n_experts);
  moe.gate = matrix(name("ffn_gate_exps"), d_ff, d_model_);
  moe.up = matrix(name("ffn_up_exps"), d_ff, d_model_);
  moe.down = matrix(name("ffn_down_exps"), d_model_, d_ff);
  for (MatrixSpec* m : {&moe.gate, &moe.up, &moe.down}) m->n_matrices = moe.n_experts;
  const std::string stacked = cat(name("ffn_gate_up_exps"), ".weight");
  if (has_tensor_(stacked)) {
    moe.gate.name = moe.up.name = stacked;
    stack({&moe.gate, &moe.up});
  }
  return moe;
}

// Softmax over the chosen experts alone is softmax over all of them, normalised.
void ArchReader::read_expert_score(MoeFfnSpec& moe) {
  constexpr int64_t kSoftmax = 1, kSigmoid = 2, kSoftmaxOfChosen = 3;
  const auto function = integer("expert_gating_func", 0, 255).value_or(kSoftmax);
  if (function < kSoftmax || function > kSoftmaxOfChosen) {
    fail(ErrorCode::kUnsupported, full("expert_gating_func"), " is ", function,
         "; implemented are 1 (softmax), 2 (sigmoid) and 3 (softmax over the chosen)");
  }
  if (function == kSigmoid) moe.score = ExpertScore::kSigmoid;
  if (function == kSoftmaxOfChosen) moe.normalise = true;
}

ExpertGroupsSpec ArchReader::expert_groups(const MoeFfnSpec& moe) {
  ExpertGroupsSpec groups;
  groups.n_groups = std::max<int64_t>(1, integer("expert_group_count", 0, kMaxGroups).value_or(1));
  groups.n_used = integer("expert_group_used_count", 0, groups.n_groups).value_or(groups.n_groups);
  if (groups.n_groups == 1) return {};
  const int64_t group_size = moe.n_experts / groups.n_groups;
  if (moe.n_experts % groups.n_groups != 0 || moe.top_k > groups.n_used * group_size) {
    fail(ErrorCode::kInvalidFile, full("expert_group_count"), " is ", groups.n_groups,
         ", of which ", groups.n_used, " are used; ", moe.top_k, " of ", moe.n_experts,
         " experts cannot be chosen so");
  }
  return groups;
}

void ArchReader::add_expert_biases(int layer, MoeFfnSpec& moe) const {
  const auto biases = [&](std::string_view stem, int64_t size) {
    return VectorSpec{cat(blk(layer, stem), ".bias"), size, moe.n_experts};
  };
  moe.gate_bias = biases("ffn_gate_exps", moe.d_ff);
  moe.up_bias = biases("ffn_up_exps", moe.d_ff);
  moe.down_bias = biases("ffn_down_exps", d_model_);
}

void ArchReader::add_shared_expert(int layer, MoeFfnSpec& moe, int64_t d_ff, SharedGate gate) {
  moe.shared = {.d_ff = d_ff,
                .activation = moe.activation,
                .gate = matrix(blk(layer, "ffn_gate_shexp"), d_ff, d_model_),
                .up = matrix(blk(layer, "ffn_up_shexp"), d_ff, d_model_),
                .down = matrix(blk(layer, "ffn_down_shexp"), d_model_, d_ff)};
  if (gate == SharedGate::kSigmoid) {
    moe.shared_gate = matrix(blk(layer, "ffn_gate_inp_shexp"), 1, d_model_);
  }
}

RopeSpec ArchReader::rope(int64_t head_dim, RopePairs pairs, const HeadKeys& keys) {
  RopeSpec rope{.pairs = pairs};
  rope.n_rotated = integer(keys.n_rotated, 0, kMaxWidth).value_or(head_dim);
  if (rope.n_rotated > head_dim || rope.n_rotated % 2 != 0) {
    fail(ErrorCode::kInvalidFile, full(keys.n_rotated), " is ", rope.n_rotated,
         ", expected an even number up to the head size ", head_dim);
  }
  if (has_key(keys.rope_base)) rope.base = require_positive(keys.rope_base);
  rope.factors = optional_vector("rope_freqs.weight", rope.n_rotated / 2);

  rope.magnitude = number("rope.scaling.attn_factor").value_or(1.0f);
  rope.scaling = rope_scaling(rope.n_rotated);
  return rope;
}

RopeScaling ArchReader::rope_scaling(int64_t n_rotated) {
  const std::string_view type = text("rope.scaling.type").value_or("");
  const float legacy = number("rope.scale_linear").value_or(0.0f);
  const float factor = number("rope.scaling.factor").value_or(legacy);
  if (factor < 0) fail(ErrorCode::kInvalidFile, full("rope.scaling.factor"), " is ", factor);
  const auto original = integer("rope.scaling.original_context_length", 0, kMaxContext);
  if (type == "yarn") return yarn(factor);
  // Files of Phi 3 have these tensors and no type.
  const VectorSpec long_factors = optional_vector("rope_factors_long.weight", n_rotated / 2);
  if (long_factors) {
    if (original.value_or(0) < 1) {
      fail(ErrorCode::kInvalidFile, "the file has ", long_factors.name, ", but no ",
           full("rope.scaling.original_context_length"));
    }
    return LongRopeSpec{
        .original_context = *original,
        .short_factors = {.name = "rope_factors_short.weight", .size = n_rotated / 2},
        .long_factors = long_factors};
  }
  if (type == "linear" || (type.empty() && factor > 0 && factor != 1.0f)) {
    return LinearRopeSpec{factor > 0 ? factor : 1.0f};
  }
  if (type.empty() || type == "none") return {};
  fail(ErrorCode::kUnsupported, full("rope.scaling.type"), " is \"", type,
       "\"; implemented are none, linear, yarn and longrope with its tensors");
}

YarnSpec ArchReader::yarn(float factor) {
  YarnSpec yarn{.factor = factor};
  yarn.original_context = integer("rope.scaling.original_context_length", 0, kMaxContext)
                              .value_or(integer("context_length", 1, kMaxContext).value_or(0));
  yarn.ext_factor = number("rope.scaling.yarn_ext_factor").value_or(1.0f);
  yarn.attn_factor = number("rope.scaling.yarn_attn_factor").value_or(1.0f);
  yarn.beta_fast = number("rope.scaling.yarn_beta_fast").value_or(32.0f);
  yarn.beta_slow = number("rope.scaling.yarn_beta_slow").value_or(1.0f);
  if (!(factor > 0) || yarn.original_context <= 0 || !(yarn.beta_slow > 0) ||
      !(yarn.beta_fast >= yarn.beta_slow)) {
    fail(ErrorCode::kInvalidFile, full("rope.scaling"), " asks for YaRN with factor ", factor,
         ", original context ", yarn.original_context, ", beta ", yarn.beta_fast, " and ",
         yarn.beta_slow, ", which make no frequencies");
  }
  return yarn;
}

std::vector<bool> ArchReader::windowed_layers(int64_t default_period) {
  constexpr std::string_view kKey = "attention.sliding_window_pattern";
  if (is_array(kKey)) return *layer_flags(kKey);
  const int64_t period = integer(kKey, 1, kMaxLayers).value_or(default_period);
  std::vector<bool> windowed(static_cast<size_t>(n_layers_));
  for (size_t i = 0; i < windowed.size(); ++i) windowed[i] = int64_t(i) % period < period - 1;
  return windowed;
}

void ArchReader::set_aside_prediction_layers(ModelSpec& spec) {
  const auto n = int(integer("nextn_predict_layers", 0, n_layers_ - 1).value_or(0));
  for (int i = n_layers_ - n; i < n_layers_; ++i) spec.set_aside.push_back(blk(i, ""));
  n_layers_ -= n;
  n_predictions_ = n;
}

std::optional<int> ArchReader::prediction_layer() const {
  if (n_predictions_ == 0 || !has_tensor_(blk(n_layers_, "nextn.eh_proj.weight"))) return {};
  return n_layers_;
}

PredictionSpec ArchReader::prediction(int i, LayerSpec layer, int64_t n_vocab) {
  const auto name = [&](std::string_view stem) { return blk(i, cat("nextn.", stem)); };
  return {.embedding_norm = norm(name("enorm"), d_model_),
          .hidden_norm = norm(name("hnorm"), d_model_),
          .projection = matrix(name("eh_proj"), d_model_, 2 * d_model_),
          .layer = std::move(layer),
          .embedding = optional_matrix(name("embed_tokens"), n_vocab, d_model_),
          .output_norm = optional_norm(name("shared_head_norm"), d_model_),
          .output = optional_matrix(name("shared_head_head"), n_vocab, d_model_)};
}

void ArchReader::refuse_unread_keys() const {
  const std::string prefix = full("");
  for (const auto& [key, value] : metadata_.entries()) {
    if (!key.starts_with(prefix) || read_.contains(key)) continue;
    const std::string_view rest = std::string_view(key).substr(prefix.size());
    if (std::ranges::find(kDescriptiveKeys, rest) != kDescriptiveKeys.end()) continue;
    fail(ErrorCode::kUnsupported, "the file sets ", key,
         ", which this version does not implement for architecture ", architecture_,
         "; running it anyway could give wrong text");
  }
}

}  // namespace ridge::arch
