#!/usr/bin/env python3
"""Compares ridge with llama.cpp on one model file: perplexity, KL divergence of the next-token
distributions, and greedy continuations. With --float32 also how far each engine is from float32
arithmetic on the same weights, de-quantised: both round activations, and two independent roundings
are further from each other than either is from the truth.

usage: quality.py MODEL --text FILE --llamacpp TOOL [--perplexity-tool TOOL] [--ridge RIDGE] [--float32]

TOOL is a program over llama.cpp's C API with `logits MODEL IDS OUT` and `generate MODEL IDS N`;
the perplexity tool is llama.cpp's llama-perplexity. Prints one JSON object.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import tempfile

import numpy as np


def run(*command, **kwargs):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **kwargs)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stderr[-2000:]}")
    return done


def tokenize(ridge, model, text):
    done = run(ridge, "tokenize", model, "--jsonl", "--bos", input=json.dumps(text) + "\n")
    return json.loads(done.stdout)


def logits_of(command, ids, n_vocab, folder):
    ids_file, out = os.path.join(folder, "ids"), os.path.join(folder, "out")
    with open(ids_file, "w") as f:
        f.write(" ".join(map(str, ids)))
    run(*(part.format(ids=ids_file, out=out) for part in command))
    rows = np.fromfile(out, np.float32)
    os.unlink(out)
    return rows.reshape(len(ids), n_vocab or -1)


def log_softmax(rows):
    rows = rows.astype(np.float64)
    rows -= rows.max(axis=1, keepdims=True)
    return rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))


def dequantise(source, target):
    """The same model with every tensor as float32."""
    import gguf  # only this leg needs it
    reader = gguf.GGUFReader(source)
    field = reader.get_field("general.architecture")
    writer = gguf.GGUFWriter(target, field.contents())
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        kind = field.types[0]
        sub_type = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=sub_type)
    for tensor in reader.tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        writer.add_tensor(tensor.name, np.ascontiguousarray(values, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class Engines:
    """Each engine by name: the command that writes the logits of a file of ids."""

    def __init__(self, args):
        self.folder = tempfile.mkdtemp(prefix="ridge-quality-")
        self.commands = dict(ridge=self.ridge(args, args.model),
                             llamacpp=self.llamacpp(args, args.model))
        if args.float32:
            exact = os.path.join(self.folder, "float32.gguf")
            dequantise(args.model, exact)
            self.commands |= dict(float32=self.llamacpp(args, exact),
                                  ridge_float32=self.ridge(args, exact))

    @staticmethod
    def ridge(args, model):
        return [args.ridge, "logits", model, "--ids", "{ids}", "-o", "{out}"]

    @staticmethod
    def llamacpp(args, model):
        return [args.llamacpp, "logits", model, "{ids}", "{out}"]

    def logits(self, name, ids):
        return logits_of(self.commands[name], ids, None, self.folder)


def divergence(engines, ids, n_windows, width):
    """Mean KL(a || b) for the pairs that say something, and agreement of the top token, over evenly
    spaced windows. The last pair shows that both float32 paths are the same function."""
    pairs = [("llamacpp", "ridge"), ("float32", "llamacpp"), ("float32", "ridge"),
             ("float32", "ridge_float32")]
    pairs = [pair for pair in pairs if all(name in engines.commands for name in pair)]
    n_total = len(ids) // width
    kl = {pair: [] for pair in pairs}
    agree = {pair: 0 for pair in pairs}
    for w in range(n_windows):
        first = (w * n_total // n_windows) * width
        rows = {name: log_softmax(engines.logits(name, ids[first:first + width]))
                for name in engines.commands}
        for a, b in pairs:
            kl[a, b].append((np.exp(rows[a]) * (rows[a] - rows[b])).sum(axis=1))
            agree[a, b] += int((rows[a].argmax(axis=1) == rows[b].argmax(axis=1)).sum())
    return {f"{a} || {b}": dict(positions=n_windows * width,
                                mean_kl=float(np.concatenate(kl[a, b]).mean()),
                                max_kl=float(np.concatenate(kl[a, b]).max()),
                                top1_agreement=agree[a, b] / (n_windows * width))
            for a, b in pairs}


def greedy(args, engines, ids, n_prompts, n_tokens):
    """Where ridge, fed llama.cpp's own continuation, would choose another token."""
    differences, n = [], 0
    step = len(ids) // n_prompts
    for p in range(n_prompts):
        prompt = ids[p * step:p * step + 16 + 8 * p]
        prompt_file = os.path.join(engines.folder, "prompt")
        with open(prompt_file, "w") as f:
            f.write(" ".join(map(str, prompt)))
        lines = run(args.llamacpp, "generate", args.model, prompt_file, n_tokens).stdout.split("\n")
        chosen = [(int(a), float(gap)) for a, gap in (l.split() for l in lines if l)]
        sequence = prompt + [a for a, _ in chosen[:-1]]
        chosen_by = {name: engines.logits(name, sequence)[len(prompt) - 1:].argmax(axis=1)
                     for name in ("ridge", "float32") if name in engines.commands}
        for i, (token, gap) in enumerate(chosen):
            n += 1
            choices = {name: int(ids[i]) for name, ids in chosen_by.items()}
            if choices["ridge"] != token:
                differences.append(dict(prompt=p, position=i, llamacpp=token, llamacpp_gap=gap)
                                   | choices)
    return dict(positions=n, differences=differences,
                worst_gap=max((d["llamacpp_gap"] for d in differences), default=0.0))


def perplexities(args, n_chunks):
    ours = json.loads(run(args.ridge, "perplexity", args.model, "-f", args.text, "--ctx", 512,
                          "--chunks", n_chunks, "--json").stdout)
    done = run(args.perplexity_tool, "-m", args.model, "-f", args.text, "-c", 512, "-b", 512,
               "--chunks", n_chunks)
    found = re.search(r"PPL = ([0-9.]+) \+/- ([0-9.]+)", done.stdout + done.stderr)
    theirs = float(found.group(1))
    return dict(ridge=ours["perplexity"], llamacpp=theirs, tokens=n_chunks * 512,
                difference_percent=100 * (ours["perplexity"] / theirs - 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--text", required=True)
    parser.add_argument("--llamacpp", required=True)
    parser.add_argument("--perplexity-tool")
    parser.add_argument("--ridge", default="build/release/ridge")
    parser.add_argument("--float32", action="store_true",
                        help="also measure against float32 (needs gguf and room for the file)")
    parser.add_argument("--chunks", type=int, default=40, help="perplexity windows of 512 tokens")
    parser.add_argument("--kl-windows", type=int, default=8)
    parser.add_argument("--prompts", type=int, default=20)
    parser.add_argument("--tokens", type=int, default=64)
    args = parser.parse_args()

    with open(args.text, encoding="utf-8") as f:
        ids = tokenize(args.ridge, args.model, f.read())
    engines = Engines(args)
    report = dict(model=os.path.basename(args.model))
    if args.perplexity_tool:
        report["perplexity"] = perplexities(args, args.chunks)
    if args.kl_windows:
        report["kl"] = divergence(engines, ids, args.kl_windows, 512)
    if args.prompts:
        report["greedy"] = greedy(args, engines, ids, args.prompts, args.tokens)
    shutil.rmtree(engines.folder)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
