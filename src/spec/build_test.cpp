#include "spec/build.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/error.h"
#include "spec/tensors.h"

namespace ridge {
namespace {

using gguf::Metadata;
using gguf::Value;
using gguf::ValueType;

Value u32(uint64_t n) {
  return {ValueType::kU32, n};
}
Value i32(int64_t n) {
  return {ValueType::kI32, n};
}
Value f32(double x) {
  return {ValueType::kF32, x};
}
Value str(std::string s) {
  return {ValueType::kString, std::move(s)};
}
Value u32s(std::vector<uint64_t> values) {
  return {ValueType::kArray,
          gguf::Array{.element_type = ValueType::kU32, .unsigned_values = std::move(values)}};
}
Value flags(std::vector<uint64_t> values) {
  return {ValueType::kArray,
          gguf::Array{.element_type = ValueType::kBool, .unsigned_values = std::move(values)}};
}

// A small model of the architecture; tests change single keys.
Metadata small(const std::string& arch) {
  Metadata m;
  m.set("general.architecture", str(arch));
  m.set(arch + ".block_count", u32(3));
  m.set(arch + ".embedding_length", u32(64));
  m.set(arch + ".feed_forward_length", u32(96));
  m.set(arch + ".attention.head_count", u32(4));
  m.set(arch + ".attention.head_count_kv", u32(2));
  m.set(arch + ".attention.layer_norm_rms_epsilon", f32(1e-5));
  m.set(arch + ".vocab_size", u32(100));
  m.set(arch + ".context_length", u32(128));
  return m;
}

Metadata mixture(const std::string& arch) {
  Metadata m = small(arch);
  m.set(arch + ".expert_count", u32(8));
  m.set(arch + ".expert_used_count", u32(2));
  if (arch == "dots1") m.set("dots1.expert_shared_count", u32(2));
  return m;
}

bool nothing(std::string_view) {
  return false;
}

ModelSpec build(const Metadata& m) {
  return build_spec(m, nothing);
}

std::string refusal(const Metadata& m, ErrorCode code) {
  try {
    build(m);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), code) << e.what();
    return e.what();
  }
  return "";
}

const AttentionSpec& attention(const ModelSpec& spec, size_t layer) {
  return std::get<AttentionSpec>(spec.layers[layer].mixer);
}

TEST(BuildSpec, LlamaHasNeighbouringPairsAndATiedOutputWhenNoneIsGiven) {
  const ModelSpec spec = build(small("llama"));
  EXPECT_EQ(spec.layers.size(), 3u);
  EXPECT_TRUE(spec.tied_output());
  const AttentionSpec& a = attention(spec, 2);
  EXPECT_EQ(a.k_dim, 16);
  EXPECT_EQ(a.rope.pairs, RopePairs::kInterleaved);
  EXPECT_EQ(a.rope.n_rotated, 16);
  EXPECT_FLOAT_EQ(a.scale, 0.25f);
  EXPECT_EQ(a.k.name, "blk.2.attn_k.weight");
  EXPECT_EQ(a.k.n_out, 32);
  EXPECT_FALSE(a.q_bias);
}

TEST(BuildSpec, OptionalTensorsAppearWhenTheFileHasThem) {
  const std::set<std::string_view> present = {"output.weight", "blk.1.attn_q.bias",
                                              "rope_freqs.weight"};
  const Metadata m = small("qwen2");
  const ModelSpec spec = build_spec(m, [&](std::string_view n) { return present.contains(n); });
  EXPECT_FALSE(spec.tied_output());
  EXPECT_FALSE(attention(spec, 0).q_bias);
  EXPECT_EQ(attention(spec, 1).q_bias.size, 64);
  EXPECT_EQ(attention(spec, 0).rope.factors.size, 8);
}

TEST(BuildSpec, Qwen3HeadsMayBeWiderThanTheModelOverTheirNumber) {
  Metadata m = small("qwen3");
  m.set("qwen3.attention.key_length", u32(32));
  m.set("qwen3.attention.value_length", u32(32));
  const ModelSpec spec = build(m);
  EXPECT_EQ(attention(spec, 0).q.n_out, 128);
  EXPECT_EQ(attention(spec, 0).output.n_in, 128);
  EXPECT_EQ(attention(spec, 0).q_norm.weight.size, 32);
}

TEST(BuildSpec, Gemma3AlternatesWindowsByPeriodAndByFlags) {
  Metadata m = small("gemma3");
  m.set("gemma3.block_count", u32(7));
  m.set("gemma3.attention.sliding_window", u32(32));
  m.set("gemma3.rope.freq_base", f32(1e6));
  m.set("gemma3.rope.scaling.type", str("linear"));
  m.set("gemma3.rope.scaling.factor", f32(8));
  ModelSpec spec = build(m);
  for (size_t i = 0; i < 7; ++i) {
    const AttentionSpec& a = attention(spec, i);
    const bool windowed = i != 5;
    EXPECT_EQ(a.window, windowed ? 32 : 0) << i;
    EXPECT_FLOAT_EQ(a.rope.base, windowed ? 1e4f : 1e6f);
    EXPECT_EQ(std::holds_alternative<LinearRopeSpec>(a.rope.scaling), !windowed);
  }
  EXPECT_FLOAT_EQ(spec.embedding_scale, 8.0f);
  EXPECT_TRUE(spec.layers[0].mixer_post_norm);

  m.set("gemma3.attention.sliding_window_pattern", flags({0, 1, 0, 1, 0, 1, 0}));
  spec = build(m);
  EXPECT_EQ(attention(spec, 0).window, 0);
  EXPECT_EQ(attention(spec, 1).window, 32);
}

