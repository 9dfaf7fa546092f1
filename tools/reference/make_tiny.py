#!/usr/bin/env python3
"""Tiny seeded models and their logits: the fixtures of tests/models (see its README).

  make_tiny.py [CASE …]                           writes tests/models/fixtures/<case>.gguf, .logits
  make_tiny.py --check-llamacpp PROGRAM [CASE …]  compares them with PROGRAM logits MODEL IDS OUT

Run from the repository root with tools/requirements.txt installed. A case is a configuration of an
mlx-lm model with random weights. The weights are encoded as the case says, written as llama.cpp's
converter would name and arrange them, decoded again by the `gguf` package, and run by mlx-lm in
float32: so the logits are exact for the file, and nothing of Ridgeline took part but the encoders.
"""
import argparse
import ctypes
import glob
import importlib
import math
import os
import struct
import subprocess
import tempfile
import zlib
from dataclasses import dataclass, field
from types import SimpleNamespace

import mlx.core as mx
import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as T, GGUFWriter, RopeScalingType, quants
from gguf import ExpertGatingFuncType, MODEL_ARCH, MODEL_ARCH_NAMES, get_tensor_name_map
from mlx.utils import tree_flatten
from mlx_lm.models.base import create_causal_mask

import tiny_hybrids
import tiny_latent
import tiny_prediction

OUT = "tests/models/fixtures"
N_VOCAB = 48
N_TOKENS = 66  # more than two pages of the cache
CONTEXT = 128


@dataclass
class Case:
    name: str
    mlx: str                    # module of mlx_lm.models
    arch: MODEL_ARCH
    config: dict
    types: dict = field(default_factory=dict)  # part of a tensor's name in the file -> its type
    default_type: T = T.F16
    pattern: int = 0            # gemma3: period of global layers, written unless it is 6
    predicts: bool = False      # the last layer predicts the token after next (tiny_prediction.py)
    seed: int = 0               # changed where two experts' scores come too close to choose surely,
                                # or scores are such that what f16 rounds in K moves them too far
    keys: dict = field(default_factory=dict)  # metadata of this architecture alone, unprefixed
    vectors: dict = field(default_factory=dict)  # tensors that come from the configuration
    correct: callable = lambda model, module: None  # where mlx-lm leaves out what the original does
    n_checked: int = N_TOKENS   # of them llama.cpp computes the same, see the README


SMALL = dict(hidden_size=32, num_hidden_layers=2, intermediate_size=32, num_attention_heads=4,
             num_key_value_heads=2, rms_norm_eps=1e-5, rope_theta=10000.0,
             tie_word_embeddings=False)
ROPE = SMALL | dict(num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1)
GEMMA = dict(hidden_size=32, intermediate_size=32, num_attention_heads=2, num_key_value_heads=1,
             head_dim=16, query_pre_attn_scalar=16, rms_norm_eps=1e-6, rope_theta=1e6,
             rope_local_base_freq=10000.0, sliding_window=16)
WIDE = dict(hidden_size=256, num_hidden_layers=1, intermediate_size=32, num_attention_heads=2,
            num_key_value_heads=1, head_dim=32, rms_norm_eps=1e-6, rope_theta=1e6,
            tie_word_embeddings=True)
MOE = SMALL | dict(num_experts_per_tok=2)
QWEN3_MOE = dict(num_experts=8, num_experts_per_tok=3, decoder_sparse_step=1, mlp_only_layers=[],
                 norm_topk_prob=True)

GLM = MOE | dict(
    head_dim=16, partial_rotary_factor=0.5, first_k_dense_replace=1, n_routed_experts=6,
    moe_intermediate_size=32, norm_topk_prob=True, routed_scaling_factor=1.5, n_group=1,
    topk_group=1, rope_scaling=None)
COHERE = dict(hidden_size=32, intermediate_size=32, num_attention_heads=2, num_key_value_heads=1,
              layer_norm_eps=1e-5, rope_theta=10000.0, logit_scale=0.25)
PHI3 = SMALL | dict(num_attention_heads=2, num_key_value_heads=1, tie_word_embeddings=True)
LONG_FACTORS = [1.0, 1.5, 2.0, 2.5, 3.5, 4.5, 6.0, 9.0]
SHORT_FACTORS = [1.0, 1.05, 1.1, 1.2, 1.25, 1.3, 1.35, 1.4]
GRANITE = SMALL | dict(attention_multiplier=0.25, embedding_multiplier=3.0, logits_scaling=2.0,
                       residual_multiplier=0.5, attention_bias=False, mlp_bias=False)
GRANITE_KEYS = {"attention.scale": 0.25, "embedding_scale": 3.0, "logit_scale": 2.0,
                "residual_scale": 0.5}


def see_windows(layers, window):
    """A mask for the attention of layers whose window mlx-lm leaves out."""

    def correct(model, module):
        attend = module.Attention.__call__

        def attend_to_window(self, x, mask=None, cache=None):
            mask = create_causal_mask(x.shape[1], window_size=window) if has_window(self) else mask
            return attend(self, x, mask, cache)

        def has_window(attention):
            return any(model.layers[i].self_attn is attention for i in layers)

        module.Attention.__call__ = attend_to_window

    return correct


def use_tanh_gelu(model, module):
    """StarCoder 2's and Gemma's activation is gelu_pytorch_tanh; mlx-lm takes the exact one."""
    module.nn = SimpleNamespace(**vars(module.nn) | dict(gelu=module.nn.gelu_approx))


def choose_with_bias(model, module):
    """ERNIE's experts are chosen with a bias, and weighted without it; mlx-lm drops it."""

    def forward(self, x):
        scores = self.gate_act(self.gate(x).astype(mx.float32))
        best = mx.argpartition(-(scores + self.e_score_correction_bias), kth=self.k - 1, axis=-1)
        best = best[..., :self.k]
        weights = mx.take_along_axis(scores, best, axis=-1)
        weights = weights / weights.sum(axis=-1, keepdims=True)
        return (self.switch_mlp(x, best) * weights[..., None]).sum(axis=-2) + self.shared_experts(x)

    module.Ernie4_5_MoeMLP.__call__ = forward
    for layer in model.layers:
        if isinstance(layer.mlp, module.Ernie4_5_MoeMLP):
            layer.mlp.e_score_correction_bias = mx.zeros(model.args.moe_num_experts)


def divide_by_sum(model, module):
    """Hunyuan divides the weights of the chosen experts by their sum; mlx-lm does not."""

    def forward(self, x):
        scores = mx.softmax(self.gate(x), axis=-1, precise=True)
        best = mx.argpartition(-scores, kth=self.top_k - 1, axis=-1)[..., :self.top_k]
        weights = mx.take_along_axis(scores, best, axis=-1)
        weights = weights / weights.sum(axis=-1, keepdims=True)
        return (self.switch_mlp(x, best) * weights[..., None]).sum(axis=-2) + self.shared_mlp(x)

    module.MoeBlock.__call__ = forward


