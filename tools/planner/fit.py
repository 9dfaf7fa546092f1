#!/usr/bin/env python3
"""Fits the constants of src/planner/speed.h to data/measurements.csv and writes data/calibration.json.

What a row must read and compute comes from `ridge plan --jsonl` itself, so that the constants belong to the very
figures they are used with:

    tools/planner/fit.py build/release/ridge            writes data/calibration.json and prints the validation tables
    tools/planner/fit.py build/release/ridge --check    prints alone

Decode: 1/rate = weights/(e BW) + max(cache/(e_kv BW), attention/(share R_w)) + layers c[kind], divided by a factor of the
chip where rows of the chip exist. Prefill: 1/rate = m[kind] F_w/R_w + a F_att/R_w + p weights/(BW tokens a pass).
Both are sums of known figures times unknown constants of a family (engine x kind of hardware), fitted by least squares
on relative errors, large ones counted by their size and not its square (Huber), drawn to a common prior where a family
has few rows. Chip factors are medians of residuals, shrunk by n/(n + 2).
"""
import argparse
import csv
import datetime
import json
import math
import pathlib
import subprocess

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
KINDS = ["dense", "moe", "hybrid", "latent"]
# c of a kind over c of dense layers where a family has no rows of it: the median over families that have both.
LAYER_RATIO = {"dense": 1.0, "moe": 1.5, "hybrid": 2.2, "latent": 2.2}
LAYER_US = {"apple": 150, "apple-m5": 80, "spark": 25, "strix-halo": 40, "cpu": 100}
# e where a family has few rows: what others report of it.
EFFICIENCY = {"cpu": 0.58, "arc": 0.5, "radeon": 0.75, "datacenter": 0.55}
PREFILL_RATIO = {"dense": 1.0, "moe": 1.8, "hybrid": 2.5, "latent": 1.8}
# Of R_w: what attention of single queries computes with at most. Metal's decode at depth with eight query heads a KV
# head (16 operations a byte) is bound by it: 2.7 of the M2 Ultra's 16.4 TFLOP/s.
DECODE_ATTENTION_SHARE = 0.165
HUBER = 0.1
CHIP_SHRINK = 2.0


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
            }
        )
    return usable


def family_of(row):
    return row["engine"], row["family"]


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


class Decode:
    name = "decode"

    @staticmethod
    def rows(rows):
        return [r for r in rows if r["decode"] and r["streams"] == 1]

    @staticmethod
    def prior(family):
        layer = LAYER_US.get(family[1], 50) * 1e-6
        return {"weights": 1 / EFFICIENCY.get(family[1], 0.85), "cache": 1 / 0.6} | {k: LAYER_RATIO[k] * layer for k in KINDS}

    @staticmethod
    def terms(row, x):
        cache = row["kv_bytes"] / row["bandwidth"]
        compute = row["decode_attention_flops"] / (DECODE_ATTENTION_SHARE * row["flops"])
        out = {"weights": row["weight_bytes"] / row["bandwidth"], row["kind"]: row["layers"]}
        if cache * x["cache"] >= compute:
            return out | {"cache": cache}, 0.0
        return out, compute

    @staticmethod
    def seconds(row, x):
        terms, fixed = Decode.terms(row, x)
        return fixed + sum(x[k] * v for k, v in terms.items())

    @staticmethod
    def priors(names, prior):
        def unit(**entries):
            return [entries.get(n, 0.0) for n in names]

        out = [
            (unit(weights=1 / prior["weights"]), 1, 0.5),
            (unit(cache=1 / prior["cache"]), 1, 0.1),
            (unit(dense=1 / prior["dense"]), 1, 0.03),
        ]
        return out + [(unit(**{k: 1 / prior[k], "dense": -1 / prior["dense"]}), 0, 0.3) for k in KINDS[1:]]

    floors = {"weights": 1 / 0.98, "cache": 1 / 1.0}

    @staticmethod
    def bound(row):
        return row["bandwidth"] / row["weight_bytes"]