TEST(BuildSpec, Gemma3Of62LayersScalesByModelWidthOverHeads) {
  Metadata m = small("gemma3");
  m.set("gemma3.block_count", u32(62));
  m.set("gemma3.attention.sliding_window", u32(32));
  m.set("gemma3.attention.key_length", u32(8));
  EXPECT_FLOAT_EQ(attention(build(m), 0).scale, 1.0f / std::sqrt(16.0f));
}

TEST(BuildSpec, Gemma2Of46LayersScalesByModelWidthOverHeads) {
  Metadata m = small("gemma2");
  m.set("gemma2.attention.key_length", u32(8));
  EXPECT_FLOAT_EQ(attention(build(m), 0).scale, 1.0f / std::sqrt(8.0f));
  m.set("gemma2.block_count", u32(46));
  EXPECT_FLOAT_EQ(attention(build(m), 0).scale, 1.0f / std::sqrt(16.0f));
  EXPECT_EQ(attention(build(m), 0).window, 4096);
  EXPECT_EQ(attention(build(m), 1).window, 0);
}

TEST(BuildSpec, StackedProjectionsAreRangesOfOneTensor) {
  const std::set<std::string_view> present = {"blk.0.attn_qkv.weight", "blk.0.attn_qkv.bias"};
  Metadata m = small("phi3");
  m.set("phi3.block_count", u32(1));
  const ModelSpec spec = build_spec(m, [&](std::string_view n) { return present.contains(n); });
  const AttentionSpec& a = attention(spec, 0);
  EXPECT_EQ(a.q.first_row, 0);
  EXPECT_EQ(a.k.first_row, 64);
  EXPECT_EQ(a.v.first_row, 96);
  EXPECT_EQ(a.v_bias.first, 96);
  for (const MatrixSpec* matrix : {&a.q, &a.k, &a.v}) EXPECT_EQ(matrix->tensor_rows(), 128);
  const auto& ffn = std::get<DenseFfnSpec>(spec.layers[0].ffn);
  EXPECT_EQ(ffn.gate.name, ffn.up.name);
  EXPECT_EQ(ffn.up.first_row, 96);

  std::set<std::string_view> names;
  for (const TensorUse& use : tensor_uses(spec)) {
    EXPECT_TRUE(names.insert(use.name).second) << use.name << " is listed twice";
    if (use.name == "blk.0.attn_qkv.weight") {
      EXPECT_EQ(use.n_out, 128);
    }
    if (use.name == "blk.0.attn_qkv.bias") {
      EXPECT_EQ(use.n_in, 128);
    }
    if (use.name == "blk.0.ffn_up.weight") {
      EXPECT_EQ(use.n_out, 192);
    }
  }
}

TEST(BuildSpec, AWindowAsLongAsTheContextIsNone) {
  Metadata m = small("phi3");
  m.set("phi3.attention.sliding_window", u32(127));
  EXPECT_EQ(attention(build(m), 0).window, 127);
  m.set("phi3.attention.sliding_window", u32(128));
  EXPECT_EQ(attention(build(m), 0).window, 0);
}

TEST(BuildSpec, LongRopeNeedsTheContextThatItExtends) {
  const auto has = [](std::string_view n) { return n.starts_with("rope_factors_"); };
  Metadata m = small("phi3");
  m.set("phi3.rope.scaling.original_context_length", u32(64));
  const ModelSpec spec = build_spec(m, has);
  const auto scaling = std::get<LongRopeSpec>(attention(spec, 2).rope.scaling);
  EXPECT_EQ(scaling.original_context, 64);
  EXPECT_EQ(scaling.long_factors.size, 8);
  m.set("phi3.rope.scaling.original_context_length", u32(0));
  EXPECT_THROW(build_spec(m, has), Error);
}

TEST(BuildSpec, AMissingFeedForwardNormMeansSideBySide) {
  Metadata m = small("cohere2");
  m.set("cohere2.logit_scale", f32(0.25));
  m.set("cohere2.attention.sliding_window", u32(32));
  EXPECT_NE(refusal(m, ErrorCode::kInvalidFile).find("layer_norm_epsilon"), std::string::npos);
  m.set("cohere2.attention.layer_norm_epsilon", f32(1e-5));
  m.set("cohere2.block_count", u32(4));
  const ModelSpec spec = build(m);
  EXPECT_EQ(spec.layers[0].mixer_norm.kind, NormKind::kLayer);
  EXPECT_FALSE(spec.layers[0].ffn_norm);
  EXPECT_GT(attention(spec, 2).rope.n_rotated, 0);
  EXPECT_EQ(attention(spec, 3).rope.n_rotated, 0);  // sees all, by no position
}

TEST(BuildSpec, GraniteDividesLogitsAndMayHaveNoRope) {
  Metadata m = small("granite");
  m.set("granite.logit_scale", f32(8));
  m.set("granite.residual_scale", f32(0.25));
  EXPECT_FLOAT_EQ(build(m).logit_scale, 0.125f);
  EXPECT_FLOAT_EQ(build(m).residual_scale, 0.25f);
  EXPECT_EQ(attention(build(m), 0).rope.n_rotated, 16);
  m.set("granite.rope.scaling.finetuned", false);
  EXPECT_EQ(attention(build(m), 0).rope.n_rotated, 0);
}

