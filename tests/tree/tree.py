"""What the tests of the source tree share. A check is a function from {path: text} to a list of
problems, each "path:line: the rule that is broken", so that it can be tried on planted mistakes too."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CODE = (".h", ".cpp", ".inc")


def read_tree(folders=("src", "tests"), suffixes=CODE):
    """{path relative to the root: text} of every such file."""
    files = {}
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in suffixes:
                files[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
    return files


def lines(text):
    """(line number, line), counted from one."""
    return enumerate(text.splitlines(), 1)


def is_test(path):
    return path.startswith("tests/") or path.endswith("_test.cpp") or path.endswith("_fuzz.cpp")


def without_comments(text):
    """The same lines with comments blanked; string literals stay."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
    return token.sub(lambda m: re.sub(r"[^\n]", " ", m[0]) if m[0].startswith("/") else m[0], text)


def without_literals(text):
    """The same lines with comments and the insides of literals blanked."""
    token = re.compile(r'R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
    return token.sub(lambda m: '"' + re.sub(r"[^\n]", " ", m[0][1:-1]) + '"', without_comments(text))


class TreeTest(unittest.TestCase):
    def expect_clean(self, problems):
        if problems:
            self.fail("\n" + "\n".join(problems))

    def expect_finds(self, check, path, text, words):
        """The check finds exactly one problem in the planted file, and it says `words`."""
        problems = check({path: text})
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(words, problems[0])
        self.assertTrue(problems[0].startswith(path), problems[0])
