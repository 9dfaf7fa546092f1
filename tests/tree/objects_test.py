"""usage: objects_test.py OBJECT_FOLDER [unittest options]

What the linker sees of the kernels. An instruction-set level is compiled with flags that most machines
lack, so that nothing of it may be picked for the whole program: an inline function emitted as a weak
symbol in an AVX object can replace the baseline copy, and then dies on an older CPU."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BASELINE = "generic"


def symbols(obj):
    """(kind, demangled name) of every symbol that the object defines."""
    said = subprocess.run(["nm", "--defined-only", "--demangle", obj], capture_output=True, text=True, check=True).stdout
    return [tuple(row.split(" ", 2)[1:]) for row in said.splitlines() if re.match(r"[0-9a-f]+ \w ", row)]


def check_object(name, found):
    problems = []
    for kind, symbol in found:
        if kind in "WVwvu":
            problems.append(f"{name}: weak symbol {symbol}: call it from the baseline, or keep it in an anonymous namespace")
        elif kind.isupper() and not re.fullmatch(r"(ridge::)?(\w+::)*install_\w+\(.*\)", symbol):
            problems.append(f"{name}: exports {symbol}: an instruction-set object exports install_… alone")
    return problems


class Objects(unittest.TestCase):
    folder = None

    def test_instruction_set_objects_export_their_installers_alone(self):
        levels = {path.parent.name for path in self.folder.glob("**/kernels/*/*.o")}
        self.assertIn(BASELINE, levels, f"no kernel objects below {self.folder}")
        problems = []
        for obj in sorted(self.folder.glob("**/kernels/*/*.o")):
            level = obj.parent.name
            if level != BASELINE and "_test.cpp" not in obj.name:
                problems += check_object(f"{level}/{obj.name}", symbols(obj))
        self.assertFalse(problems, "\n" + "\n".join(problems))

    @unittest.skipUnless(shutil.which("g++"), "needs a compiler")
    def test_a_planted_leak_is_found(self):
        source = """namespace ridge::avx2 {
            inline int leak(int x) { return x + 1; }
            int (*volatile taken)(int) = leak;
            void helper() {}
            void install_it(int&) {} }"""
        with tempfile.TemporaryDirectory() as folder:
            obj = pathlib.Path(folder) / "planted.o"
            subprocess.run(["g++", "-x", "c++", "-c", "-o", obj, "-"], input=source, text=True, check=True)
            problems = check_object("planted", symbols(obj))
        self.assertEqual(len(problems), 3, problems)
        self.assertTrue(any("weak symbol ridge::avx2::leak(int)" in p for p in problems), problems)
        self.assertTrue(any("exports ridge::avx2::helper()" in p for p in problems), problems)


if __name__ == "__main__":
    Objects.folder = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