// mscale(4, 1) / mscale(4, all dims) of the original's configuration.
TEST(BuildSpec, Mistral3TakesBackWhatYarnAddsToTheMagnitude) {
  Metadata m = small("mistral3");
  m.set("mistral3.rope.scaling.type", str("yarn"));
  m.set("mistral3.rope.scaling.factor", f32(4));
  m.set("mistral3.rope.scaling.original_context_length", u32(32));
  m.set("mistral3.attention.temperature_scale", f32(0.1));
  EXPECT_FLOAT_EQ(attention(build(m), 0).rope.magnitude, 1.0f);
  EXPECT_EQ(attention(build(m), 0).temperature.interval, 32);
  m.set("mistral3.rope.scaling.yarn_log_multiplier", f32(1));
  EXPECT_FLOAT_EQ(attention(build(m), 0).rope.magnitude, 1.0f / (1.0f + 0.1f * std::log(4.0f)));
}

TEST(BuildSpec, YarnTakesItsContextFromTheModelWhenTheKeyIsAbsent) {
  Metadata m = small("llama");
  m.set("llama.rope.scaling.type", str("yarn"));
  m.set("llama.rope.scaling.factor", f32(4));
  const auto yarn = std::get<YarnSpec>(attention(build(m), 0).rope.scaling);
  EXPECT_EQ(yarn.original_context, 128);
  EXPECT_FLOAT_EQ(yarn.factor, 4.0f);
}

const MoeFfnSpec& moe(const ModelSpec& spec, size_t layer) {
  return std::get<MoeFfnSpec>(spec.layers[layer].ffn);
}

TEST(BuildSpec, MixturesDifferInWhatTheRouterDoes) {
  const struct {
    const char* arch;
    int64_t d_ff;
    bool normalise;
    int64_t d_shared;
    bool shared_gate;
  } kCases[] = {{"llama", 96, true, 0, false},
                {"qwen3moe", 48, true, 0, false},  // 96 for two chosen experts
                {"qwen2moe", 48, false, 96, true},
                {"olmoe", 96, false, 0, false},
                {"dots1", 48, false, 96, false}};
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.arch);
    const ModelSpec spec = build(mixture(c.arch));
    const MoeFfnSpec& f = moe(spec, 1);
    EXPECT_EQ(f.n_experts, 8);
    EXPECT_EQ(f.top_k, 2);
    EXPECT_EQ(f.d_ff, c.d_ff);
    EXPECT_EQ(f.normalise, c.normalise);
    EXPECT_EQ(f.down.n_matrices, 8);
    EXPECT_EQ(f.down.n_in, c.d_ff);
    EXPECT_EQ(f.shared.d_ff, c.d_shared);
    EXPECT_EQ(bool(f.shared_gate), c.shared_gate);
  }
}

TEST(BuildSpec, KeysChangeTheRouter) {
  Metadata m = mixture("dots1");
  m.set("dots1.leading_dense_block_count", u32(1));
  m.set("dots1.expert_feed_forward_length", u32(32));
  m.set("dots1.expert_gating_func", u32(2));
  m.set("dots1.expert_weights_norm", {ValueType::kBool, true});
  m.set("dots1.expert_weights_scale", f32(2.5));
  const ModelSpec spec =
      build_spec(m, [](std::string_view name) { return name == "blk.1.exp_probs_b.bias"; });
  EXPECT_TRUE(std::holds_alternative<DenseFfnSpec>(spec.layers[0].ffn));
  EXPECT_EQ(moe(spec, 1).score, ExpertScore::kSigmoid);
  EXPECT_TRUE(moe(spec, 1).normalise);
  EXPECT_FLOAT_EQ(moe(spec, 1).weight_scale, 2.5f);
  EXPECT_EQ(moe(spec, 1).router_bias.size, 8);
  EXPECT_FALSE(moe(spec, 2).router_bias);
  EXPECT_EQ(moe(spec, 2).shared.d_ff, 64);
}

TEST(BuildSpec, SoftmaxOverTheChosenIsSoftmaxNormalised) {
  Metadata m = mixture("olmoe");
  m.set("olmoe.expert_gating_func", u32(3));
  EXPECT_EQ(moe(build(m), 0).score, ExpertScore::kSoftmax);
  EXPECT_TRUE(moe(build(m), 0).normalise);
}

TEST(BuildSpec, LayersThatPredictFurtherAheadAreSetAside) {
  Metadata m = mixture("glm4moe");
  m.set("glm4moe.nextn_predict_layers", u32(1));
  const ModelSpec spec = build(m);
  EXPECT_EQ(spec.layers.size(), 2u);
  EXPECT_EQ(spec.set_aside, std::vector<std::string>{"blk.2."});
  EXPECT_FALSE(spec.prediction) << "no tensor of it is there";
  m.set("glm4moe.nextn_predict_layers", u32(3));
  EXPECT_NE(refusal(m, ErrorCode::kInvalidFile).find("nextn_predict_layers is 3"),
            std::string::npos);
}

TEST(BuildSpec, ExpertsInTensorsOfTheirOwnAreRefusedByName) {
  const Metadata m = mixture("llama");
  try {
    build_spec(m, [](std::string_view name) { return name == "blk.0.ffn_gate.0.weight"; });
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kUnsupported);
    EXPECT_NE(std::string(e.what()).find("blk.0.ffn_gate.0.weight"), std::string::npos);
  }
}

TEST(BuildSpec, PerLayerArraysGiveEachLayerItsOwnShape) {
  Metadata m = small("llama");
  m.set("llama.feed_forward_length", u32s({32, 64, 96}));
  m.set("llama.attention.head_count_kv", u32s({1, 2, 4}));
  const ModelSpec spec = build(m);
  EXPECT_EQ(std::get<DenseFfnSpec>(spec.layers[1].ffn).d_ff, 64);
  EXPECT_EQ(attention(spec, 2).n_kv_heads, 4);
}

