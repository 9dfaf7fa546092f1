#!/usr/bin/env python3
"""How near `ridge plan` comes to `ridge bench` after `ridge calibrate`, on models it was not calibrated with.

usage: calibration.py [MODEL ...] [--ridge build/release/ridge] [--rounds 3] [--synth Llama-3.2-1B:Q4_K_M ...] [--quick]

Calibrates once, in a data folder of its own, then plans each model and measures it in turns, --rounds times, each
run in a process of its own, so that a slow minute of the machine hits all of them. Shown are medians. Calibration
takes its constants from random models: a small one of its own shape, SmolLM2-135M's in Q8_0 and Qwen3-0.6B's in
Q4_K_M; models of other shapes are the proof. Without MODEL it takes those of the store that are there. Exits with 1 where one is off by more than 10 %.
It needs a quiet machine and takes about four minutes; --quick measures little, to see that it works.
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
    return first["decode"], first["prefill"], plan["provenance"]


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


def off(predicted, seen):
    return f"{100 * (predicted / seen - 1):+5.1f} %"


def report(names, plans, rates):
    worst = 0.0
    print(f"{'model':28} {'decode planned':>22} {'measured':>9} {'off':>8} {'prompts planned':>16} {'measured':>9} {'off':>8}")
    for name in names:
        decode, prefill, provenance = plans[name]
        seen = statistics.median(rate for rate, _ in rates[name])
        prompts = statistics.median(prompt for _, prompt in rates[name])
        worst = max(worst, abs(decode["tok_s"] / seen - 1))
        interval = f"{decode['tok_s']:.1f} ({decode['low']:.1f} to {decode['high']:.1f})"
        print(f"{name:28} {interval:>22} {seen:9.1f} {off(decode['tok_s'], seen):>8}"
              f" {prefill['tok_s']:16.1f} {prompts:9.1f} {off(prefill['tok_s'], prompts):>8}")
    print(f"{provenance}; decode is off by {100 * worst:.1f} % at most")
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
        ridge.run("calibrate", "-r", 1 if args.quick else 3)
        print(f"calibrated after {time.monotonic() - began:.0f} s")
        print((folder / "data" / "machine.json").read_text())
        plans, rates = {}, {name: [] for name in paths}
        for _ in range(1 if args.quick else args.rounds):
            for name, path in paths.items():
                plans[name] = planned(ridge, path)
                rates[name].append(measured(ridge, path, 16 if args.quick else 64, 64 if args.quick else 512))
        worst = report(list(paths), plans, rates)
    print(f"{time.monotonic() - began:.0f} s")
    raise SystemExit(worst > MOST_OFF)


if __name__ == "__main__":
    main()
