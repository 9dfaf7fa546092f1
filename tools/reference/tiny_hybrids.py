"""How llama.cpp's converter arranges the layers of hybrids: gated delta nets (Qwen3-Next, Qwen 3.5) and
short convolutions (LFM2). Used by make_tiny.py."""
import numpy as np


def has_delta_net(config):
    return "linear_num_value_heads" in config


def is_arranged(name):
    return any(part in name for part in ("linear_attn.", "conv.conv.", "A_log", "dt_bias"))


def heads(order, dim):
    """Rows of the heads in this order, dim rows each."""
    return (np.asarray(order)[:, None] * dim + np.arange(dim)).ravel()


def delta_net_parts(name, config):
    """[(what the part is called, its rows in the original, in the file's order)]; None: all as they are."""
    n_k, n_v = config["linear_num_key_heads"], config["linear_num_value_heads"]
    k_dim, v_dim = config["linear_key_head_dim"], config["linear_value_head_dim"]
    shared = n_v // n_k
    if "in_proj_qkvz" in name:  # by key head: its q, its k, then v and z of its value heads
        sizes = [k_dim, k_dim, shared * v_dim, shared * v_dim]
        starts = np.arange(n_k)[:, None] * sum(sizes)
        ends = np.cumsum([0, *sizes])
        q, k, v, z = ((starts + np.arange(begin, end)).ravel() for begin, end in zip(ends, ends[1:]))
        return [(name.replace("qkvz", "qkv"), np.concatenate([q, k, v])), (name.replace("qkvz", "z"), z)]
    renamed = name.replace("dt_bias", "dt_proj.bias")
    if config["model_type"] == "qwen3_next":
        return [(renamed, None)]
    # Qwen 3.5: value heads so that the key heads repeat, instead of neighbours that share one.
    order = np.arange(n_v).reshape(n_k, shared).T.ravel()
    if "in_proj_qkv" in name or "conv1d" in name:
        n_qk = 2 * n_k * k_dim
        return [(renamed, np.concatenate([np.arange(n_qk), n_qk + heads(order, v_dim)]))]
    if "in_proj_z" in name:
        return [(renamed, heads(order, v_dim))]
    if any(part in name for part in ("in_proj_a", "in_proj_b", "A_log", "dt_bias")):
        return [(renamed, order)]
    return [(renamed, None)]


def columns(name, config):
    """Of the original, in the file's order; None: as they are."""
    if "linear_attn.out_proj" not in name or config["model_type"] == "qwen3_next":
        return None
    n_k, n_v = config["linear_num_key_heads"], config["linear_num_value_heads"]
    order = np.arange(n_v).reshape(n_k, n_v // n_k).T.ravel()
    return heads(order, config["linear_value_head_dim"])


def random_value(name, noise):
    """Memories that last some ten tokens; None: an ordinary weight."""
    if name.endswith("A_log"):
        return 0.7 * noise - 0.5
    if name.endswith("dt_bias"):
        return 0.5 * noise - 1.0
    if "conv1d" in name or "conv.conv" in name:
        return noise / np.float32(np.sqrt(noise.shape[1]))
    return None


def write_arranged(name, values, config, write):
    """Calls write(name, rows) -> rows as the file has them, for each part. Returns what mlx is to compute with."""
    shape, is_log = values.shape, name.endswith("A_log")
    values = values.squeeze(-1) if values.ndim == 3 else values  # of a convolution
    result = values.copy()
    parts = delta_net_parts(name, config) if has_delta_net(config) else [(name, None)]
    cols = columns(name, config)
    for part, rows in parts:
        rows = np.arange(values.shape[0]) if rows is None else rows
        stored = values[rows] if cols is None else values[rows][:, cols]
        decoded = write(part, -np.exp(stored) if is_log else stored)
        if is_log:
            decoded = np.log(-decoded)
        if cols is not None:
            decoded = decoded[:, np.argsort(cols)]
        result[rows] = decoded
    return result.reshape(shape)


def write_metadata(writer, config):
    if has_delta_net(config):
        n_v, v_dim = config["linear_num_value_heads"], config["linear_value_head_dim"]
        writer.add_ssm_conv_kernel(config["linear_conv_kernel_dim"])
        writer.add_ssm_state_size(config["linear_key_head_dim"])
        writer.add_ssm_group_count(config["linear_num_key_heads"])
        writer.add_ssm_time_step_rank(n_v)
        writer.add_ssm_inner_size(n_v * v_dim)
        writer.add_full_attention_interval(config["full_attention_interval"])
        rope = config.get("rope_parameters", config)
        writer.add_rope_dimension_count(int(config["head_dim"] * rope["partial_rotary_factor"]))
        if "mrope_section" in rope:
            writer.add_rope_dimension_sections([*rope["mrope_section"], 0])
    if "conv_L_cache" in config:
        writer.add_shortconv_l_cache(config["conv_L_cache"])
