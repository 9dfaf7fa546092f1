"""The layer of a tiny model that predicts the token after next, and what it must say. mlx-lm leaves these layers out; here one
of its own decoder layers, taken from the end of the model, stands for the block, and what is around it is composed after
DeepSeek-V3 (arXiv:2412.19437, 2.2) with the state that the originals' training and vLLM give it: the normed one. Used by
make_tiny.py."""
import mlx.core as mx
import numpy as np
from mlx_lm.models.base import create_causal_mask


def cut(model):
    """Takes the last layer off the model and returns it."""
    return getattr(model, "language_model", model).model.layers.pop()


def write(writer, i, d_model, codec, qtype, rng):
    """Writes what stands around the block of layer i; returns it as decoded."""
    noise = rng.standard_normal((d_model, 2 * d_model)).astype(np.float32) / np.float32(np.sqrt(2 * d_model))
    stored = codec.encode(noise, qtype, rng)
    writer.add_tensor(f"blk.{i}.nextn.eh_proj.weight", stored, raw_dtype=qtype)
    parts = {"eh_proj": codec.decode(stored, qtype).reshape(noise.shape)}
    for norm in ("enorm", "hnorm", "shared_head_norm"):
        parts[norm] = (1 + 0.2 * rng.standard_normal(d_model)).astype(np.float32)
        writer.add_tensor(f"blk.{i}.nextn.{norm}.weight", parts[norm])
    return {name: mx.array(values) for name, values in parts.items()}


def logits(model, layer, parts, ids, eps):
    """[n - 1, n_vocab]: row i reads token i + 1 and the model's state of token i."""
    text_model = getattr(model, "language_model", model)
    states = text_model.model(mx.array(ids)[None])[:, :-1]
    embeddings = text_model.model.embed_tokens(mx.array(ids[1:])[None])

    def norm(x, name):
        return x * mx.rsqrt((x * x).mean(-1, keepdims=True) + eps) * parts[name]

    stream = mx.concatenate([norm(embeddings, "enorm"), norm(states, "hnorm")], axis=-1) @ parts["eh_proj"].T
    own = norm(layer(stream, mask=create_causal_mask(stream.shape[1]), cache=None), "shared_head_norm")
    head = text_model.lm_head if "lm_head" in text_model else text_model.model.embed_tokens.as_linear
    return np.array(head(own)[0].astype(mx.float32))