TEST(BuildSpec, KeysThatNobodyImplementsAreRefusedByName) {
  Metadata m = small("llama");
  m.set("llama.attention.sliding_window", u32(4096));
  EXPECT_NE(refusal(m, ErrorCode::kUnsupported).find("llama.attention.sliding_window"),
            std::string::npos);
  m = mixture("dots1");
  m.set("dots1.expert_gating_func", u32(4));
  EXPECT_NE(refusal(m, ErrorCode::kUnsupported).find("dots1.expert_gating_func is 4"),
            std::string::npos);
  m = small("qwen2");
  m.set("qwen2.rope.scaling.type", str("longrope"));
  EXPECT_NE(refusal(m, ErrorCode::kUnsupported).find("longrope"), std::string::npos);
}

TEST(BuildSpec, AnUnknownArchitectureIsRefusedWithTheKnownOnes) {
  Metadata m;
  m.set("general.architecture", str("t5"));
  const std::string message = refusal(m, ErrorCode::kUnsupported);
  EXPECT_NE(message.find("\"t5\""), std::string::npos);
  EXPECT_NE(message.find("qwen3"), std::string::npos);
}

// Group 10 of the bad model files: numbers that contradict each other.
TEST(BuildSpec, BadNumbersAreRefusedWithKeyValueAndLimit) {
  const struct {
    const char* key;
    Value value;
    const char* expected;
  } kCases[] = {
      {"llama.block_count", u32(0), "llama.block_count is 0, expected 1 to 1024"},
      {"llama.block_count", u32(0xffffffff), "llama.block_count is 4294967295"},
      {"llama.block_count", i32(-1), "llama.block_count is -1"},
      {"llama.embedding_length", u32(0), "llama.embedding_length is 0"},
      {"llama.attention.head_count", u32(0), "llama.attention.head_count is 0"},
      {"llama.attention.head_count_kv", u32(0), "llama.attention.head_count_kv is 0"},
      {"llama.attention.head_count_kv", u32(8), "no multiple of head_count_kv 8"},
      {"llama.attention.head_count_kv", u32(3), "no multiple of head_count_kv 3"},
      {"llama.attention.head_count_kv", u32s({1, 2}), "has 2 entries"},
      {"llama.attention.head_count_kv", u32s({1, 2, 0}), "head_count_kv[2] is 0"},
      {"llama.attention.head_count", u32(5), "no multiple of head_count_kv 2"},
      {"llama.attention.key_length", u32(0), "llama.attention.key_length is 0"},
      {"llama.feed_forward_length", u32s({1, 2}), "has 2 entries"},
      {"llama.rope.dimension_count", u32(17), "llama.rope.dimension_count is 17"},
      {"llama.rope.dimension_count", u32(18), "up to the head size 16"},
      {"llama.rope.freq_base", f32(0), "llama.rope.freq_base is 0"},
      {"llama.rope.freq_base", f32(std::nan("")), "wanted a finite number"},
      {"llama.attention.layer_norm_rms_epsilon", f32(-1), "expected > 0"},
      {"llama.vocab_size", u32(0), "llama.vocab_size is 0"},
      {"llama.context_length", u32(0), "llama.context_length is 0"},
  };
  for (const auto& c : kCases) {
    Metadata m = small("llama");
    m.set(c.key, c.value);
    EXPECT_NE(refusal(m, ErrorCode::kInvalidFile).find(c.expected), std::string::npos)
        << c.key << ": " << refusal(m, ErrorCode::kInvalidFile);
  }
  Metadata m = small("gemma3");
  m.set("gemma3.attention.sliding_window", u32(0));
  EXPECT_NE(refusal(m, ErrorCode::kInvalidFile).find("sliding_window is 0"), std::string::npos);
  m = mixture("qwen3moe");
  m.set("qwen3moe.expert_used_count", u32(9));
  EXPECT_NE(refusal(m, ErrorCode::kInvalidFile).find("expert_used_count is 9, expected 1 to 8"),
            std::string::npos);
  m = mixture("qwen3moe");
  m.set("qwen3moe.expert_count", u32(0));
  EXPECT_NE(refusal(m, ErrorCode::kInvalidFile).find("expert_count is 0"), std::string::npos);
}

TEST(BuildSpec, Exaone4HasNoRopeWhereItSeesEverythingAmongWindows) {
  Metadata m = small("exaone4");
  EXPECT_EQ(attention(build(m), 2).rope.n_rotated, 16);
  m.set("exaone4.attention.sliding_window", u32(32));
  m.set("exaone4.attention.sliding_window_pattern", flags({1, 1, 0}));
  const ModelSpec spec = build(m);
  EXPECT_EQ(attention(spec, 1).window, 32);
  EXPECT_EQ(attention(spec, 1).rope.n_rotated, 16);
  EXPECT_EQ(attention(spec, 2).window, 0);
  EXPECT_EQ(attention(spec, 2).rope.n_rotated, 0);
}

TEST(BuildSpec, StableLmIsParallelWithoutANormBeforeTheFeedForward) {
  Metadata m = small("stablelm");
  m.set("stablelm.attention.layer_norm_epsilon", f32(1e-5));
  const std::set<std::string_view> present = {"blk.0.ffn_norm.weight", "blk.1.attn_q_norm.weight"};
  const ModelSpec spec = build_spec(m, [&](std::string_view n) { return present.contains(n); });
  EXPECT_TRUE(spec.layers[0].ffn_norm);
  EXPECT_FALSE(spec.layers[1].ffn_norm);
  EXPECT_EQ(attention(spec, 1).q_norm.weight.n_vectors, 4);
  EXPECT_FALSE(attention(spec, 0).q_norm);
}

