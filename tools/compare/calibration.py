#!/usr/bin/env python3
"""How near `ridge plan` comes to `ridge bench` after `ridge calibrate`, on models it was not calibrated with.

usage: calibration.py [MODEL ...] [--ridge build/release/ridge] [--rounds 3] [--synth Llama-3.2-1B:Q4_K_M ...] [--quick]

Each of --rounds rounds calibrates, in a data folder of its own, then plans each model and measures it, each run in a
process of its own, so that a machine whose speed moves within minutes moves both sides. Shown are medians, of
the rounds' errors too. Calibration
takes its constants from random models: a small one of its own shape, SmolLM2-135M's in Q8_0 and Qwen3-0.6B's in
Q4_K_M; models of other shapes are the proof. Without MODEL it takes those of the store that are there. Exits with 1 where one is off by more than 10 %.
It needs a quiet machine and takes about six minutes; --quick measures little, to see that it works.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

USUAL = ["smollm2-135m", "gemma3-270m", "qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"]
SYNTHETIC = ["Llama-3.2-1B:Q4_K_M", "Qwen3-1.7B:Q4_K_M"]
MOST_OFF = 0.10


class Ridge:
    def __init__(self, program, data):
        self.program = program
        self.env = os.environ | {"RIDGE_DATA": str(data)}

    def run(self, *arguments, may_fail=False):
        done = subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True, env=self.env)
        if done.returncode and not may_fail:
            raise SystemExit(f"ridge {' '.join(map(str, arguments))}\n{done.stderr[-2000:]}")
        return None if done.returncode else done.stdout

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--json"))


def planned(ridge, model):
    """Tokens/s of an empty cache, and of a prompt."""
    plan = ridge.json("plan", model, "-c", 2048)
    first = plan["depths"][0]
    return first["decode"], first["prefill"]


def measured(ridge, model, n_gen, n_prompt):
    rows = ridge.json("bench", model, "-p", n_prompt, "-n", n_gen, "-r", 1, "--no-history")
    gen = next(row for row in rows if row["n_gen"])
    prompt = next((row for row in rows if row["n_prompt"]), None)
    return gen["median_ts"], prompt and prompt["median_ts"]


def synthesized(ridge, folder, wanted):
    name, _, file_type = wanted.partition(":")
    path = folder / f"{name}-{file_type}.gguf"
    ridge.run("synth", "--shape", name, "--type", file_type or "Q4_K_M", "-o", path)
    return path


def middle(rows, value):
    return statistics.median(value(row) for row in rows)


def report(rounds):
    """rounds: of each model the (decode planned, prompts planned, decode seen, prompts seen) of each round."""
    worst = 0.0
    print(f"{'model':28} {'decode planned':>22} {'measured':>9} {'off':>8} {'prompts planned':>16} {'measured':>9} {'off':>8}")
    for name, rows in rounds.items():
        decode_off = middle(rows, lambda r: r[0]["tok_s"] / r[2] - 1)
        prompt_off = middle(rows, lambda r: r[1]["tok_s"] / r[3] - 1)
        worst = max(worst, abs(decode_off))
        interval = (f"{middle(rows, lambda r: r[0]['tok_s']):.1f} ({middle(rows, lambda r: r[0]['low']):.1f}"
                    f" to {middle(rows, lambda r: r[0]['high']):.1f})")
        print(f"{name:28} {interval:>22} {middle(rows, lambda r: r[2]):9.1f} {100 * decode_off:+6.1f} %"
              f" {middle(rows, lambda r: r[1]['tok_s']):16.1f} {middle(rows, lambda r: r[3]):9.1f} {100 * prompt_off:+6.1f} %")
    print(f"decode is off by {100 * worst:.1f} % at most")
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*")
    parser.add_argument("--ridge", default="build/release/ridge")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--synth", nargs="*", default=SYNTHETIC, metavar="SHAPE:TYPE")
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ridge-calibration-") as folder:
        folder = pathlib.Path(folder)
        ridge = Ridge(args.ridge, folder / "data")
        names = args.models or [m for m in USUAL if ridge.run("inspect", m, may_fail=True) is not None]
        paths = {str(name): name for name in names}
        if not args.quick:
            paths |= {path.stem: path for path in (synthesized(ridge, folder, wanted) for wanted in args.synth)}
        rounds = {name: [] for name in paths}
        for _ in range(1 if args.quick else args.rounds):
            ridge.run("calibrate", "-r", 1 if args.quick else 3)
            for name, path in paths.items():
                seen = measured(ridge, path, 16 if args.quick else 64, 64 if args.quick else 512)
                rounds[name].append((*planned(ridge, path), *seen))
        print((folder / "data" / "machine.json").read_text())
        worst = report(rounds)
    print(f"{time.monotonic() - began:.0f} s")
    raise SystemExit(worst > MOST_OFF)


if __name__ == "__main__":
    main()