def long_rope(original, factors):
    """mlx-lm takes long_factor for every context; max / original gives the magnitude."""
    return dict(original_max_position_embeddings=original, rope_scaling=dict(
        type="longrope", short_factor=SHORT_FACTORS, long_factor=factors))


def long_rope_keys(original):
    scale = CONTEXT / original
    magnitude = math.sqrt(1 + math.log(scale) / math.log(original)) if scale > 1 else 1.0
    return {"rope.scaling.original_context_length": original, "rope.scaling.attn_factor": magnitude}


LONG_ROPE_VECTORS = {"rope_factors_long.weight": LONG_FACTORS,
                     "rope_factors_short.weight": SHORT_FACTORS}

GEMMA4 = dict(
    hidden_size=32, num_hidden_layers=3, intermediate_size=32, num_attention_heads=4,
    num_key_value_heads=2, num_global_key_value_heads=1, head_dim=16, global_head_dim=32,
    layer_types=["sliding_attention", "full_attention", "sliding_attention"], sliding_window=16,
    attention_k_eq_v=True, num_kv_shared_layers=0, hidden_size_per_layer_input=0,
    use_double_wide_mlp=False, final_logit_softcapping=4.0, rms_norm_eps=1e-6,
    rope_parameters=dict(
        full_attention=dict(rope_type="proportional", rope_theta=1e6, partial_rotary_factor=0.25),
        sliding_attention=dict(rope_type="default", rope_theta=10000.0)))
LLAMA4 = SMALL | dict(
    num_hidden_layers=4, head_dim=16, attention_bias=False, attention_chunk_size=8192,
    intermediate_size_mlp=48, interleave_moe_layer_step=2, num_local_experts=4,
    num_experts_per_tok=1, use_qk_norm=True, rope_scaling=None, rms_norm_eps=1e-6)
LLAMA4_KEYS = {"rope.dimension_count": 16, "feed_forward_length": 48,
               "expert_feed_forward_length": 32, "interleave_moe_layer_step": 2}
GEMMA4_KEYS = {"attention.head_count_kv": [2, 1, 2], "attention.sliding_window": 16,
               "attention.sliding_window_pattern": [True, False, True],
               "attention.shared_kv_layers": 0, "embedding_length_per_layer_input": 0,
               "final_logit_softcapping": 4.0, "attention.key_length": 32,
               "attention.value_length": 32, "attention.key_length_swa": 16,
               "attention.value_length_swa": 16, "rope.dimension_count": 32,
               "rope.dimension_count_swa": 16, "rope.freq_base": 1e6,
               "rope.freq_base_swa": 10000.0}
GEMMA4_SMALL = GEMMA4 | dict(
    num_hidden_layers=6, layer_types=["sliding_attention", "full_attention"] * 3,
    attention_k_eq_v=False, num_key_value_heads=1, num_global_key_value_heads=None,
    num_kv_shared_layers=2, hidden_size_per_layer_input=16, vocab_size_per_layer_input=48,
    use_double_wide_mlp=True)
GEMMA4_SMALL_KEYS = GEMMA4_KEYS | {
    "feed_forward_length": [32] * 4 + [64] * 2, "attention.head_count_kv": [1] * 6,
    "attention.sliding_window_pattern": [True, False] * 3, "attention.shared_kv_layers": 2,
    "embedding_length_per_layer_input": 16}
GEMMA4_VECTORS = {"rope_freqs.weight": [1.0] * 4 + [1e30] * 12}  # a quarter of a head turns