TEST(BuildSpec, Gemma4HasOtherHeadsInItsWindowedLayers) {
  Metadata m = mixture("gemma4");
  m.set("gemma4.attention.sliding_window", u32(32));
  m.set("gemma4.attention.sliding_window_pattern", flags({1, 0, 1}));
  m.set("gemma4.attention.head_count_kv", u32s({2, 1, 2}));
  m.set("gemma4.attention.key_length", u32(32));
  m.set("gemma4.attention.value_length", u32(32));
  m.set("gemma4.attention.key_length_swa", u32(16));
  m.set("gemma4.attention.value_length_swa", u32(16));
  m.set("gemma4.rope.dimension_count_swa", u32(16));
  const std::set<std::string_view> present = {"rope_freqs.weight", "blk.0.attn_v.weight",
                                              "blk.0.ffn_gate_up_exps.weight"};
  const ModelSpec spec = build_spec(m, [&](std::string_view n) { return present.contains(n); });
  EXPECT_EQ(attention(spec, 0).k_dim, 16);
  EXPECT_EQ(attention(spec, 0).window, 32);
  EXPECT_TRUE(attention(spec, 0).v);
  EXPECT_FALSE(attention(spec, 0).rope.factors);
  EXPECT_EQ(attention(spec, 1).k_dim, 32);
  EXPECT_EQ(attention(spec, 1).n_kv_heads, 1);
  EXPECT_EQ(attention(spec, 1).window, 0);
  EXPECT_FALSE(attention(spec, 1).v);
  EXPECT_EQ(attention(spec, 1).rope.factors.size, 16);
  const auto& experts = std::get<DenseAndMoeFfnSpec>(spec.layers[0].ffn).experts;
  EXPECT_EQ(experts.up.name, "blk.0.ffn_gate_up_exps.weight");
  EXPECT_EQ(experts.up.first_row, experts.d_ff);
}

// Three layers, of which the first two keep a cache for themselves.
Metadata gemma4_with_token_inputs() {
  Metadata m = small("gemma4");
  m.set("gemma4.attention.sliding_window", u32(32));
  m.set("gemma4.attention.sliding_window_pattern", flags({1, 0, 1}));
  m.set("gemma4.attention.shared_kv_layers", u32(1));
  m.set("gemma4.embedding_length_per_layer_input", u32(8));
  return m;
}

TEST(BuildSpec, Gemma4sLastLayersReadTheCacheOfTheLastOfTheirKind) {
  Metadata m = gemma4_with_token_inputs();
  const ModelSpec spec = build(m);
  EXPECT_EQ(attention(spec, 1).kv_layer, -1);
  EXPECT_EQ(attention(spec, 2).kv_layer, 0);
  EXPECT_FALSE(attention(spec, 2).k || attention(spec, 2).v || attention(spec, 2).k_norm);
  EXPECT_TRUE(attention(spec, 2).q_norm);
  EXPECT_EQ(spec.set_aside, (std::vector<std::string>{"blk.2.attn_k", "blk.2.attn_v"}));

  m.set("gemma4.attention.sliding_window_pattern", flags({0, 0, 1}));
  EXPECT_NE(refusal(m, ErrorCode::kInvalidFile).find("layer 2 shares the cache of an earlier one"),
            std::string::npos);
  m.set("gemma4.attention.shared_kv_layers", u32(4));
  EXPECT_NE(refusal(m, ErrorCode::kInvalidFile).find("shared_kv_layers is 4, expected 0 to 3"),
            std::string::npos);
}

TEST(BuildSpec, Gemma4sTokensBringInputsToEveryLayer) {
  const ModelSpec spec = build(gemma4_with_token_inputs());
  EXPECT_EQ(spec.token_inputs.embedding.n_out, 100);
  EXPECT_EQ(spec.token_inputs.embedding.n_in, 3 * 8);
  EXPECT_EQ(spec.token_inputs.projection.n_out, 3 * 8);
  EXPECT_FLOAT_EQ(spec.token_inputs.embedding_scale, 2.0f);  // √(8 / 2)
  EXPECT_FLOAT_EQ(spec.token_inputs.norm.eps, 64 * 1e-5f);
  for (const LayerSpec& layer : spec.layers) EXPECT_EQ(layer.token_input.gate.n_out, 8);
}

TEST(BuildSpec, EveryFourthLayerOfLlama4SeesEverythingWithoutRope) {
  Metadata m = mixture("llama4");
  m.set("llama4.block_count", u32(4));
  m.set("llama4.interleave_moe_layer_step", u32(2));
  const ModelSpec spec = build(m);
  for (size_t i : {0, 1, 2}) {
    EXPECT_EQ(attention(spec, i).window, 8192);
    EXPECT_TRUE(attention(spec, i).chunked);
    EXPECT_FALSE(attention(spec, i).temperature);
    EXPECT_TRUE(attention(spec, i).q_norm);
  }
  EXPECT_EQ(attention(spec, 3).window, 0);
  EXPECT_EQ(attention(spec, 3).rope.n_rotated, 0);
  EXPECT_EQ(attention(spec, 3).temperature.interval, 8192);
  EXPECT_FALSE(attention(spec, 3).q_norm);
  EXPECT_TRUE(std::holds_alternative<DenseFfnSpec>(spec.layers[2].ffn));
  EXPECT_TRUE(moe(spec, 3).weighs_input);
  EXPECT_EQ(moe(spec, 3).score, ExpertScore::kSigmoid);
}

