"""Every C++ file is as clang-format 19 would write it."""
import re
import shutil
import subprocess
import unittest

from tree import ROOT, TreeTest, read_tree

FORMATTER = shutil.which("clang-format-19")


def check_format(names, **options):
    said = subprocess.run([FORMATTER, "--dry-run", *names], cwd=ROOT, capture_output=True, text=True, **options).stderr
    first = {path: line for path, line in reversed(re.findall(r"^([^:\n]+):(\d+):\d+: warning", said, re.M))}
    return [f"{path}:{line}: not in the house format: run `make format`" for path, line in sorted(first.items())]


@unittest.skipUnless(FORMATTER, "clang-format-19 is not installed")
class Format(TreeTest):
    def test_every_file_is_in_the_house_format(self):
        self.expect_clean(check_format(read_tree(suffixes=(".h", ".cpp"))))

    def test_a_planted_mistake_is_found(self):
        found = check_format(["--assume-filename=src/base/a.cpp"], input="int  f( ){return 1;}\n")
        self.assertEqual(found, ["src/base/a.cpp:1: not in the house format: run `make format`"])


if __name__ == "__main__":
    unittest.main()