CASES = [
    Case("llama-f32", "llama", MODEL_ARCH.LLAMA, SMALL | dict(num_hidden_layers=1),
         default_type=T.F32),
    Case("llama-rope-llama3", "llama", MODEL_ARCH.LLAMA, ROPE | dict(rope_scaling=dict(
        rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
        original_max_position_embeddings=64))),
    Case("llama-rope-linear", "llama", MODEL_ARCH.LLAMA, ROPE | dict(rope_scaling=dict(
        rope_type="linear", factor=4.0))),
    Case("llama-rope-yarn", "llama", MODEL_ARCH.LLAMA, ROPE | dict(rope_scaling=dict(
        rope_type="yarn", factor=4.0, original_max_position_embeddings=512))),
    Case("llama-mixed-32", "llama", MODEL_ARCH.LLAMA, SMALL | dict(
        hidden_size=64, intermediate_size=64, num_hidden_layers=1), {
        "attn_q": T.Q4_0, "attn_k": T.Q5_0, "attn_v": T.Q5_1, "attn_output": T.IQ4_NL,
        "ffn_gate": T.Q4_1, "ffn_up": T.MXFP4, "ffn_down": T.Q8_0, "token_embd": T.Q8_0,
        "output.weight": T.BF16}),
    Case("qwen2-tied", "qwen2", MODEL_ARCH.QWEN2, SMALL | dict(tie_word_embeddings=True),
         default_type=T.BF16),
    Case("qwen2-untied", "qwen2", MODEL_ARCH.QWEN2, SMALL, default_type=T.Q8_0),
    Case("qwen3", "qwen3", MODEL_ARCH.QWEN3, SMALL | dict(head_dim=16, tie_word_embeddings=True)),
    Case("qwen3-k", "qwen3", MODEL_ARCH.QWEN3, WIDE, {
        "attn_q": T.Q4_K, "attn_k": T.Q4_K, "attn_v": T.Q6_K, "attn_output": T.Q5_0,
        "ffn_gate": T.Q4_K, "ffn_up": T.Q5_K, "ffn_down": T.Q8_0, "token_embd": T.Q6_K}),
    Case("qwen3-low-bit", "qwen3", MODEL_ARCH.QWEN3, WIDE, {
        "attn_q": T.Q2_K, "attn_k": T.Q3_K, "attn_v": T.IQ4_XS, "attn_output": T.Q5_1,
        "ffn_gate": T.TQ1_0, "ffn_up": T.TQ2_0, "ffn_down": T.IQ4_NL, "token_embd": T.Q3_K}),
    Case("qwen3-codebook", "qwen3", MODEL_ARCH.QWEN3, WIDE | dict(tie_word_embeddings=False), {
        "attn_q": T.IQ3_S, "attn_k": T.IQ3_XXS, "attn_v": T.IQ2_S, "attn_output": T.Q4_0,
        "ffn_gate": T.IQ2_XS, "ffn_up": T.IQ2_XXS, "ffn_down": T.Q4_1, "token_embd": T.IQ1_M,
        "output.weight": T.IQ1_S}),
    Case("gemma3-window", "gemma3_text", MODEL_ARCH.GEMMA3, GEMMA | dict(
        num_hidden_layers=3, sliding_window_pattern=2, rope_scaling=dict(
            rope_type="linear", factor=8.0)), pattern=2),
    Case("gemma3-default", "gemma3_text", MODEL_ARCH.GEMMA3, GEMMA | dict(
        num_hidden_layers=7, sliding_window_pattern=6), default_type=T.Q8_0, pattern=6),
    Case("mixtral", "mixtral", MODEL_ARCH.LLAMA, MOE | dict(num_local_experts=4)),
    Case("qwen3moe", "qwen3_moe", MODEL_ARCH.QWEN3MOE, SMALL | QWEN3_MOE | dict(
        head_dim=16, moe_intermediate_size=24), seed=1),  # no whole number of kernel rows
    Case("qwen3moe-k", "qwen3_moe", MODEL_ARCH.QWEN3MOE, WIDE | QWEN3_MOE | dict(
        moe_intermediate_size=64), {
        "ffn_gate_exps": T.Q4_K, "ffn_up_exps": T.Q6_K, "ffn_down_exps": T.Q5_0}),
    Case("qwen2moe", "qwen2_moe", MODEL_ARCH.QWEN2MOE, MOE | dict(
        num_experts=6, moe_intermediate_size=32, shared_expert_intermediate_size=48)),
    Case("olmoe", "olmoe", MODEL_ARCH.OLMOE, MOE | dict(
        num_experts=6, num_key_value_heads=4, norm_topk_prob=False)),
    Case("dots1", "dots1", MODEL_ARCH.DOTS1, MOE | dict(
        num_hidden_layers=3, num_key_value_heads=4, first_k_dense_replace=1, n_routed_experts=6,
        moe_intermediate_size=32, n_shared_experts=2, norm_topk_prob=True,
        routed_scaling_factor=1.5)),
    Case("gpt-oss", "gpt_oss", MODEL_ARCH.GPT_OSS, MOE | dict(
        head_dim=16, num_local_experts=4, sliding_window=16, rope_scaling=dict(
            rope_type="yarn", factor=4.0, original_max_position_embeddings=32, beta_fast=32.0,
            beta_slow=1.0)), {"_exps": T.MXFP4}),
    Case("glm4moe", "glm4_moe", MODEL_ARCH.GLM4_MOE, GLM | dict(
        num_hidden_layers=3, use_qk_norm=False, attention_bias=True, n_shared_experts=1),
        predicts=True),
    Case("glm4moe-norms", "glm4_moe", MODEL_ARCH.GLM4_MOE, GLM | dict(
        use_qk_norm=True, attention_bias=False, n_shared_experts=2)),
    Case("gemma4", "gemma4_text", MODEL_ARCH.GEMMA4, GEMMA4 | dict(
        enable_moe_block=True, num_experts=6, top_k_experts=2, moe_intermediate_size=32),
        keys=GEMMA4_KEYS | {"expert_count": 6, "expert_used_count": 2,
                            "expert_feed_forward_length": 32}, vectors=GEMMA4_VECTORS),
    Case("gemma4-dense", "gemma4_text", MODEL_ARCH.GEMMA4, GEMMA4, keys=GEMMA4_KEYS,
         vectors=GEMMA4_VECTORS),
    Case("gemma4-e2b", "gemma4_text", MODEL_ARCH.GEMMA4, GEMMA4_SMALL, keys=GEMMA4_SMALL_KEYS,
         vectors=GEMMA4_VECTORS),
    Case("llama4", "llama4", MODEL_ARCH.LLAMA4, LLAMA4, keys=LLAMA4_KEYS, seed=1),
    Case("llama4-chunks", "llama4", MODEL_ARCH.LLAMA4, LLAMA4 | dict(
        attention_chunk_size=16, floor_scale=8, attn_scale=0.5), keys=LLAMA4_KEYS | {
            "attention.sliding_window": 16, "attention.temperature_length": 8,
            "attention.temperature_scale": 0.5}, n_checked=7),
    Case("minimax-m2", "minimax", MODEL_ARCH.MINIMAXM2, MOE | dict(
        head_dim=16, rotary_dim=8, num_local_experts=6, shared_intermediate_size=0)),
    Case("gemma2", "gemma2", MODEL_ARCH.GEMMA2, dict(
        hidden_size=32, num_hidden_layers=3, intermediate_size=32, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, query_pre_attn_scalar=16, rms_norm_eps=1e-6,
        rope_theta=10000.0, attn_logit_softcapping=5.0, final_logit_softcapping=3.0),
        keys={"attention.sliding_window": 16, "attn_logit_softcapping": 5.0,
              "final_logit_softcapping": 3.0}, correct=see_windows([0, 2], 16)),
    Case("cohere2", "cohere2", MODEL_ARCH.COHERE2, COHERE | dict(
        num_hidden_layers=4, head_dim=16, sliding_window=16, sliding_window_pattern=4),
        keys={"attention.sliding_window": 16, "logit_scale": 0.25, "rope.dimension_count": 16,
              "rope.scaling.type": "none"}),
    Case("command-r", "cohere", MODEL_ARCH.COMMAND_R, COHERE | dict(num_hidden_layers=2),
         keys={"logit_scale": 0.25, "rope.scaling.type": "none"}),
    Case("command-r-plus", "cohere", MODEL_ARCH.COMMAND_R, COHERE | dict(  # norms from 64 layers on
        hidden_size=16, intermediate_size=8, num_hidden_layers=64, use_qk_norm=True),
        keys={"logit_scale": 0.25, "rope.scaling.type": "none"}),
    Case("phi3-long", "phi3", MODEL_ARCH.PHI3, PHI3 | long_rope(64, LONG_FACTORS),
         keys=long_rope_keys(64) | {"attention.sliding_window": 0}, vectors=LONG_ROPE_VECTORS),
    Case("phi3-short", "phi3", MODEL_ARCH.PHI3, PHI3 | long_rope(512, SHORT_FACTORS),
         keys=long_rope_keys(512) | {"attention.sliding_window": 512}, vectors=LONG_ROPE_VECTORS,
         default_type=T.Q8_0),
    Case("phi3-window", "phi3", MODEL_ARCH.PHI3, PHI3 | dict(num_hidden_layers=1),
         keys={"attention.sliding_window": 16, "rope.scaling.original_context_length": CONTEXT},
         correct=see_windows([0], 16), n_checked=16),
    Case("phi2", "phi", MODEL_ARCH.PHI2, dict(
        hidden_size=32, num_hidden_layers=2, intermediate_size=64, num_attention_heads=2,
        num_key_value_heads=2, partial_rotary_factor=0.5, layer_norm_eps=1e-5,
        rope_theta=10000.0), keys={"rope.dimension_count": 8}),
    Case("mistral3", "ministral3", MODEL_ARCH.MISTRAL3, SMALL | dict(
        head_dim=16, tie_word_embeddings=True, rope_parameters=dict(
            rope_theta=10000.0, rope_type="yarn", factor=4.0, beta_fast=8.0, beta_slow=1.0,
            original_max_position_embeddings=16, mscale=1.0, mscale_all_dim=1.0,
            llama_4_scaling_beta=0.3)),
        keys={"rope.scaling.type": "yarn", "rope.scaling.factor": 4.0,
              "rope.scaling.original_context_length": 16, "rope.scaling.yarn_beta_fast": 8.0,
              "rope.scaling.yarn_beta_slow": 1.0, "rope.scaling.yarn_log_multiplier": 1.0,
              "attention.temperature_scale": 0.3}),
    Case("granite", "granite", MODEL_ARCH.GRANITE, GRANITE, keys=GRANITE_KEYS),
    Case("granitemoe", "granitemoe", MODEL_ARCH.GRANITE_MOE, GRANITE | dict(
        num_local_experts=6, num_experts_per_tok=2), keys=GRANITE_KEYS),
    Case("granitemoe-shared", "granitemoehybrid", MODEL_ARCH.GRANITE_MOE, GRANITE | dict(
        num_local_experts=6, num_experts_per_tok=2, shared_intermediate_size=48,
        layer_types=["attention"] * 2), keys=GRANITE_KEYS | {
            "expert_shared_feed_forward_length": 48}),
    Case("olmo2", "olmo2", MODEL_ARCH.OLMO2, SMALL),
    Case("olmo3", "olmo3", MODEL_ARCH.OLMO2, SMALL | dict(
        num_hidden_layers=4, sliding_window=16, rope_scaling=dict(
            rope_type="yarn", factor=4.0, original_max_position_embeddings=32)),
        keys={"attention.sliding_window": 16,
              "attention.sliding_window_pattern": [True, True, True, False]}, seed=1),
    Case("smollm3", "smollm3", MODEL_ARCH.SMOLLM3, SMALL | dict(
        num_hidden_layers=4, tie_word_embeddings=True)),
    Case("starcoder2", "starcoder2", MODEL_ARCH.STARCODER2, dict(
        hidden_size=32, num_hidden_layers=2, intermediate_size=64, num_attention_heads=4,
        num_key_value_heads=2, norm_epsilon=1e-5, rope_theta=10000.0, tie_word_embeddings=True),
        correct=use_tanh_gelu),
]