TEST(TensorUses, InputsOfATokenAreATableAndMatrices) {
  int64_t table = 0, matrices = 0;
  const ModelSpec spec = build(gemma4_with_token_inputs());
  for (const TensorUse& use : tensor_uses(spec)) {
    if (use.name == "per_layer_token_embd.weight" && use.role == TensorRole::kEmbedding) ++table;
    const bool is_of_layer =
        use.name.ends_with("inp_gate.weight") || use.name.ends_with(".proj.weight");
    if (is_of_layer && use.role == TensorRole::kFeedForward) ++matrices;
  }
  EXPECT_EQ(table, 1);
  EXPECT_EQ(matrices, 2 * 3);
}

TEST(TensorUses, ATokenReadsItsExpertsAlone) {
  const ModelSpec spec = build(mixture("qwen2moe"));
  int64_t n_all = 0, n_read = 0;
  for (const TensorUse& use : tensor_uses(spec)) {
    if (use.layer != 0 || use.role != TensorRole::kExperts) continue;
    n_all += use.n_matrices * use.n_out * use.n_in;
    n_read += use.n_active * use.n_out * use.n_in;
  }
  EXPECT_EQ(n_all, 8 * 3 * 48 * 64);
  EXPECT_EQ(n_read, 2 * 3 * 48 * 64);
}

TEST(TensorUses, BiasesOfExpertsAreReadWithThem) {
  Metadata m = mixture("gpt-oss");
  m.set("gpt-oss.attention.sliding_window", u32(8));
  const ModelSpec spec = build(m);
  int64_t n_all = 0, n_read = 0;
  for (const TensorUse& use : tensor_uses(spec)) {
    if (use.layer != 0 || !use.name.ends_with("exps.bias")) continue;
    EXPECT_EQ(use.n_out, 1);
    n_all += use.n_matrices * use.n_in;
    n_read += use.n_active * use.n_in;
  }
  EXPECT_EQ(n_all, 8 * (2 * 48 + 64));
  EXPECT_EQ(n_read, 2 * (2 * 48 + 64));
}

TEST(TensorUses, ListsEveryTensorOnceInOrder) {
  const std::set<std::string_view> present = {"output.weight", "rope_freqs.weight"};
  const Metadata m = small("llama");
  const ModelSpec spec = build_spec(m, [&](std::string_view n) { return present.contains(n); });
  std::set<std::string_view> names;
  const std::vector<TensorUse> uses = tensor_uses(spec);
  for (const TensorUse& use : uses) EXPECT_TRUE(names.insert(use.name).second) << use.name;
  EXPECT_EQ(uses.size(), 3 * 9 + 4u);  // a layer's nine; table, output, its norm, rope factors
  EXPECT_EQ(uses.front().name, "token_embd.weight");
  EXPECT_EQ(uses.back().role, TensorRole::kOutput);
}

Metadata delta_nets(const std::string& arch) {
  Metadata m = small(arch);
  m.set(arch + ".full_attention_interval", u32(3));
  m.set(arch + ".attention.key_length", u32(32));
  m.set(arch + ".attention.value_length", u32(32));
  m.set(arch + ".rope.dimension_count", u32(8));
  m.set(arch + ".ssm.conv_kernel", u32(4));
  m.set(arch + ".ssm.state_size", u32(16));
  m.set(arch + ".ssm.group_count", u32(2));
  m.set(arch + ".ssm.time_step_rank", u32(4));
  m.set(arch + ".ssm.inner_size", u32(128));
  return m;
}

TEST(DeltaNets, TheLastOfEachIntervalAttendsWithAGate) {
  const ModelSpec spec = build(delta_nets("qwen35"));
  ASSERT_EQ(spec.layers.size(), 3u);
  const auto& net = std::get<DeltaNetSpec>(spec.layers[0].mixer);
  EXPECT_EQ(net.v_dim, 32);
  EXPECT_EQ(net.n_channels(), 2 * 2 * 16 + 4 * 32);
  EXPECT_EQ(net.key_heads, KeyHeadOrder::kCyclic);
  EXPECT_TRUE(net.alpha && net.beta && !net.beta_alpha);
  EXPECT_TRUE(std::holds_alternative<DeltaNetSpec>(spec.layers[1].mixer));
  const auto& attention = std::get<AttentionSpec>(spec.layers[2].mixer);
  EXPECT_TRUE(attention.is_gated);
  EXPECT_EQ(attention.q.n_out, 2 * 4 * 32);
  EXPECT_EQ(attention.output.n_in, 4 * 32);
  EXPECT_EQ(attention.rope.n_rotated, 8);
}

TEST(DeltaNets, ALayerListGoesBeforeTheInterval) {
  Metadata m = delta_nets("qwen35");
  m.set("qwen35.attention.recurrent_layers", flags({0, 1, 0}));
  const ModelSpec spec = build(m);
  EXPECT_TRUE(std::holds_alternative<AttentionSpec>(spec.layers[0].mixer));
  EXPECT_TRUE(std::holds_alternative<DeltaNetSpec>(spec.layers[1].mixer));
}

TEST(DeltaNets, LayersThatPredictFurtherTokensAreLeftOut) {
  Metadata m = delta_nets("qwen35");
  m.set("qwen35.nextn_predict_layers", u32(1));
  const ModelSpec spec = build(m);
  EXPECT_EQ(spec.layers.size(), 2u);
  EXPECT_EQ(spec.set_aside, std::vector<std::string>{"blk.2."});
}

