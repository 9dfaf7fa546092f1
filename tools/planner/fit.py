#!/usr/bin/env python3
"""Fits the constants of src/planner/speed.h to data/measurements.csv and writes data/calibration.json.

What a row must read and compute comes from `ridge plan --jsonl` itself, so that the constants belong to the very
figures they are used with:

    tools/planner/fit.py build/release/ridge            writes data/calibration.json and prints the validation tables
    tools/planner/fit.py build/release/ridge --check    prints alone
    tools/planner/fit.py build/release/ridge --rows     prints each row's error without its model, without its chip

Both formulas are sums of known figures times unknown constants. These are fitted by least squares on relative errors,
large ones counted by their size and not its square (Huber), first to all rows, then to those of a platform (engine and
kind of driver), then to those of a family (engine and kind of hardware); each fit is drawn to the one before it, so that
a machine unlike any measured one is predicted by what it has in common with others. Chip factors are medians of
residuals, shrunk by n/(n + 2). Rows marked suspect are not read. Rows without flash attention have a constant of their
own for the cache, which nothing is predicted with.
"""
import argparse
import collections
import csv
import dataclasses
import datetime
import json
import math
import pathlib
import re
import subprocess
from collections.abc import Callable

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
KINDS = ["dense", "moe", "hybrid", "latent"]
PLATFORMS = {"apple": "metal", "apple-m5": "metal", "geforce": "cuda", "datacenter": "cuda", "spark": "cuda",
             "strix-halo": "vulkan", "radeon": "vulkan", "arc": "vulkan", "cpu": "cpu"}
# Of R_w: what attention of single queries computes with at most. Metal's decode at depth with eight query heads a KV
# head (16 operations a byte) is bound by it: 2.7 of the M2 Ultra's 16.4 TFLOP/s.
DECODE_ATTENTION_SHARE = 0.165
# Of nominal bandwidth, that processors read of their memory: 40 of 51, 70 of 96, 160 of 205 GB/s, less what decoding
# weights costs them.
CPU_EFFICIENCY = 0.6
HUBER = 0.1
DRAWN = 2.0  # how strongly a platform is drawn to all rows, and a family to its platform
CHIP_SHRINK = 2.0
# Ends of the 80 % interval among residuals: outside of 10 and 90 %, since rows come in families of their own, and the next
# model or chip differs more from these than they do among themselves.
INTERVAL = 0.065
INTERVAL_DRAWN = 60  # rows, that a family's own interval is drawn to that of all families by


def is_plain(row):
    """Whether it was measured without flash attention, which was off where nobody said otherwise until 2025."""
    said_on = "FA on" in row["source"]
    return "no flash attention" in row["note"] or (row["date"][:4] in ("2023", "2024") and not said_on)


