"""usage: documents_test.py RIDGE [unittest options]

What the documents name exists: paths, make targets, and commands and flags of ridge."""
import functools
import pathlib
import re
import subprocess
import sys
import unittest

from tree import ROOT, read_tree

DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"]
FILE_SUFFIX = r"\.(h|cpp|inl|py|sh|md|txt|json|cmake|yml|jinja|gguf)"
# Made by a build or a set-up, so absent from a fresh clone.
MADE_LATER = ("build/", "~/", "$")


def documents():
    folders = [ROOT / name for name in ("docs", "src", "tests", "tools")]
    paths = [ROOT / name for name in DOCUMENTS] + [path for folder in folders for path in sorted(folder.rglob("*.md"))]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def code_spans(text):
    """(line number, code) for each `span` and each line of a fenced block."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced:
            yield number, line.strip()
        else:
            for span in re.findall(r"`([^`]+)`", line):
                yield number, span


def named_paths(code):
    """Words that are meant as files or folders of the repository. `<name>`, `*` and {a,b} are patterns; a
    word that begins with one, or with foo, names no place but a kind of file."""
    for word in re.split(r"[\s,;()\"']+(?![^{]*\})", code):
        word = word.strip(".:") if not word.startswith(".") else word.rstrip(".:")
        if not word or re.fullmatch(FILE_SUFFIX, word) or word.startswith(("-", "/", "*", "<", "foo", "http", *MADE_LATER)) or "…" in word or "=" in word:
            continue
        if re.fullmatch(r"[\w.<>{},*+-]+(/[\w.<>{},*+-]+)*/?", word) and ("/" in word or re.search(FILE_SUFFIX + "$", word)):
            yield word


def expand_braces(pattern):
    found = re.search(r"\{([^{}]*)\}", pattern)
    if not found:
        return [pattern]
    return [whole for choice in found[1].split(",")
            for whole in expand_braces(pattern[:found.start()] + choice + pattern[found.end():])]


def path_exists(word, here=ROOT):
    """From the root, from src/ as an #include names it, or from the document's own folder; a bare file name
    anywhere in the code."""
    if "/" not in word and any(True for folder in ("src", "tests", "tools") for _ in (ROOT / folder).rglob(word)):
        return True
    for pattern in expand_braces(re.sub(r"<[^>]*>", "*", word)):
        if not any(True for base in (ROOT, ROOT / "src", here) for _ in base.glob(pattern.rstrip("/"))):
            return False
    return True


def links(text):
    for number, line in enumerate(text.splitlines(), 1):
        for target in re.findall(r"\]\(([^)#\s]+)", line):
            if "://" not in target:
                yield number, target


@functools.cache
def make_targets():
    rules = re.findall(r"^([a-z][a-z -]*):", (ROOT / "Makefile").read_text(), re.M)
    return {name for rule in rules for name in rule.split()}


def check_paths(name, text):
    folder = (ROOT / name).parent
    problems = [f"{name}:{number}: there is no {word}" for number, code in code_spans(text)
                for word in named_paths(code) if not path_exists(word, folder)]
    return problems + [f"{name}:{number}: the link {target} leads nowhere" for number, target in links(text)
                       if not (folder / target).exists()]


def check_comments(files):
    """Code refers its reader to documents, tools and tests by their paths."""
    return [f"{path}:{number}: there is no {word}" for path, text in files.items()
            for number, line in enumerate(text.splitlines(), 1)
            for word in re.findall(r"\b(?:docs|tools|tests|data)/[\w/.-]+\.(?:md|py|sh|json|cpp|h)\b", line)
            if not path_exists(word)]


def check_make(name, text):
    return [f"{name}:{number}: the Makefile has no target {target}" for number, code in code_spans(text)
            for target in re.findall(r"\bmake ([a-z-]+)\b", code) if target not in make_targets()]


def check_commands(name, text, help_of):
    """help_of(words): the help text of `ridge words… --help`, or None if there is no such command."""
    problems = []
    for number, code in code_spans(text):
        for command, rest in re.findall(r"(?:^|[ /|`(])ridge ([a-z]+)((?: [^|]*)?)", code):
            shown = help_of(command)
            if shown is None:
                problems.append(f"{name}:{number}: ridge has no command {command}")
                continue
            problems += [f"{name}:{number}: ridge {command} has no flag {flag}"
                         for flag in re.findall(r"(?<=\s)(--?[a-zA-Z][a-z0-9-]*)", rest) if not re.search(rf"(?<![\w-]){flag}\b", shown)]
    return problems


class Documents(unittest.TestCase):
    ridge = None

    @functools.cache
    def help_of(self, command):
        shown = subprocess.run([self.ridge, command, "--help"], capture_output=True, text=True, timeout=60)
        return shown.stdout if f"ridge {command} [" in shown.stdout else None

    def expect_clean(self, problems):
        self.assertFalse(problems, "\n" + "\n".join(problems))

    def test_the_three_documents_are_there_and_short(self):
        for name in DOCUMENTS:
            self.assertLessEqual(len((ROOT / name).read_text().splitlines()), 140, f"{name} is longer than two pages")

    def test_every_path_exists(self):
        self.expect_clean([p for name, text in documents().items() for p in check_paths(name, text)])

    def test_every_path_in_the_code_exists(self):
        files = {path: text for path, text in read_tree().items() if not path.startswith("tests/tree/")}
        self.expect_clean(check_comments(files))

    def test_every_make_target_exists(self):
        self.expect_clean([p for name, text in documents().items() for p in check_make(name, text)])

    def test_every_command_and_flag_exists(self):
        self.expect_clean([p for name, text in documents().items() for p in check_commands(name, text, self.help_of)])

    def test_planted_mistakes_are_found(self):
        help_of = {"run": "ridge run MODEL\n  -p,--prompt TEXT", "chat": "ridge chat"}.get
        self.assertEqual(check_paths("README.md", "see `src/nowhere/x.h`, `tools/setup.sh` and `src/<folder>/CMakeLists.txt`"),
                         ["README.md:1: there is no src/nowhere/x.h"])
        self.assertEqual(check_paths("README.md", "`src/{base,nope}/CMakeLists.txt` [a](tools/none.md)"),
                         ["README.md:1: there is no src/{base,nope}/CMakeLists.txt", "README.md:1: the link tools/none.md leads nowhere"])
        self.assertEqual(check_comments({"src/a.h": "// see docs/nowhere.md and tools/setup.sh"}), ["src/a.h:1: there is no docs/nowhere.md"])
        self.assertEqual(check_make("README.md", "```\nmake test\nmake coffee\n```"), ["README.md:3: the Makefile has no target coffee"])
        self.assertEqual(check_commands("README.md", "`ridge run M -p x`, `ridge fly`\n`build/release/ridge run M --prompts x`", help_of),
                         ["README.md:1: ridge has no command fly", "README.md:2: ridge run has no flag --prompts"])


if __name__ == "__main__":
    Documents.ridge = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