TEST(DeltaNets, RefuseWhatIsNotImplemented) {
  Metadata m = delta_nets("qwen35");
  m.set("qwen35.ssm.state_size", u32(24));
  EXPECT_NE(refusal(m, ErrorCode::kUnsupported).find("24"), std::string::npos);
  m = delta_nets("qwen35");
  m.set("qwen35.ssm.time_step_rank", u32(3));
  refusal(m, ErrorCode::kInvalidFile);
  m = delta_nets("qwen35");
  m.set("qwen35.ssm.dt_b_c_rms", u32(1));
  EXPECT_NE(refusal(m, ErrorCode::kUnsupported).find("dt_b_c_rms"), std::string::npos);
}

// Four pairs: by time, height, width and time again; a section too short leaves one to a fourth
// position, which text does not have.
TEST(DeltaNets, RopeSectionsMustGiveEachPairAPlace) {
  Metadata m = delta_nets("qwen35");
  m.set("qwen35.rope.dimension_sections", u32s({2, 1, 1, 0}));
  EXPECT_EQ(build(m).layers.size(), 3u);
  m.set("qwen35.rope.dimension_sections", u32s({2, 2, 0, 0}));
  EXPECT_NE(refusal(m, ErrorCode::kUnsupported).find("dimension_sections"), std::string::npos);
}

const LatentAttentionSpec& latent(const ModelSpec& spec, size_t layer) {
  return std::get<LatentAttentionSpec>(spec.layers[layer].mixer);
}

// Heads of 24 + 8, V of 20, a latent vector of 40.
Metadata deepseek() {
  Metadata m = mixture("deepseek2");
  m.set("deepseek2.attention.head_count_kv", u32(1));
  m.set("deepseek2.attention.q_lora_rank", u32(48));
  m.set("deepseek2.attention.kv_lora_rank", u32(40));
  m.set("deepseek2.attention.key_length", u32(48));
  m.set("deepseek2.attention.value_length", u32(40));
  m.set("deepseek2.attention.key_length_mla", u32(32));
  m.set("deepseek2.attention.value_length_mla", u32(20));
  m.set("deepseek2.rope.dimension_count", u32(8));
  m.set("deepseek2.leading_dense_block_count", u32(1));
  m.set("deepseek2.expert_feed_forward_length", u32(32));
  m.set("deepseek2.expert_shared_count", u32(2));
  return m;
}

TEST(DeepSeek, LatentAttentionHasTheShapesOfItsTensors) {
  const ModelSpec spec = build(deepseek());
  const LatentAttentionSpec& a = latent(spec, 1);
  EXPECT_EQ(a.nope_dim, 24);
  EXPECT_EQ(a.row_dim(), 48);
  EXPECT_EQ(a.rope.pairs, RopePairs::kInterleaved);
  EXPECT_FLOAT_EQ(a.scale, float(1 / std::sqrt(32.0)));
  EXPECT_EQ(a.q_a.n_out, 48);
  EXPECT_EQ(a.q_b.n_out, 4 * 32);
  EXPECT_EQ(a.q_b.n_in, 48);
  EXPECT_EQ(a.kv_a.name, "blk.1.attn_kv_a_mqa.weight");
  EXPECT_EQ(a.k_b.n_out, 40);
  EXPECT_EQ(a.k_b.n_in, 24);
  EXPECT_EQ(a.k_b.n_matrices, 4);
  EXPECT_EQ(a.v_b.n_out, 20);
  EXPECT_EQ(a.v_b.n_in, 40);
  EXPECT_EQ(a.output.n_in, 4 * 20);
  EXPECT_TRUE(std::holds_alternative<DenseFfnSpec>(spec.layers[0].ffn));
  EXPECT_EQ(moe(spec, 1).shared.d_ff, 64);
  EXPECT_EQ(moe(spec, 1).score, ExpertScore::kSoftmax);
}

TEST(DeepSeek, LiteModelsProjectQAtOnce) {
  Metadata m = deepseek();
  m.set("deepseek2.attention.q_lora_rank", u32(0));
  const ModelSpec spec = build(m);
  EXPECT_FALSE(latent(spec, 0).q_a);
  EXPECT_EQ(latent(spec, 0).q_b.name, "blk.0.attn_q.weight");
  EXPECT_EQ(latent(spec, 0).q_b.n_in, 64);
}

TEST(DeepSeek, OldFilesHaveOneTensorForKAndV) {
  Metadata m = small("deepseek2");
  const Metadata split = deepseek();
  for (const auto& [key, value] : split.entries()) {
    if (!key.ends_with("_mla")) m.set(key, value);
  }
  m.set("deepseek2.attention.head_count_kv", u32(4));
  m.set("deepseek2.attention.key_length", u32(32));
  m.set("deepseek2.attention.value_length", u32(20));
  const ModelSpec spec = build(m);
  EXPECT_FALSE(latent(spec, 0).k_b);
  EXPECT_EQ(latent(spec, 0).kv_b.n_out, 4 * (24 + 20));
  EXPECT_EQ(latent(spec, 0).kv_b.n_in, 40);
  EXPECT_EQ(latent(spec, 0).row_dim(), 48);
}