def read_rows(program, path):
    rows = [r for r in csv.DictReader(open(path)) if r["split"] != "suspect"]
    questions = [
        {
            "model": r["model"],
            "quant": r["quant"],
            "hardware": r["hardware"],
            "engine": r["engine"],
            "kv_type": r["kv_type"],
            "depth": int(r["depth_tokens"]),
            "streams": int(r["batch"]),
            "pp_tokens": int(r["pp_tokens"] or 512),
            "tg_tokens": int(r["tg_tokens"] or 128),
        }
        for r in rows
    ]
    text = "".join(json.dumps(q) + "\n" for q in questions)
    done = subprocess.run([program, "plan", "--jsonl"], input=text, capture_output=True, text=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(rows), done.stderr
    usable = []
    for row, answer in zip(rows, answers):
        if "error" in answer:
            print(f"row {row['id']}: {answer['error']}")
            continue
        if row["arch"] == "cluster":
            continue
        work = answer["work"]
        usable.append(
            work
            | {
                "model": row["model"],
                "streams": int(row["batch"]),
                "devices": int(row["n_devices"]),
                "decode": float(row["tg_tps"]) if row["tg_tps"] else None,
                "prefill": float(row["pp_tps"]) if row["pp_tps"] else None,
                "plain_attention": is_plain(row),
                "row": row,
            }
        )
    return usable


def family_of(row):
    return row["engine"], row["family"]


def platform_of(row):
    return row["engine"], PLATFORMS[row["family"]]


@dataclasses.dataclass(frozen=True)
class Formula:
    """Seconds a token: a sum of terms(row) times constants, and a part that is known."""

    name: str
    rows: Callable  # rows -> those that it speaks of
    terms: Callable  # row, constants -> {constant: factor}, seconds that are known
    base: dict  # constants before anything was measured
    strength: dict  # in rows, how firmly each is drawn to where it comes from
    floors: dict  # what no constant can be below
    bound: Callable  # row -> rate that physics allows
    ratios: tuple = ()  # constants that are drawn by their ratio to "dense", in place of their size

    def seconds(self, row, x):
        terms, known = self.terms(row, x)
        return known + sum(x[k] * v for k, v in terms.items())

    def error(self, row, x):
        """Logarithm of predicted over measured seconds."""
        return math.log(self.seconds(row, x) * row[self.name])

    def priors(self, prior, times):
        def unit(**entries):
            return [entries.get(n, 0.0) for n in prior]

        out = [(unit(**{k: 1 / prior[k]}), 1, times * s) for k, s in self.strength.items() if k not in self.ratios]
        return out + [
            (unit(**{k: 1 / prior[k], "dense": -1 / prior["dense"]}), 0, times * self.strength[k]) for k in self.ratios
        ]


def decode_terms(row, x):
    cache = row["kv_bytes"] / row["bandwidth"]
    out = {"weights": row["weight_bytes"] / row["bandwidth"], row["kind"]: row["layers"]}
    if row["plain_attention"]:
        return out | {"plain_cache": cache}, 0.0
    compute = row["decode_attention_flops"] / (DECODE_ATTENTION_SHARE * row["flops"])
    if cache * x["cache"] >= compute:
        return out | {"cache": cache}, 0.0
    return out, compute


DECODE = Formula(
    name="decode",
    rows=lambda rows: [r for r in rows if r["decode"] and r["streams"] == 1],
    terms=decode_terms,
    base={"weights": 1 / 0.85, "cache": 1 / 0.6, "plain_cache": 1 / 0.3,
          "dense": 60e-6, "moe": 90e-6, "hybrid": 130e-6, "latent": 130e-6},
    strength={"weights": 0.5, "cache": 0.1, "plain_cache": 0.1, "dense": 0.03, "moe": 0.3, "hybrid": 0.3, "latent": 0.3},
    floors={"weights": 1 / 0.98, "cache": 1.0, "plain_cache": 1.0},
    bound=lambda row: row["bandwidth"] / row["weight_bytes"],
    ratios=("moe", "hybrid", "latent"),
)


def prefill_terms(row, x):
    flops = row["flops"]
    attention = "plain_attention" if row["plain_attention"] else "attention"
    return {
        "shared": (row["weight_flops"] - row["expert_flops"]) / flops,
        "experts": row["expert_flops"] / flops,
        "expert_s": row["expert_flops"],
        attention: row["attention_flops"] / flops,
        "pass": row["pass_bytes"] / (row["bandwidth"] * row["pass_tokens"]),
        "recurrent_s": row["recurrent_layers"],
    }, 0.0


PREFILL = Formula(
    name="prefill",
    rows=lambda rows: [r for r in rows if r["prefill"] and r["devices"] == 1],
    terms=prefill_terms,
    base={"shared": 1.0, "experts": 1.0, "expert_s": 1 / 65e12, "attention": 1.1, "plain_attention": 1.5, "pass": 0.6,
          "recurrent_s": 2e-6},
    strength={"shared": 0.3, "experts": 0.3, "expert_s": 0.1, "attention": 0.1, "plain_attention": 0.1, "pass": 0.3,
              "recurrent_s": 0.1},
    floors={"shared": 0.5, "experts": 0.3, "attention": 0.2, "plain_attention": 0.2},
    bound=lambda row: math.inf,
)


def least_squares(terms, target, weights, priors, floors):
    """Minimises the weighted squares of terms @ x - target plus priors (row, value, weight), x >= floors."""
    a = [terms * np.sqrt(weights)[:, None]] + [np.array([row]) * math.sqrt(w) for row, _, w in priors]
    b = [target * np.sqrt(weights)] + [np.array([value * math.sqrt(w)]) for _, value, w in priors]
    a, b = np.vstack(a), np.concatenate(b)
    free = np.ones(a.shape[1], bool)
    x = np.array(floors, float)
    for _ in range(a.shape[1]):
        rest = b - a[:, ~free] @ x[~free]
        x[free] = np.linalg.lstsq(a[:, free], rest, rcond=None)[0]
        low = free & (x < floors)
        if not low.any():
            break
        x[low] = np.array(floors)[low]
        free &= ~low
    return x


def huber(errors):
    return np.minimum(1, HUBER / np.maximum(np.abs(errors), 1e-9))


def fit(formula, rows, prior, times):
    x = dict(prior)
    weights = np.ones(len(rows))
    floors = [formula.floors.get(n, 1e-3 * v) for n, v in prior.items()]
    # Columns of like size, or the solver takes those of FLOPs for dependent.
    scale = np.array([prior[n] for n in prior])
    priors = [(np.array(row) * scale, value, w) for row, value, w in formula.priors(prior, times)]
    for _ in range(8):
        terms, target = [], []
        for row in rows:
            parts, known = formula.terms(row, x)
            rate = row[formula.name]
            terms.append([parts.get(n, 0.0) * rate for n in prior])
            target.append(1 - known * rate)
        values = least_squares(np.array(terms) * scale, np.array(target), weights, priors, np.array(floors) / scale)
        x = dict(zip(prior, (values * scale).tolist()))
        weights = huber(np.array([formula.error(r, x) for r in rows]))
    return x


def grouped(rows, key):
    groups = collections.defaultdict(list)
    for r in rows:
        groups[key(r)].append(r)
    return groups


def chip_factors(formula, rows, x):
    out = {}
    for chip, members in grouped(rows, lambda r: r["chip"]).items():
        error = float(np.median([formula.error(r, x) for r in members]))
        out[chip] = math.exp(error * len(members) / (len(members) + CHIP_SHRINK))  # predicted over measured seconds
    return out


@dataclasses.dataclass
class Fitted:
    overall: dict
    platforms: dict  # platform -> constants
    families: dict  # family -> constants, chip factors, number of rows


def train(formula, rows):
    overall = fit(formula, rows, formula.base, 1.0)
    platforms, families = {}, {}
    for platform, members in grouped(rows, platform_of).items():
        prior = dict(overall)
        if platform[1] == "cpu" and "weights" in prior:
            prior["weights"] = 1 / CPU_EFFICIENCY
        platforms[platform] = fit(formula, members, prior, DRAWN)
    for family, members in grouped(rows, family_of).items():
        x = fit(formula, members, platforms[platform_of(members[0])], DRAWN)
        families[family] = (x, chip_factors(formula, members, x), len(members))
    return Fitted(overall, platforms, families)


def constants_for(fitted, row):
    """Constants and factor: of the family, its platform, its hardware with another engine, or of all rows."""
    if family_of(row) in fitted.families:
        x, chips, _ = fitted.families[family_of(row)]
        return x, chips.get(row["chip"], 1.0)
    if platform_of(row) in fitted.platforms:
        return fitted.platforms[platform_of(row)], 1.0
    others = [x for (_, hardware), (x, _, _) in fitted.families.items() if hardware == row["family"]]
    return (others or [fitted.overall])[0], 1.0


def predict(formula, fitted, row):
    x, factor = constants_for(fitted, row)
    return min(factor / formula.seconds(row | {"plain_attention": False}, x), formula.bound(row))


def left_out(formula, rows, key):
    """(row, log of predicted over measured), each predicted without the rows that share its key."""
    out = []
    for members in grouped(rows, key).values():
        fitted = train(formula, [r for r in rows if key(r) != key(members[0])])
        out += [(r, math.log(predict(formula, fitted, r) / r[formula.name])) for r in members]
    return out


def silicon(row):
    """The chip under its names: one that is driven in two ways is left out whole."""
    return re.sub(r" \(.*", "", row["chip"])


KEYS = {
    "model": lambda r: r["model"],
    "chip": silicon,
    "chip and model": lambda r: silicon(r) + "/" + r["model"],
}
GROUPS = {"dense": lambda r: r["kind"] == "dense", "other": lambda r: r["kind"] != "dense"}


def group_of(row):
    return "dense" if row["kind"] == "dense" else "other"


def interval(errors):
    """Log factors from a prediction to the ends of its 80 % interval."""
    return [float(np.quantile(-errors, INTERVAL)), float(np.quantile(-errors, 1 - INTERVAL))]


def intervals(rows, residuals):
    """Of a family's own residuals where it has twelve of a group, drawn to those of all families."""
    out = {}
    for group, belongs in GROUPS.items():
        every = np.array([e for r, e in residuals if belongs(r)])
        out[("all", group)] = interval(every)
        for family in {family_of(r) for r in rows}:
            own = np.array([e for r, e in residuals if belongs(r) and family_of(r) == family])
            if len(own) >= 12:
                share = len(own) / (len(own) + INTERVAL_DRAWN)
                mixed = [share * a + (1 - share) * b for a, b in zip(interval(own), interval(every))]
                out[(family, group)] = mixed
    return out


def interval_of(table, row):
    group = group_of(row)
    return table.get((family_of(row), group), table[("all", group)])


def covered(rows, residuals, key, pool):
    """Shares of rows inside of intervals that were made without the residuals that share their key."""
    inside = collections.defaultdict(list)
    for value in {key(r) for r, _ in residuals}:
        table = intervals(rows, [(r, e) for r, e in pool if key(r) != value])
        for r, e in residuals:
            if key(r) == value:
                low, high = interval_of(table, r)
                inside[group_of(r)].append(low <= -e <= high)
    return {group: np.mean(flags) for group, flags in inside.items()}


def report(formula, rows, residuals_by_key, pool):
    print(f"| {formula.name}, left out | rows | n | median error | 90th percentile | inside 80 % interval |")
    print("|---|---|--:|--:|--:|--:|")
    for key, residuals in residuals_by_key.items():
        shares = covered(rows, residuals, KEYS[key], pool)
        for group, belongs in GROUPS.items():
            own = [(r, e) for r, e in residuals if belongs(r)]
            errors = np.array([abs(math.expm1(e)) for _, e in own])
            name = "dense" if group == "dense" else "MoE, hybrid, latent"
            print(
                f"| whole {key} | {name} | {len(own)} | {100 * np.median(errors):.1f} % |"
                f" {100 * np.quantile(errors, 0.9):.0f} % | {100 * shares[group]:.0f} % |"
            )
    print()


def print_rows(formula, residuals):
    by_chip = {r["row"]["id"]: e for r, e in residuals["chip"]}
    print("error without its model, without its chip:")
    for r, e in residuals["model"]:
        row = r["row"]
        print(
            f"{100 * math.expm1(e):+6.0f} % {100 * math.expm1(by_chip[row['id']]):+6.0f} %  {r[formula.name]:9.1f} tok/s "
            f" {row['hardware']}, {row['engine']}, {row['model']} {row['quant']}, depth {row['depth_tokens']},"
            f" prompt {row['pp_tokens']}, id {row['id']}"
        )
    print()


def fit_streams(rows, fitted):
    """Share of R_w that steps of several streams compute with, by family."""
    shares = {}
    several = [r for r in rows if r["decode"] and r["streams"] > 1 and r["devices"] == 1]
    for family in sorted({family_of(r) for r in several}):
        own = [r for r in several if family_of(r) == family]

        def error(share):
            errors = []
            for r in own:
                x, factor = constants_for(fitted, r)
                errors.append(abs(math.log(step_seconds(r, x, share) * r["decode"] / (r["streams"] * factor))))
            return np.median(errors)

        shares[family] = float(min(np.arange(0.1, 2.0, 0.02), key=error))
        print(f"streams: {family} share {shares[family]:.2f}, median error {100 * error(shares[family]):.1f} %, n {len(own)}")
    return shares


def step_seconds(row, x, share):
    one = row | {"weight_bytes": row["step_bytes"]}
    streams = row["streams"]
    alone = DECODE.seconds(one | {"kv_bytes": 0, "decode_attention_flops": 0}, x)
    cache = DECODE.seconds(one, x) - alone
    return alone + streams * cache + (streams - 1) * row["weight_flops"] / (share * row["flops"])


def rounded(value):
    return float(f"{value:.4g}")


def decode_entry(x):
    return {
        "e": rounded(1 / x["weights"]),
        "e_kv": rounded(1 / x["cache"]),
        "layer_us": {k: rounded(x[k] * 1e6) for k in KINDS},
    }


def prefill_entry(x):
    return {
        "shared_cost": rounded(x["shared"]),
        "expert_cost": rounded(x["experts"]),
        "expert_us_per_gflop": rounded(x["expert_s"] * 1e15),
        "attention_cost": rounded(x["attention"]),
        "pass_cost": rounded(x["pass"]),
        "recurrent_layer_us": rounded(x["recurrent_s"] * 1e6),
    }


ENTRIES = {"decode": decode_entry, "prefill": prefill_entry}


def write(path, fitted, tables, streams):
    families = []
    for family in sorted({f for parts in fitted.values() for f in parts.families}):
        entry = {"engine": family[0], "hardware": family[1]}
        for name, parts in fitted.items():
            if family not in parts.families:
                continue
            x, chips, n = parts.families[family]
            factors = {c: rounded(f) for c, f in sorted(chips.items())}
            entry[name] = {"n": n} | ENTRIES[name](x) | {"chips": factors}
        if family in streams:
            entry["streams_share"] = rounded(streams[family])
        for name, table in tables.items():
            for group in GROUPS:
                if (family, group) in table and name in entry:
                    entry[name].setdefault("interval", {})[group] = [rounded(v) for v in table[(family, group)]]
        families.append(entry)
    document = {
        "schema": 1,
        "date": datetime.date.today().isoformat(),
        "source": "tools/planner/fit.py, data/measurements.csv",
        "decode_attention_share": DECODE_ATTENTION_SHARE,
        "interval": {
            name: {group: [rounded(v) for v in table[("all", group)]] for group in GROUPS}
            for name, table in tables.items()
        },
        "families": families,
    }
    lines = json.dumps(document, indent=1).splitlines()
    path.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--rows", action="store_true", help="print the error of each row")
    arguments = parser.parse_args()
    rows = read_rows(arguments.program, ROOT / "data" / "measurements.csv")
    fitted, tables = {}, {}
    for formula in (DECODE, PREFILL):
        own = formula.rows(rows)
        fitted[formula.name] = train(formula, own)
        residuals = {name: left_out(formula, own, key) for name, key in KEYS.items()}
        pool = residuals["model"] + residuals["chip"]
        tables[formula.name] = intervals(own, pool)
        report(formula, own, residuals, pool)
        if arguments.rows:
            print_rows(formula, residuals)
    streams = fit_streams(rows, fitted["decode"])
    if not arguments.check:
        write(ROOT / "data" / "calibration.json", fitted, tables, streams)


if __name__ == "__main__":
    main()