HYBRID = SMALL | dict(num_hidden_layers=3, head_dim=32, full_attention_interval=2,
                      linear_num_value_heads=6, linear_num_key_heads=2, linear_key_head_dim=16,
                      linear_value_head_dim=16, linear_conv_kernel_dim=4, rms_norm_eps=1e-6)
MROPE = dict(type="default", mrope_section=[2, 1, 1], rope_theta=10000.0)
HYBRID_MOE = HYBRID | dict(head_dim=16, num_experts=6, num_experts_per_tok=2,
                           moe_intermediate_size=32, shared_expert_intermediate_size=48)
CASES += [
    Case("qwen3next", "qwen3_next", MODEL_ARCH.QWEN3NEXT, HYBRID_MOE | dict(
        decoder_sparse_step=1, mlp_only_layers=[], norm_topk_prob=True,
        partial_rotary_factor=0.5), seed=1),
    Case("qwen35", "qwen3_5", MODEL_ARCH.QWEN35, HYBRID | dict(
        rope_parameters=MROPE | dict(partial_rotary_factor=0.25))),
    Case("qwen35moe", "qwen3_5_moe", MODEL_ARCH.QWEN35MOE, HYBRID_MOE | dict(
        rope_parameters=MROPE | dict(partial_rotary_factor=0.5))),
    Case("qwen35moe-wide", "qwen3_5_moe", MODEL_ARCH.QWEN35MOE, HYBRID_MOE | dict(
        head_dim=32, rope_parameters=MROPE | dict(partial_rotary_factor=0.25))),
    Case("qwen3next-wide", "qwen3_next", MODEL_ARCH.QWEN3NEXT, HYBRID_MOE | dict(
        head_dim=32, decoder_sparse_step=1, mlp_only_layers=[], norm_topk_prob=True,
        partial_rotary_factor=0.25)),
    # Of four layers the last attends, as those that predict do.
    Case("qwen3next-mtp", "qwen3_next", MODEL_ARCH.QWEN3NEXT, HYBRID_MOE | dict(
        num_hidden_layers=4, decoder_sparse_step=1, mlp_only_layers=[], norm_topk_prob=True,
        partial_rotary_factor=0.5), predicts=True),
    Case("qwen35-mtp", "qwen3_5", MODEL_ARCH.QWEN35, HYBRID | dict(
        num_hidden_layers=4, rope_parameters=MROPE | dict(partial_rotary_factor=0.25)),
        predicts=True),
    Case("qwen35moe-mtp", "qwen3_5_moe", MODEL_ARCH.QWEN35MOE, HYBRID_MOE | dict(
        num_hidden_layers=4, rope_parameters=MROPE | dict(partial_rotary_factor=0.5)),
        predicts=True),
    Case("lfm2", "lfm2", MODEL_ARCH.LFM2, SMALL | dict(
        num_hidden_layers=3, full_attn_idxs=[1], conv_L_cache=3, conv_bias=False, norm_eps=1e-5,
        block_dim=32, block_ff_dim=32, block_multiple_of=32, block_ffn_dim_multiplier=1.0,
        block_auto_adjust_ff_dim=False, tie_word_embeddings=True)),
    Case("lfm2moe", "lfm2_moe", MODEL_ARCH.LFM2MOE, MOE | dict(
        num_hidden_layers=3, full_attn_idxs=[1], conv_L_cache=3, conv_bias=False, norm_eps=1e-5,
        num_experts=6, moe_intermediate_size=32, num_dense_layers=1, norm_topk_prob=True,
        use_expert_bias=True, tie_word_embeddings=True)),
]
CASES += [
    Case("seed-oss", "seed_oss", MODEL_ARCH.SEED_OSS, SMALL | dict(
        head_dim=16, attention_bias=True)),
    Case("ernie4_5", "ernie4_5", MODEL_ARCH.ERNIE4_5, SMALL | dict(head_dim=16, use_bias=False)),
    Case("ernie4_5-moe", "ernie4_5_moe", MODEL_ARCH.ERNIE4_5_MOE, SMALL | dict(
        num_hidden_layers=3, head_dim=16, use_bias=False, moe_num_experts=6, moe_k=2,
        moe_intermediate_size=32, moe_num_shared_experts=2, moe_layer_start_index=1), keys=dict(
            expert_count=6, expert_used_count=2, expert_feed_forward_length=32,
            expert_shared_feed_forward_length=64, expert_shared_count=2,
            leading_dense_block_count=1, interleave_moe_layer_step=1), correct=choose_with_bias,
        seed=2),
    Case("hunyuan-dense", "hunyuan_v1_dense", MODEL_ARCH.HUNYUAN_DENSE, SMALL | dict(
        head_dim=16, use_qk_norm=True, tie_word_embeddings=True)),
    Case("hunyuan-moe", "hunyuan", MODEL_ARCH.HUNYUAN_MOE, MOE | dict(
        attention_bias=False, moe_topk=2, num_experts=6, num_shared_expert=1,
        use_mixed_mlp_moe=True, use_qk_norm=True, use_cla=False, cla_share_factor=1,
        moe_intermediate_size=32, rope_scaling=dict(type="dynamic", factor=1.0, alpha=1.0)),
        keys=dict(expert_shared_feed_forward_length=32), correct=divide_by_sum),
    Case("glm4", "glm4", MODEL_ARCH.GLM4, SMALL | dict(
        head_dim=16, attention_bias=True, partial_rotary_factor=0.5),
        keys={"rope.dimension_count": 8}),
]

