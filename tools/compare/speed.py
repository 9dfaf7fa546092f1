#!/usr/bin/env python3
"""Speed of ridge beside llama.cpp and ik_llama.cpp on one model file, in turns on one machine.

usage: speed.py MODEL [MODEL ...] --llamacpp TOOL [--ik-python PYTHON --ik-script SCRIPT] [--rounds 3]

Each round runs every engine once in a process of its own, so that a slow minute of the machine hits
all of them; figures are medians over the rounds. TOOL and SCRIPT take -p, -n, -d, -t, -r and print
one JSON line with pp_tok_s and tg_tok_s.
"""
import argparse
import json
import os
import statistics
import subprocess


def last_json(command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def ridge(args, model, p, n, d):
    done = subprocess.run([args.ridge, "bench", model, "-p", str(p), "-n", str(n), "-d", str(d),
                           "-t", str(args.threads), "-r", "1", "--no-history", "-o", "json"],
                          capture_output=True, text=True, check=True)
    rows = json.loads(done.stdout)
    prompt = next((r for r in rows if r["n_prompt"]), None)
    gen = next((r for r in rows if r["n_gen"]), None)
    return dict(pp=prompt and prompt["median_ts"], tg=gen and gen["median_ts"],
                bandwidth=rows[0]["bandwidth_bytes_per_second"],
                bytes_per_token=gen["bytes_per_token"] if gen else 0)


def peer(command, args, model, p, n, d):
    row = last_json([*command, model, "-p", p, "-n", n, "-d", d, "-t", args.threads, "-r", 1])
    return dict(pp=row["pp_tok_s"] if p else None, tg=row["tg_tok_s"] if n else None)


def median(rows, key):
    values = [row[key] for row in rows if row.get(key)]
    return statistics.median(values) if values else None


def ratio(ours, theirs):
    return f"{ours / theirs:5.2f}x" if ours and theirs else "     -"


def rate(value):
    return f"{value:8.1f}" if value else "       -"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--llamacpp", required=True)
    parser.add_argument("--ik-python")
    parser.add_argument("--ik-script")
    parser.add_argument("--ridge", default="build/release/ridge")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--tests", default="512:64:0,0:32:4096", help="prompt:generate:depth,...")
    args = parser.parse_args()

    engines = {"ridge": ridge,
               "llama.cpp": lambda *a: peer([args.llamacpp, "bench"], *a)}
    if args.ik_python:
        engines["ik_llama.cpp"] = lambda *a: peer([args.ik_python, args.ik_script], *a)
    tests = [tuple(map(int, t.split(":"))) for t in args.tests.split(",")]
    for model in args.models:
        for p, n, d in tests:
            rows = {name: [] for name in engines}
            for _ in range(args.rounds):
                for name, run in engines.items():
                    rows[name].append(run(args, model, p, n, d))
            for what, key, count in (("pp", "pp", p), ("tg", "tg", n)):
                if not count:
                    continue
                ours = median(rows["ridge"], key)
                line = f"{os.path.basename(model):28} {what}{count:<4} d{d:<5} ridge {rate(ours)}"
                for name in list(engines)[1:]:
                    theirs = median(rows[name], key)
                    line += f"  {name} {rate(theirs)} ({ratio(ours, theirs)})"
                if key == "tg":
                    read = ours * median(rows["ridge"], "bytes_per_token") / 1e9
                    bandwidth = median(rows["ridge"], "bandwidth") / 1e9
                    line += f"  {read:5.1f} of {bandwidth:5.1f} GB/s = {100 * read / bandwidth:3.0f} %"
                print(line, flush=True)


if __name__ == "__main__":
    main()
