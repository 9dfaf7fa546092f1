#!/usr/bin/env python3
"""Builds XGrammar, which turns grammars into token masks, from its pinned source archive.

  tools/xgrammar.py get [VARIANT]   builds it below RIDGE_CACHE unless it is there, prints the folder
                                    with lib/ and include/. VARIANT: plain, or thread for programs
                                    under thread sanitizer

CMake calls it; a second tree or clone finds what the first has built.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

from fetch import FetchError, cache_root, locked, pip_download, plain_disk_errors, report_and_exit

PACKAGE = "xgrammar==0.2.8"
SHA256 = "8305646fd2b319d6c3003f51a1665e54cbbe9cba1fb636bc41d0b46434ccbb80"
# Part of the folder's name: raise it when the build below changes.
RECIPE = 1
# No link-time objects, which only this compiler could read; no instructions beyond the baseline; its
# messages through functions that src/grammar defines.
FLAGS = "-O2 -fno-lto -Wno-error -w -DXGRAMMAR_LOG_CUSTOMIZE=1"
VARIANTS = {"plain": "", "thread": " -fsanitize=thread -fno-omit-frame-pointer"}


def run(command, log):
    done = subprocess.run(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        log.seek(0)
        last = "".join(log.readlines()[-20:])
        raise FetchError(f"building {PACKAGE} failed at `{' '.join(map(str, command))}`:\n{last}")


def compile_into(prefix, source, variant, log):
    build = source / "ridge-build"
    build.mkdir()
    (build / "config.cmake").write_text("set(XGRAMMAR_BUILD_PYTHON_BINDINGS OFF)\n"
                                        "set(XGRAMMAR_BUILD_CXX_TESTS OFF)\n"
                                        "set(XGRAMMAR_ENABLE_CPPTRACE OFF)\n"
                                        "set(XGRAMMAR_ENABLE_COVERAGE OFF)\n"
                                        "set(XGRAMMAR_ENABLE_INTERNAL_CHECK OFF)\n")
    run(["cmake", "-G", "Ninja", "-S", source, "-B", build, "-DCMAKE_BUILD_TYPE=Release",
         "-DCMAKE_INSTALL_LIBDIR=lib", "-DCMAKE_CXX_COMPILER=g++", f"-DCMAKE_INSTALL_PREFIX={prefix}",
         f"-DCMAKE_CXX_FLAGS={FLAGS}{VARIANTS[variant]}"], log)
    run(["ninja", "-C", build, "install"], log)


def build_at(prefix, variant):
    """Builds beside the prefix and moves it there whole, so that a folder of that name is complete."""
    with tempfile.TemporaryDirectory(dir=prefix.parent, prefix=".build-") as scratch:
        scratch = pathlib.Path(scratch)
        print(f"building {PACKAGE} ({variant}), once, in about two minutes", file=sys.stderr)
        with pip_download(PACKAGE, scratch, ["--no-binary=xgrammar"],
                          SHA256) as archive, tarfile.open(archive) as tar:
            tar.extractall(scratch / "source", filter="data")
        (source,) = (scratch / "source").iterdir()
        with open(scratch / "log", "w+", encoding="utf-8") as log:
            compile_into(scratch / "prefix", source, variant, log)
        shutil.copy(source / "LICENSE", scratch / "prefix")
        os.rename(scratch / "prefix", prefix)


def get(variant):
    root = cache_root() / "xgrammar"
    prefix = root / f"{PACKAGE.replace('==', '-')}-{RECIPE}-{variant}"
    with plain_disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        with locked(root / f".lock-{variant}"):
            if not prefix.is_dir():
                build_at(prefix, variant)
    print(prefix)


def main():
    arguments = sys.argv[1:]
    if len(arguments) not in (1, 2) or arguments[0] != "get" or arguments[-1] not in ("get", *VARIANTS):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    get(arguments[1] if len(arguments) == 2 else "plain")
    return 0


if __name__ == "__main__":
    report_and_exit(main)