EXAONE4 = dict(rope_scaling=None, sliding_window=None, sliding_window_pattern=None)
STABLELM = dict(hidden_size=32, num_hidden_layers=2, intermediate_size=32, num_attention_heads=2,
                num_key_value_heads=1, partial_rotary_factor=0.25, layer_norm_eps=1e-5,
                rope_theta=10000.0)
LING = MOE | dict(
    first_k_dense_replace=1, num_experts=8, num_experts_per_tok=3, moe_intermediate_size=32,
    num_shared_experts=1, norm_topk_prob=True)
LING_KEYS = {"leading_dense_block_count": 1, "expert_shared_count": 1, "expert_weights_norm": True}
CASES += [
    Case("gemma", "gemma", MODEL_ARCH.GEMMA, dict(
        hidden_size=32, num_hidden_layers=2, intermediate_size=32, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, rms_norm_eps=1e-6, rope_theta=10000.0),
        correct=use_tanh_gelu),
    Case("exaone4", "exaone4", MODEL_ARCH.EXAONE4, SMALL | EXAONE4 | dict(
        head_dim=8, tie_word_embeddings=True, rope_scaling=dict(
            rope_type="llama3", factor=16.0, low_freq_factor=1.0, high_freq_factor=4.0,
            original_max_position_embeddings=64))),
    Case("exaone4-window", "exaone4", MODEL_ARCH.EXAONE4, SMALL | EXAONE4 | dict(
        hidden_size=16, intermediate_size=8, num_hidden_layers=64, num_attention_heads=2,
        num_key_value_heads=1, head_dim=8, sliding_window=16, sliding_window_pattern="LLLG"),
        keys={"attention.sliding_window": 16,
              "attention.sliding_window_pattern": [True, True, True, False] * 16}),
    Case("stablelm", "stablelm", MODEL_ARCH.STABLELM, STABLELM | dict(use_qkv_bias=True),
         keys={"rope.dimension_count": 4, "use_parallel_residual": False}),
    Case("stablelm-parallel", "stablelm", MODEL_ARCH.STABLELM, STABLELM | dict(
        use_qkv_bias=False, use_parallel_residual=True, qk_layernorm=True),
        keys={"rope.dimension_count": 4, "use_parallel_residual": True}),
    Case("bailingmoe2", "bailing_moe", MODEL_ARCH.BAILINGMOE2, LING | dict(
        num_attention_heads=2, num_key_value_heads=1, partial_rotary_factor=0.5, use_qk_norm=True,
        score_function="sigmoid", moe_router_enable_expert_bias=True, n_group=4, topk_group=2,
        routed_scaling_factor=2.5),
        seed=4, keys=LING_KEYS | {
            "rope.dimension_count": 8, "expert_shared_feed_forward_length": 32,
            "expert_weights_scale": 2.5, "expert_gating_func": 2, "expert_group_count": 4,
            "expert_group_used_count": 2}),
]

LATENT = MOE | dict(
    num_key_value_heads=1, kv_lora_rank=32, q_lora_rank=32, qk_nope_head_dim=32, qk_rope_head_dim=32,
    v_head_dim=16, moe_intermediate_size=32, n_routed_experts=6, n_shared_experts=1, n_group=1,
    topk_group=1, routed_scaling_factor=1.0, first_k_dense_replace=1, rms_norm_eps=1e-6)
LATENT_GROUPS = dict(n_routed_experts=12, n_group=4, topk_group=2, num_experts_per_tok=3)
DEEPSEEK_YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=32,
                     beta_fast=32.0, beta_slow=1.0)
DEEPSEEK2 = LATENT | dict(topk_method="greedy", rope_scaling=DEEPSEEK_YARN | dict(
    mscale=0.707, mscale_all_dim=0.707))
CASES += [
    Case("deepseek2-lite", "deepseek_v2", MODEL_ARCH.DEEPSEEK2, DEEPSEEK2 | dict(
        q_lora_rank=None, n_shared_experts=2)),
    Case("deepseek2-unsplit", "deepseek_v2", MODEL_ARCH.DEEPSEEK2, DEEPSEEK2 | dict(
        num_key_value_heads=4), {"kv_b": T.Q8_0}, seed=5),
    Case("deepseek2-groups", "deepseek_v2", MODEL_ARCH.DEEPSEEK2, DEEPSEEK2 | LATENT_GROUPS | dict(
        topk_method="group_limited_greedy", routed_scaling_factor=4.0), n_checked=0, seed=2),
    Case("deepseek3", "deepseek_v3", MODEL_ARCH.DEEPSEEK2, LATENT | LATENT_GROUPS | dict(
        kv_lora_rank=64, topk_method="noaux_tc", scoring_func="sigmoid", norm_topk_prob=True,
        routed_scaling_factor=2.5, rope_scaling=DEEPSEEK_YARN | dict(
            mscale=1.0, mscale_all_dim=1.0)), default_type=T.Q8_0, seed=4),
    Case("glm4moelite", "glm4_moe_lite", MODEL_ARCH.DEEPSEEK2, LATENT | dict(
        num_hidden_layers=3, num_attention_heads=3, q_lora_rank=24, qk_nope_head_dim=24,
        qk_rope_head_dim=16, v_head_dim=40, topk_method="noaux_tc", scoring_func="sigmoid",
        norm_topk_prob=True, routed_scaling_factor=1.8, rope_scaling=None), predicts=True, seed=1),
]

