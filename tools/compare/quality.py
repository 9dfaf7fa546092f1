#!/usr/bin/env python3
"""Compares ridge with llama.cpp on one model file: perplexity, KL divergence of the next-token
distributions, and greedy continuations.

usage: quality.py MODEL --text FILE --llamacpp TOOL [--perplexity-tool TOOL] [--ridge RIDGE]

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


class Engines:
    def __init__(self, args):
        self.ours = [args.ridge, "logits", args.model, "--ids", "{ids}", "-o", "{out}"]
        self.theirs = [args.llamacpp, "logits", args.model, "{ids}", "{out}"]
        self.folder = tempfile.mkdtemp(prefix="ridge-quality-")

    def both(self, ids):
        return (logits_of(self.ours, ids, None, self.folder),
                logits_of(self.theirs, ids, None, self.folder))


def divergence(engines, ids, n_windows, width):
    """KL(llama.cpp || ridge) and agreement of the top token over evenly spaced windows."""
    n_total = len(ids) // width
    kl, agree, n = [], 0, 0
    for w in range(n_windows):
        first = (w * n_total // n_windows) * width
        ours, theirs = map(log_softmax, engines.both(ids[first:first + width]))
        kl.append((np.exp(theirs) * (theirs - ours)).sum(axis=1))
        agree += int((ours.argmax(axis=1) == theirs.argmax(axis=1)).sum())
        n += width
    kl = np.concatenate(kl)
    return dict(positions=n, mean_kl=float(kl.mean()), max_kl=float(kl.max()),
                top1_agreement=agree / n)


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
        ours = logits_of(engines.ours, sequence, None, engines.folder)[len(prompt) - 1:]
        for i, (token, gap) in enumerate(chosen):
            n += 1
            if int(ours[i].argmax()) != token:
                differences.append(dict(prompt=p, position=i, llamacpp=token,
                                        ridge=int(ours[i].argmax()), llamacpp_gap=gap))
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
    parser.add_argument("--ridge", default="build/release/src/cli/ridge")
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