// Files have a tenth of the original's mscale_all_dim. The original's mscale(40, 1) is
// 1 + 0.1 ln 40 = 1.36889.
TEST(DeepSeek, YarnMovesItsMagnitudeIntoTheScale) {
  Metadata m = deepseek();
  m.set("deepseek2.rope.scaling.type", str("yarn"));
  m.set("deepseek2.rope.scaling.factor", f32(40));
  m.set("deepseek2.rope.scaling.original_context_length", u32(64));
  ModelSpec spec = build(m);
  EXPECT_FLOAT_EQ(latent(spec, 0).scale, float(1 / std::sqrt(32.0)));
  EXPECT_FLOAT_EQ(latent(spec, 0).rope.magnitude, 1.0f);
  m.set("deepseek2.rope.scaling.yarn_log_multiplier", f32(0.1));
  spec = build(m);
  EXPECT_NEAR(latent(spec, 0).scale, 1.36889 * 1.36889 / std::sqrt(32.0), 1e-5);
  EXPECT_NEAR(latent(spec, 0).rope.magnitude, 1 / 1.36889, 1e-5);
  m.set("deepseek2.rope.scaling.yarn_log_multiplier", f32(0.0707));
  spec = build(m);
  EXPECT_NEAR(latent(spec, 0).scale, 1.26080 * 1.26080 / std::sqrt(32.0), 1e-5);
  EXPECT_NEAR(latent(spec, 0).rope.magnitude, 1 / 1.36889, 1e-5);
}

TEST(DeepSeek, ABiasForTheChoiceMeansSigmoidUnlessTheFileSaysOtherwise) {
  const auto has_bias = [](std::string_view name) { return name.ends_with("exp_probs_b.bias"); };
  Metadata m = deepseek();
  EXPECT_EQ(moe(build_spec(m, has_bias), 1).score, ExpertScore::kSigmoid);
  m.set("deepseek2.expert_gating_func", u32(1));
  EXPECT_EQ(moe(build_spec(m, has_bias), 1).score, ExpertScore::kSoftmax);
}

TEST(DeepSeek, GroupsOfExpertsMustHoldThoseThatAreChosen) {
  Metadata m = deepseek();
  m.set("deepseek2.expert_group_count", u32(4));
  m.set("deepseek2.expert_group_used_count", u32(1));
  EXPECT_EQ(moe(build(m), 1).groups.n_groups, 4);
  EXPECT_EQ(moe(build(m), 1).groups.n_used, 1);
  m.set("deepseek2.expert_used_count", u32(3));
  EXPECT_NE(refusal(m, ErrorCode::kInvalidFile).find("3 of 8 experts cannot be chosen so"),
            std::string::npos);
  m.set("deepseek2.expert_group_count", u32(3));
  EXPECT_NE(refusal(m, ErrorCode::kInvalidFile).find("expert_group_count is 3"), std::string::npos);
}

TEST(DeepSeek, SizesThatContradictEachOtherAreRefused) {
  const struct {
    const char* key;
    Value value;
    ErrorCode code;
    const char* expected;
  } kCases[] = {
      {"rope.dimension_count", u32(32), ErrorCode::kInvalidFile, "some of a head must turn"},
      {"attention.key_length", u32(32), ErrorCode::kUnsupported, "key_length is 32; only 48"},
      {"attention.head_count_kv", u32(4), ErrorCode::kUnsupported, "head_count_kv is 4; only 1"},
      {"attention.temperature_scale", f32(0.1), ErrorCode::kUnsupported, "temperature_scale"},
  };
  for (const auto& c : kCases) {
    Metadata m = deepseek();
    m.set(std::string("deepseek2.") + c.key, c.value);
    EXPECT_NE(refusal(m, c.code).find(c.expected), std::string::npos) << refusal(m, c.code);
  }
}

TEST(Lfm2, LayersWithoutKvHeadsConvolve) {
  Metadata m = small("lfm2");
  m.set("lfm2.attention.head_count_kv", u32s({0, 2, 0}));
  m.set("lfm2.shortconv.l_cache", u32(3));
  const ModelSpec spec = build(m);
  EXPECT_EQ(std::get<ShortConvSpec>(spec.layers[0].mixer).n_taps, 3);
  EXPECT_TRUE(std::holds_alternative<AttentionSpec>(spec.layers[1].mixer));
  EXPECT_EQ(spec.output_norm.weight.name, "token_embd_norm.weight");
  m.set("lfm2.attention.sliding_window", u32(128));
  refusal(m, ErrorCode::kUnsupported);
}

TEST(Predictions, AreBlocksOfTheModelsOwnKindAndTakeFromTheModelWhatTheyLack) {
  for (Metadata m : {mixture("glm4moe"), delta_nets("qwen35"), deepseek()}) {
    const std::string architecture(m.require_string("general.architecture"));
    SCOPED_TRACE(architecture);
    m.set(architecture + ".nextn_predict_layers", u32(1));
    const ModelSpec spec = build_spec(m, [](std::string_view name) {
      return name.find("nextn.") != name.npos && name.find("embed_tokens") == name.npos;
    });
    ASSERT_TRUE(spec.prediction);
    EXPECT_EQ(spec.prediction->projection.n_in, 2 * spec.d_model);
    EXPECT_EQ(spec.prediction->layer.ffn.index(), spec.layers.back().ffn.index());
    EXPECT_EQ(std::holds_alternative<LatentAttentionSpec>(spec.prediction->layer.mixer),
              architecture == "deepseek2");
    EXPECT_FALSE(std::holds_alternative<DeltaNetSpec>(spec.prediction->layer.mixer));
    EXPECT_FALSE(spec.prediction->embedding);
    EXPECT_EQ(spec.prediction->output.name, "blk.2.nextn.shared_head_head.weight");
    const auto uses = prediction_uses(spec);
    EXPECT_EQ(tensor_uses(spec).size() + uses.size(), all_tensor_uses(spec).size());
    for (const TensorUse& use : uses) EXPECT_TRUE(use.name.starts_with("blk.2.")) << use.name;
  }
}

}  // namespace
}  // namespace ridge