class Prefill:
    name = "prefill"

    @staticmethod
    def rows(rows):
        return [r for r in rows if r["prefill"] and r["devices"] == 1]

    @staticmethod
    def prior(family):
        return {"attention": 1.3, "pass": 0.5} | PREFILL_RATIO

    @staticmethod
    def terms(row, x):
        return {
            row["kind"]: row["weight_flops"] / row["flops"],
            "attention": row["attention_flops"] / row["flops"],
            "pass": row["pass_bytes"] / (row["bandwidth"] * row["pass_tokens"]),
        }, 0.0

    @staticmethod
    def seconds(row, x):
        terms, fixed = Prefill.terms(row, x)
        return fixed + sum(x[k] * v for k, v in terms.items())

    @staticmethod
    def priors(names, prior):
        def unit(**entries):
            return [entries.get(n, 0.0) for n in names]

        out = [
            (unit(attention=1 / prior["attention"]), 1, 0.1),
            (unit(dense=1.0), 1, 0.3),
            (unit(**{"pass": 1 / prior["pass"]}), 1, 0.3),
        ]
        return out + [(unit(**{k: 1 / prior[k], "dense": -1.0}), 0, 0.3) for k in KINDS[1:]]

    floors = {"attention": 0.2, "pass": 0.0, "dense": 0.5, "moe": 0.5, "hybrid": 0.5, "latent": 0.5}

    @staticmethod
    def bound(row):
        return math.inf


def fit_family(model, rows, family):
    x = model.prior(family)
    names = list(x)
    weights = np.ones(len(rows))
    for _ in range(8):
        terms, target = [], []
        for row in rows:
            parts, fixed = model.terms(row, x)
            rate = row[model.name]
            terms.append([parts.get(n, 0.0) * rate for n in names])
            target.append(1 - fixed * rate)
        floors = [model.floors.get(n, 1e-7) for n in names]
        values = least_squares(
            np.array(terms), np.array(target), weights, model.priors(names, model.prior(family)), floors
        )
        x = dict(zip(names, values.tolist()))
        weights = huber(np.array([math.log(model.seconds(r, x) * r[model.name]) for r in rows]))
    return x


def chip_factors(model, rows, x):
    by_chip = {}
    for r in rows:
        by_chip.setdefault(r["chip"], []).append(-math.log(model.seconds(r, x) * r[model.name]))
    return {
        chip: math.exp(-float(np.median(e)) * len(e) / (len(e) + CHIP_SHRINK))  # measured over predicted, shrunk
        for chip, e in by_chip.items()
    }


def train(model, rows):
    families = {}
    for r in rows:
        families.setdefault(family_of(r), []).append(r)
    fitted = {}
    for family, members in families.items():
        x = fit_family(model, members, family)
        fitted[family] = (x, chip_factors(model, members, x), len(members))
    return fitted


def predict(model, fitted, row):
    family = family_of(row)
    if family in fitted:
        x, chips, _ = fitted[family]
    else:
        same = [f for f in fitted if f[1] == family[1]]
        x, chips = (fitted[same[0]][0], {}) if same else (model.prior(family), {})
    return min(chips.get(row["chip"], 1.0) / model.seconds(row, x), model.bound(row))


def left_out(model, rows, key):
    """(row, log of predicted over measured), each predicted without the rows that share its key."""
    out = []
    for value in sorted({key(r) for r in rows}):
        fitted = train(model, [r for r in rows if key(r) != value])
        out += [(r, math.log(predict(model, fitted, r) / r[model.name])) for r in rows if key(r) == value]
    return out


KEYS = {
    "model": lambda r: r["model"],
    "chip": lambda r: r["chip"],
    "chip and model": lambda r: r["chip"] + "/" + r["model"],
}
GROUPS = {"dense": lambda r: r["kind"] == "dense", "other": lambda r: r["kind"] != "dense"}


def interval(errors):
    """Log factors from a prediction to the ends of its 80 % interval."""
    return [float(np.quantile(-errors, 0.1)), float(np.quantile(-errors, 0.9))]


def intervals(model, rows, residuals):
    """Of a family's own residuals where it has twelve of a group, drawn to those of all families."""
    out = {}
    for group, belongs in GROUPS.items():
        every = np.array([e for r, e in residuals if belongs(r)])
        out[("all", group)] = interval(every)
        for family in {family_of(r) for r in rows}:
            own = np.array([e for r, e in residuals if belongs(r) and family_of(r) == family])
            if len(own) >= 12:
                share = len(own) / (len(own) + 20)
                mixed = [share * a + (1 - share) * b for a, b in zip(interval(own), interval(every))]
                out[(family, group)] = mixed
    return out


