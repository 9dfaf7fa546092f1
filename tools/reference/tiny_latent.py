"""How llama.cpp's converter arranges latent attention (DeepSeek V2 and V3, GLM-4.7-Flash). Used by make_tiny.py."""
from gguf import ExpertGatingFuncType

# What newer converters call the halves of kv_b, one of which mlx-lm has under other names.
HALVES = {"embed_q": "k_b_proj", "unembed_out": "v_b_proj"}


def is_latent(config):
    return "kv_lora_rank" in config


def is_split(config):
    """Converters before April 2025 left kv_b whole, and K and V of every head were cached."""
    return config["num_key_value_heads"] == 1


def is_arranged(name, config):
    return is_latent(config) and is_split(config) and "kv_b_proj" in name


def converter_name(name):
    for original, half in HALVES.items():
        name = name.replace(original, half)
    return name


def random_gain(name):
    """Of matrices that make scores; None: an ordinary weight."""
    return 1.3 if any(part in name for part in ("q_b_proj", "kv_b_proj", "embed_q")) else None


def write_arranged(name, values, config, write):
    """Splits kv_b: for each head rows of K, which are transposed, then of V. Calls write(name, rows) -> rows as the
    file has them. Returns what mlx is to compute with."""
    nope = config["qk_nope_head_dim"]
    result = values.reshape(config["num_attention_heads"], nope + config["v_head_dim"], -1).copy()
    k = write(name.replace("kv_b_proj", "k_b_proj"), result[:, :nope].swapaxes(1, 2))
    result[:, :nope] = k.swapaxes(1, 2)
    result[:, nope:] = write(name.replace("kv_b_proj", "v_b_proj"), result[:, nope:])
    return result.reshape(values.shape)


def write_metadata(writer, config):
    if not is_latent(config):
        return
    latent, rope = config["kv_lora_rank"], config["qk_rope_head_dim"]
    k_dim, v_dim = config["qk_nope_head_dim"] + rope, config["v_head_dim"]
    writer.add_q_lora_rank(config["q_lora_rank"] or 0)
    writer.add_kv_lora_rank(latent)
    if is_split(config):
        writer.add_key_length(latent + rope)
        writer.add_value_length(latent)
        writer.add_key_length_mla(k_dim)
        writer.add_value_length_mla(v_dim)
    else:
        writer.add_key_length(k_dim)
        writer.add_value_length(v_dim)
    writer.add_rope_dimension_count(rope)
    if config.get("rope_scaling"):
        writer.add_rope_scaling_yarn_log_mul(0.1 * config["rope_scaling"]["mscale_all_dim"])
    writer.add_leading_dense_block_count(config["first_k_dense_replace"])
    writer.add_expert_shared_count(config["n_shared_experts"])
    writer.add_expert_weights_scale(config["routed_scaling_factor"])
    writer.add_expert_weights_norm(config.get("norm_topk_prob", False))
    is_biased = config["topk_method"] == "noaux_tc"
    writer.add_expert_gating_func(
        ExpertGatingFuncType.SIGMOID if is_biased else ExpertGatingFuncType.SOFTMAX)
    if config["n_group"] > 1:
        writer.add_expert_group_count(config["n_group"])
        writer.add_expert_group_used_count(config["topk_group"])