GEMMAS = (MODEL_ARCH.GEMMA, MODEL_ARCH.GEMMA2, MODEL_ARCH.GEMMA3)  # their norms multiply by 1 + weight
INTERLEAVED = (MODEL_ARCH.LLAMA, MODEL_ARCH.MISTRAL3, MODEL_ARCH.GRANITE, MODEL_ARCH.GRANITE_MOE,
               MODEL_ARCH.SMOLLM3)  # rope of neighbouring pairs, into which Q and K are brought

# The IQ1-IQ3 types have no encoder: random bits with a fitting scale serve as weights.
RANDOM_SCALE_OFFSET = {T.IQ1_S: 0, T.IQ2_XXS: 0, T.IQ2_XS: 0, T.IQ2_S: 0, T.IQ3_XXS: 0, T.IQ3_S: 0}


class Codec:
    """Encodes rows of numbers with our own encoders, decodes them with the gguf package."""

    def __init__(self):
        folder = tempfile.mkdtemp()
        library = os.path.join(folder, "encode.so")
        sources = [f for f in ["src/base/check.cpp", "src/tensor/dtype_table.cpp",
                               *glob.glob("src/tensor/quant/*.cpp")] if not f.endswith("_test.cpp")]
        subprocess.run(["g++", "-O2", "-std=c++20", "-ffp-contract=off", "-shared", "-fPIC",
                        "-Isrc", "tools/reference/encode.cpp", *sources, "-o", library], check=True)
        self.encode_function = ctypes.CDLL(library).ridge_encode
        self.encode_function.restype = ctypes.c_int64
        self.encode_function.argtypes = [ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p,
                                         ctypes.c_int64]

    def encode(self, rows, qtype, rng):
        """uint8 [n_out, bytes of a row]"""
        elements, block_bytes = GGML_QUANT_SIZES[qtype]
        assert rows.shape[1] % elements == 0, (rows.shape, qtype)
        out = np.empty((rows.shape[0], rows.shape[1] // elements * block_bytes), np.uint8)
        if qtype == T.IQ1_M or qtype in RANDOM_SCALE_OFFSET:
            return self.random_blocks(out, qtype, float(rows.std()), rng)
        rows = np.ascontiguousarray(rows, np.float32)
        written = self.encode_function(qtype, rows.ctypes.data, out.ctypes.data, rows.size)
        assert written == out.size, (qtype, written, out.size)
        return out

    def random_blocks(self, out, qtype, std, rng):
        """Random bits whose scale is 1 first, and then whatever gives the wanted deviation."""
        blocks = out.reshape(-1, GGML_QUANT_SIZES[qtype][1])
        blocks[:] = rng.integers(0, 256, blocks.shape, dtype=np.uint8)
        self.set_scale(blocks, qtype, 1.0)
        self.set_scale(blocks, qtype, std / float(self.decode(out, qtype).std()))
        return out

    @staticmethod
    def set_scale(blocks, qtype, scale):
        bits = int(np.float16(scale).view(np.uint16))
        if qtype == T.IQ1_M:  # a nibble on top of each of four 16-bit words
            for i in range(4):
                blocks[:, 49 + 2 * i] = blocks[:, 49 + 2 * i] & 15 | (bits >> (4 * i) & 15) << 4
        else:
            offset = RANDOM_SCALE_OFFSET[qtype]
            blocks[:, offset:offset + 2] = (bits & 255, bits >> 8)

    @staticmethod
    def decode(encoded, qtype):
        return quants.dequantize(encoded, qtype).astype(np.float32)


def random_weight(name, shape, case, rng):
    """Gains such that scores, residuals and logits are of the size they have in trained models."""
    noise = rng.standard_normal(shape).astype(np.float32)
    special = tiny_hybrids.random_value(name, noise)
    if special is not None:
        return special
    gemma = np.float32(case.arch in GEMMAS)
    if "norm" in name:
        mean = 1.5 if "q_norm" in name or "k_norm" in name else 1.0
        if case.arch == MODEL_ARCH.GEMMA4 and mean == 1.5:
            mean = 0.65  # its scores are not scaled
        if case.arch == MODEL_ARCH.EXAONE4 and "post_" in name:
            return 0.05 + 0.01 * noise  # else what f16 rounds grows with each of 64 layers
        return mean - gemma + 0.2 * noise
    if name.endswith(("scale", "layer_scalar")):
        return 1 + 0.2 * noise
    if name.endswith("bias"):
        return noise * np.float32(4.0 if "experts" in name else 0.3)  # the former meet clamps
    if name.endswith("sinks"):
        return noise
    gain = tiny_latent.random_gain(name)
    if gain is not None:
        return noise * np.float32(gain / math.sqrt(shape[-1]))
    gain = 1.5 if "q_proj" in name or "k_proj" in name else 2.3 if "embed" in name else 1.0
    if is_router(name):
        gain = 2.0 * (math.sqrt(shape[-1]) if name.endswith("proj.weight") else 1)
    return noise * np.float32(gain / math.sqrt(shape[-1]))


def is_router(name):
    return name.endswith(("gate.weight", "shared_expert_gate.weight", "router.weight",
                          "router.layer.weight", "router.proj.weight",
                          "gate.gate_proj.weight"))


def tensor_type(name, shape, case):
    f32 = ("ffn_gate_inp", "conv1d", "shortconv.conv", "norm")
    if len(shape) == 1 or name.endswith(".bias") or any(part in name for part in f32):
        return T.F32
    for part, qtype in case.types.items():
        if part in name:
            return qtype
    return case.default_type


# Names in the originals that no table has.
NAMES_BY_HAND = {"router.scale": "ffn_gate_inp.scale",
                 "router.per_expert_scale": "ffn_down_exps.scale",
                 "layer_scalar": "layer_output_scale.weight",
                 "mlp.experts.gate_proj.weight": "ffn_gate_exps.weight",
                 "mlp.experts.up_proj.weight": "ffn_up_exps.weight"}


def converter_name(name):
    """What the original's tensor is called once its experts are stacked."""
    name = name.removeprefix("language_model.").replace("block_sparse_moe", "mlp")
    name = name.replace("switch_mlp", "experts").replace("experts.switch_glu", "mlp.experts")
    name = name.replace("router.layer", "gate")
    name = name.replace("mlp.shared_mlp", "shared_mlp").replace("shared_mlp", "mlp.shared_expert")
    name = tiny_latent.converter_name(name)
    name = name.replace("output_linear", "down_proj").replace("sinks", "sinks.weight")
    name = name.replace("gate.gate_proj", "gate").replace("expert_bias", "expert_bias.bias")
    return name.replace("e_score_correction_bias", "e_score_correction.bias")


def file_tensors(name, stored, names):
    """What the converter makes of a tensor: names and rows. It takes shared experts apart."""
    name = converter_name(name)
    parts = {name: stored}
    by_hand = [known for known in NAMES_BY_HAND if name.endswith(known)]
    if by_hand:
        yield f"blk.{name.split('layers.')[1].split('.')[0]}.{NAMES_BY_HAND[by_hand[0]]}", stored
        return
    if "input_linear" in name:
        parts = dict(zip((name.replace("input_linear", p) for p in ("gate_proj", "up_proj")),
                         np.split(stored, 2)))
    for part, rows in parts.items():
        yield names.get_name(part, try_suffixes=(".weight", ".bias")), np.ascontiguousarray(rows)


def interleave_heads(rows, n_heads):
    """Rows of Q or K from rope's two halves to neighbouring pairs, as arch llama has them."""
    half = rows.shape[0] // n_heads // 2
    return rows.reshape(n_heads, 2, half, -1).swapaxes(1, 2).reshape(rows.shape)


def llama3_factors(scaling, head_dim, base):
    """What each frequency is divided by (Llama 3.1's rope)."""
    wavelengths = 2 * np.pi * base ** (np.arange(0, head_dim, 2) / head_dim)
    turns = scaling["original_max_position_embeddings"] / wavelengths
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    smooth = np.clip((turns - low) / (high - low), 0, 1)
    return (1 / ((1 - smooth) / scaling["factor"] + smooth)).astype(np.float32)


def write_metadata(writer, case, config):
    n_heads = config["num_attention_heads"]
    head_dim = config.get("head_dim", config["hidden_size"] // n_heads)
    writer.add_type("model")
    # llama.cpp looks for special tokens in the vocabulary of whatever is called phi3.
    writer.add_name(case.name.replace("phi3", "phi"))
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(n_heads)
    kv_heads = config["num_key_value_heads"]
    if "full_attn_idxs" in config:
        layers = range(config["num_hidden_layers"])
        kv_heads = [kv_heads if i in config["full_attn_idxs"] else 0 for i in layers]
    writer.add_head_count_kv(kv_heads)
    if "rms_norm_eps" in config:
        writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    else:
        writer.add_layer_norm_eps(config.get("layer_norm_eps", config.get("norm_epsilon")))
    if "rope_theta" in config:
        writer.add_rope_freq_base(config["rope_theta"])
    if "head_dim" in config:
        writer.add_key_length(head_dim)
        writer.add_value_length(head_dim)
    if case.arch == MODEL_ARCH.LLAMA:
        writer.add_vocab_size(N_VOCAB)
        writer.add_rope_dimension_count(head_dim)
    if case.arch == MODEL_ARCH.GEMMA3:
        writer.add_sliding_window(config["sliding_window"])
        writer.add_rope_freq_base_swa(config["rope_local_base_freq"])
        if case.pattern != 6:
            writer.add_sliding_window_pattern(case.pattern)
    write_rope_scaling(writer, config.get("rope_scaling"), head_dim, config.get("rope_theta"))
    tiny_hybrids.write_metadata(writer, config)
    tiny_latent.write_metadata(writer, config)
    if case.predicts:
        writer.add_nextn_predict_layers(1)
    for key, value in case.keys.items():
        add = {str: writer.add_string, float: writer.add_float32, int: writer.add_uint32,
               bool: writer.add_bool, list: writer.add_array}[type(value)]
        add(f"{MODEL_ARCH_NAMES[case.arch]}.{key}", value)
    for name, values in case.vectors.items():
        writer.add_tensor(name, np.array(values, np.float32))
    if "num_experts_per_tok" in config:
        write_experts(writer, case, config)


def write_experts(writer, case, config):
    counts = ["num_experts", "num_local_experts", "n_routed_experts"]
    writer.add_expert_count(next(config[key] for key in counts if key in config))
    writer.add_expert_used_count(config["num_experts_per_tok"])
    if "moe_intermediate_size" in config:
        writer.add_expert_feed_forward_length(config["moe_intermediate_size"])
    if "shared_expert_intermediate_size" in config:
        writer.add_expert_shared_feed_forward_length(config["shared_expert_intermediate_size"])
    if case.arch in (MODEL_ARCH.DOTS1, MODEL_ARCH.GLM4_MOE):
        writer.add_leading_dense_block_count(config["first_k_dense_replace"])
        writer.add_expert_shared_count(config["n_shared_experts"])
        writer.add_expert_weights_scale(config["routed_scaling_factor"])
        writer.add_expert_weights_norm(config["norm_topk_prob"])
        writer.add_expert_gating_func(ExpertGatingFuncType.SIGMOID)
    if case.arch == MODEL_ARCH.GLM4_MOE:
        writer.add_rope_dimension_count(int(config["head_dim"] * config["partial_rotary_factor"]))
    if case.arch == MODEL_ARCH.LFM2MOE:
        writer.add_leading_dense_block_count(config["num_dense_layers"])
        writer.add_expert_gating_func(ExpertGatingFuncType.SIGMOID)
    if case.arch == MODEL_ARCH.GPT_OSS:
        writer.add_sliding_window(config["sliding_window"])
        writer.add_expert_feed_forward_length(config["intermediate_size"])
    if case.arch == MODEL_ARCH.MINIMAXM2:
        writer.add_expert_feed_forward_length(config["intermediate_size"])
        writer.add_expert_gating_func(ExpertGatingFuncType.SIGMOID)
        writer.add_rope_dimension_count(config["rotary_dim"])


def write_rope_scaling(writer, scaling, head_dim, base):
    if scaling is None or scaling.get("type") in ("longrope", "dynamic"):
        return
    if scaling["rope_type"] == "llama3":
        writer.add_tensor("rope_freqs.weight", llama3_factors(scaling, head_dim, base))
        return
    writer.add_rope_scaling_type(RopeScalingType(scaling["rope_type"]))
    writer.add_rope_scaling_factor(scaling["factor"])
    if scaling["rope_type"] == "yarn":
        writer.add_rope_scaling_orig_ctx_len(scaling["original_max_position_embeddings"])
        if "beta_fast" in scaling:
            writer.add_rope_scaling_yarn_beta_fast(scaling["beta_fast"])
            writer.add_rope_scaling_yarn_beta_slow(scaling["beta_slow"])


def write_vocabulary(writer):
    """Single letters, one merge and an end token: the least that is a tokenizer."""
    letters = [chr(c) for c in range(ord("!"), ord("!") + N_VOCAB - 2)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([*letters, "AB", "<|end|>"])
    writer.add_token_types([1] * (N_VOCAB - 1) + [3])
    writer.add_token_merges(["A B"])
    writer.add_eos_token_id(N_VOCAB - 1)


def make(case, codec):
    rng = np.random.default_rng(zlib.crc32(case.name.encode()) + case.seed)
    config = dict(model_type=case.mlx, vocab_size=N_VOCAB, max_position_embeddings=CONTEXT,
                  **case.config)
    module = importlib.import_module(f"mlx_lm.models.{case.mlx}")
    nested = dict(model_type=case.mlx, text_config=config) if case.mlx == "llama4" else config
    model = module.Model(module.ModelArgs.from_dict(nested))
    if case.arch == MODEL_ARCH.GEMMA3:
        model.sanitize({})  # no lm_head: tied
    case.correct(model, module)
    writer = GGUFWriter(f"{OUT}/{case.name}.gguf", MODEL_ARCH_NAMES[case.arch])
    write_metadata(writer, case, config)
    write_vocabulary(writer)

    names = get_tensor_name_map(case.arch, config["num_hidden_layers"])
    heads = {"q_proj": config["num_attention_heads"], "k_proj": config["num_key_value_heads"]}
    weights, norms = [], []

    def file_name_of(name):
        return names.get_name(converter_name(name), try_suffixes=(".weight", ".bias"))

    def write_tensor(name, values):
        file_name = file_name_of(name)
        qtype = tensor_type(file_name, values.shape, case)
        stored = values if qtype == T.F32 else codec.encode(values.reshape(-1, values.shape[-1]), qtype, rng)
        stored = stored.reshape(*values.shape[:-1], -1)
        writer.add_tensor(file_name, np.ascontiguousarray(stored), raw_dtype=qtype)
        return values if qtype == T.F32 else codec.decode(stored, qtype).reshape(values.shape)

    for name, parameter in tree_flatten(model.parameters()):
        if not name.endswith((".weight", "bias", "sinks", "A_log", "scale", "layer_scalar")):
            continue  # rope frequencies that mlx keeps beside the weights
        values = random_weight(name, parameter.shape, case, rng)
        if ".norms." in name:  # one a head, in one tensor of the file
            weights.append((name, mx.array(values)))
            norms.append(values)
            if len(norms) == heads["q_proj" if "q_layernorm" in name else "k_proj"]:
                write_tensor(name.split(".norms.")[0] + ".weight", np.stack(norms))
                norms.clear()
            continue
        if tiny_latent.is_arranged(name, config):
            weights.append((name, mx.array(
                tiny_latent.write_arranged(name, values, config, write_tensor))))
            continue
        if tiny_hybrids.is_arranged(name):
            values = tiny_hybrids.write_arranged(name, values, config, write_tensor)
            weights.append((name, mx.array(values)))
            continue
        file_name, _ = next(file_tensors(name, values, names))
        qtype = tensor_type(file_name, parameter.shape, case)
        if qtype == T.F32:
            stored = values + np.float32(case.arch in GEMMAS and "norm" in name)
        else:
            stored = codec.encode(values.reshape(-1, values.shape[-1]), qtype, rng)
            values = codec.decode(stored, qtype).reshape(parameter.shape)
            stored = stored.reshape(*parameter.shape[:-1], -1)
        if case.arch in INTERLEAVED:
            for part, n_heads in heads.items():
                if part in name:
                    stored = interleave_heads(stored, n_heads)
        for file_name, rows in file_tensors(name, stored, names):
            if case.arch == MODEL_ARCH.GEMMA4 and "ffn_gate_exps" in file_name:
                gates = rows  # stand above the rows of up, which come next
                continue
            if case.arch == MODEL_ARCH.GEMMA4 and "ffn_up_exps" in file_name:
                rows = np.concatenate([gates, rows], axis=1)
                file_name = file_name.replace("up", "gate_up")
            writer.add_tensor(file_name, rows, raw_dtype=qtype)
        weights.append((name, mx.array(values)))
    model.load_weights(weights, strict=False)
    if case.predicts:
        last = config["num_hidden_layers"] - 1
        around = tiny_prediction.write(writer, last, config["hidden_size"], codec,
                                       case.default_type, rng)
        prediction = tiny_prediction.cut(model)

    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    ids = rng.integers(0, N_VOCAB, N_TOKENS).astype(np.int32)
    logits = np.array(model(mx.array(ids)[None])[0].astype(mx.float32))
    with open(f"{OUT}/{case.name}.logits", "wb") as f:
        f.write(struct.pack("<2I", N_TOKENS, N_VOCAB) + ids.tobytes() + logits.tobytes())
        if case.predicts:
            eps = config["rms_norm_eps"]
            f.write(tiny_prediction.logits(model, prediction, around, ids, eps).tobytes())


def read_logits(case):
    with open(f"{OUT}/{case.name}.logits", "rb") as f:
        n_tokens, n_vocab = struct.unpack("<2I", f.read(8))
        ids = np.frombuffer(f.read(4 * n_tokens), np.int32)
        return ids, np.frombuffer(f.read(4 * n_tokens * n_vocab), np.float32).reshape(n_tokens, n_vocab)


def check_llamacpp(program, cases):
    """Differences of the logits; llama.cpp has K and V in f16 and most activations in 8 bits."""
    print(f"{'case':20} {'rms':>7} {'rms diff':>9} {'max diff':>9} {'same top':>9}")
    for case in cases:
        ids, expected = read_logits(case)
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/ids", "w") as f:
                f.write(" ".join(map(str, ids)))
            subprocess.run([program, "logits", f"{OUT}/{case.name}.gguf", f"{folder}/ids",
                            f"{folder}/out"], check=True, stderr=subprocess.DEVNULL)
            found = np.fromfile(f"{folder}/out", np.float32).reshape(expected.shape)
        if case.n_checked == 0:
            print(f"{case.name:20} departs, see the README")
            continue
        found, expected = found[:case.n_checked], expected[:case.n_checked]
        difference = found - expected
        same_top = np.mean(found.argmax(1) == expected.argmax(1))
        print(f"{case.name:20} {np.sqrt(np.mean(expected**2)):7.3f} "
              f"{np.sqrt(np.mean(difference**2)):9.5f} {np.abs(difference).max():9.5f} "
              f"{100 * same_top:8.1f}%")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check-llamacpp", metavar="PROGRAM")
    parser.add_argument("cases", nargs="*", metavar="CASE", help="all unless given")
    arguments = parser.parse_args()
    cases = [case for case in CASES if not arguments.cases or case.name in arguments.cases]
    if arguments.check_llamacpp:
        check_llamacpp(os.path.expanduser(arguments.check_llamacpp), cases)
        return
    mx.set_default_device(mx.cpu)
    os.makedirs(OUT, exist_ok=True)
    codec = Codec()
    for case in cases:
        make(case, codec)


if __name__ == "__main__":
    main()