def interval_of(table, row):
    group = "dense" if row["kind"] == "dense" else "other"
    return table.get((family_of(row), group), table[("all", group)])


def report(model, residuals_by_key, table):
    print(f"| {model.name}, left out | rows | n | median error | 90th percentile | inside 80 % interval |")
    print("|---|---|--:|--:|--:|--:|")
    for key, residuals in residuals_by_key.items():
        for group, belongs in GROUPS.items():
            own = [(r, e) for r, e in residuals if belongs(r)]
            errors = np.array([abs(math.expm1(e)) for _, e in own])
            inside = np.mean([lo <= -e <= hi for r, e in own for lo, hi in [interval_of(table, r)]])
            name = "dense" if group == "dense" else "MoE, hybrid, latent"
            print(
                f"| whole {key} | {name} | {len(own)} | {100 * np.median(errors):.1f} % |"
                f" {100 * np.quantile(errors, 0.9):.0f} % | {100 * inside:.0f} % |"
            )
    print()


def fit_streams(rows, fitted):
    """Share of R_w that steps of several streams compute with, by family."""
    shares = {}
    several = [r for r in rows if r["decode"] and r["streams"] > 1 and r["devices"] == 1]
    for family in sorted({family_of(r) for r in several}):
        own = [r for r in several if family_of(r) == family]
        x, chips, _ = fitted[family]

        def error(share):
            return np.median(
                [
                    abs(math.log(step_seconds(r, x, share) * r["decode"] / (r["streams"] * chips.get(r["chip"], 1))))
                    for r in own
                ]
            )

        shares[family] = float(min(np.arange(0.1, 2.0, 0.02), key=error))
        print(f"streams: {family} share {shares[family]:.2f}, median error {100 * error(shares[family]):.1f} %, n {len(own)}")
    return shares


def step_seconds(row, x, share):
    one = row | {"weight_bytes": row["step_bytes"]}
    streams = row["streams"]
    alone = Decode.seconds(row | {"kv_bytes": 0, "decode_attention_flops": 0, "weight_bytes": row["step_bytes"]}, x)
    cache = Decode.seconds(one, x) - alone
    return alone + streams * cache + (streams - 1) * row["weight_flops"] / (share * row["flops"])


def rounded(value):
    return float(f"{value:.4g}")


def write(path, decode, prefill, tables, streams):
    families = []
    for family in sorted(set(decode) | set(prefill)):
        entry = {"engine": family[0], "hardware": family[1]}
        if family in decode:
            x, chips, n = decode[family]
            entry["decode"] = {
                "n": n,
                "e": rounded(1 / x["weights"]),
                "e_kv": rounded(1 / x["cache"]),
                "layer_us": {k: rounded(x[k] * 1e6) for k in KINDS},
                "chips": {c: rounded(f) for c, f in sorted(chips.items())},
            }
        if family in prefill:
            x, chips, n = prefill[family]
            entry["prefill"] = {
                "n": n,
                "cost": {k: rounded(x[k]) for k in KINDS},
                "attention_cost": rounded(x["attention"]),
                "pass_cost": rounded(x["pass"]),
                "chips": {c: rounded(f) for c, f in sorted(chips.items())},
            }
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
    arguments = parser.parse_args()
    rows = read_rows(arguments.program, ROOT / "data" / "measurements.csv")
    fitted, tables = {}, {}
    for model in (Decode, Prefill):
        own = model.rows(rows)
        fitted[model.name] = train(model, own)
        residuals = {name: left_out(model, own, key) for name, key in KEYS.items()}
        tables[model.name] = intervals(model, own, residuals["model"] + residuals["chip"])
        report(model, residuals, tables[model.name])
    streams = fit_streams(rows, fitted["decode"])
    if not arguments.check:
        write(ROOT / "data" / "calibration.json", fitted["decode"], fitted["prefill"], tables, streams)


if __name__ == "__main__":
    main()
