"""The ladder: which folder may include which, who may use what beyond the standard library, and where
GGUF's names and the outside world may appear."""
import re
import unittest

from tree import ROOT, TreeTest, is_test, lines, read_tree, without_comments, without_literals

# A folder includes itself, what its row names, and what those include in turn.
LADDER = {
    "base": [],
    "hub": ["base"],
    "history": ["base"],
    "tensor": ["base"],
    "gguf": ["tensor"],
    "spec": ["gguf"],
    "synth": ["spec"],
    "backend": ["tensor"],
    "cpu": ["backend"],
    "kv": ["spec", "backend"],
    "model": ["kv"],
    "text": ["gguf"],
    "sample": ["tensor"],
    "engine": ["model", "text", "sample"],
    "bench": ["engine"],
    "grammar": ["sample"],
    "chat": ["text", "grammar"],
    "server": ["engine", "chat"],
    "planner": ["model"],
    "cli": ["bench", "cpu", "hub", "history", "synth", "server", "planner"],
}
# Tests of these folders run on a real back end.
TESTS_MAY_ALSO = {"kv": ["cpu"], "model": ["cpu"], "engine": ["cpu", "synth"], "bench": ["cpu"]}

STANDARD_LIBRARY_ONLY = set(LADDER) - {"hub", "history", "text", "grammar", "chat", "server", "planner", "cli"}
JSON_FOLDERS = ("grammar", "chat", "server", "planner", "cli")
STANDARD = set("""
algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits
clocale cmath compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint cstdio
cstdlib cstring ctime cuchar cwchar cwctype deque exception execution filesystem forward_list fstream functional
future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory
memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator
semaphore set shared_mutex span sstream stack stdexcept stop_token streambuf string string_view strstream
system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant
vector version
""".split())
# The operating system and the instruction set, where a folder's work is to know them.
SYSTEM = {
    "base": r"(sys/\w+|unistd|fcntl|pthread|sched|signal|stdlib)\.h",
    "gguf": r"(sys/stat|unistd|fcntl)\.h",
    "bench": r"(sys/(file|mman|resource|stat)|unistd|fcntl)\.h",
    "cpu": r"(sys/mman|sys/auxv|sys/sysctl|asm/hwcap|unistd|sched|pthread|immintrin|cpuid|arm_neon)\.h",
}

# Literals that are names of GGUF's keys and tensors.
GGUF_NAME = re.compile(r'"((general|tokenizer|split)\.[a-z_.]+'
                       r'|\.(attention|rope|ssm|expert_\w+)\.[a-z_.]+'
                       r'|\.(block_count|embedding_length|context_length|feed_forward_length|vocab_size)\b'
                       r'|blk\.|token_embd|output_norm)')
# Ollama's API shows the keys of a file under their own names.
GGUF_NAMES_BELONG_TO = ("src/spec/arch/", "src/spec/", "src/gguf/", "src/text/", "src/server/ollama/")

OUTSIDE_WORLD = re.compile(r"\b(std::c(out|err|log|in)\b|(std::|::)?(getenv|setenv|secure_getenv)\s*\(|(std::|::)?v?f?printf\s*\("
                           r"|(std::)?(puts|fputs|putchar|perror)\s*\(|(std::|::|\b)_?exit\s*\(|std::quick_exit|std::terminate\s*\()")
MAY_PRINT = ("src/cli/", "src/base/check.cpp")


def closure(folder):
    reached, todo = set(), [folder]
    while todo:
        if (name := todo.pop()) not in reached:
            reached.add(name)
            todo += LADDER[name]
    return reached


def allowed_for(path):
    folder = path.split("/")[1]
    allowed = closure(folder)
    if is_test(path):
        for extra in TESTS_MAY_ALSO.get(folder, []):
            allowed |= closure(extra)
    return allowed


def check_folders(files):
    problems = []
    for path, text in files.items():
        if not path.startswith("src/"):
            continue
        if path.split("/")[1] not in LADDER:
            problems.append(f"{path}:1: the folder is not on the ladder (tests/tree/layers_test.py, ARCHITECTURE.md)")
            continue
        for number, line in lines(without_comments(text)):
            included = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not included:
                continue
            target = included[1].split("/")[0]
            if "/" not in included[1]:
                problems.append(f'{path}:{number}: include "{included[1]}" by its path from src/')
            elif target in ("support", "tests") and is_test(path):
                continue
            elif target not in allowed_for(path):
                problems.append(f"{path}:{number}: {path.split('/')[1]} may not include {included[1]}: it may use "
                                f"{', '.join(sorted(allowed_for(path)))}")
    return problems


def check_own_header_first(files):
    problems = []
    for path, text in files.items():
        own = re.sub(r"(_test)?\.cpp$", ".h", path).removeprefix("src/")
        includes = re.findall(r'^\s*#\s*include\s+["<]([^">]+)', without_comments(text), re.M)
        if path.startswith("src/") and path.endswith(".cpp") and own in includes and includes[0] != own:
            problems.append(f"{path}:1: include {own}, its own header, first")
    return problems


def check_libraries(files):
    problems = []
    for path, text in files.items():
        if not path.startswith("src/") or is_test(path):
            continue
        folder = path.split("/")[1]
        for number, line in lines(without_comments(text)):
            included = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
            if not included or included[1] in STANDARD:
                continue
            name = included[1]
            if name.startswith("nlohmann/") and folder not in JSON_FOLDERS:
                problems.append(f"{path}:{number}: JSON types stay in {', '.join(JSON_FOLDERS)}, and this includes <{name}>")
            elif folder in STANDARD_LIBRARY_ONLY and not re.fullmatch(SYSTEM.get(folder, "-"), name):
                problems.append(f"{path}:{number}: {folder} uses the standard library alone, and this includes <{name}>")
    return problems


def check_gguf_names(files):
    problems = []
    for path, text in files.items():
        if not path.startswith("src/") or is_test(path) or path.startswith(GGUF_NAMES_BELONG_TO):
            continue
        for number, line in lines(without_comments(text)):
            if found := GGUF_NAME.search(line):
                problems.append(f"{path}:{number}: the GGUF name {found[0]} belongs in src/spec, src/gguf or src/text")
    return problems


def check_outside_world(files):
    problems = []
    for path, text in files.items():
        if not path.startswith("src/") or is_test(path) or path.startswith(MAY_PRINT):
            continue
        for number, line in lines(without_literals(text)):
            if found := OUTSIDE_WORLD.search(line):
                problems.append(f"{path}:{number}: libraries never print, exit or read the environment: {found[0].strip()}")
    return problems


def check_links(files):
    """ridge_library(a LINK ridge_b …) in src/a/CMakeLists.txt keeps to the ladder."""
    problems = []
    for path, text in files.items():
        folder = path.split("/")[1]
        call = re.search(rf"ridge_library\({folder}\b([^)]*)\)", text)
        linked = re.findall(r"\bridge_(\w+)", call[1].split("TEST_LINK")[0]) if call else []
        for name in linked:
            if name in LADDER and name not in closure(folder):
                problems.append(f"{path}:1: {folder} may not link ridge_{name}")
    return problems


class Layers(TreeTest):
    files = read_tree()

    def test_folders_include_only_what_stands_above_them(self):
        self.expect_clean(check_folders(self.files))

    def test_folders_link_only_what_stands_above_them(self):
        cmake = {path.relative_to(ROOT).as_posix(): path.read_text() for path in ROOT.glob("src/*/CMakeLists.txt")}
        self.assertLessEqual({path.split("/")[1] for path in cmake}, set(LADDER))
        self.expect_clean(check_links(cmake))

    def test_own_header_comes_first(self):
        self.expect_clean(check_own_header_first(self.files))

    def test_libraries_beyond_the_standard_one_stay_where_they_belong(self):
        self.expect_clean(check_libraries(self.files))

    def test_gguf_names_stay_with_the_description_half(self):
        self.expect_clean(check_gguf_names(self.files))

    def test_libraries_leave_the_outside_world_alone(self):
        self.expect_clean(check_outside_world(self.files))


class PlantedMistakes(TreeTest):
    def test_each_is_found(self):
        cases = [
            (check_folders, "src/tensor/a.h", '#include "cpu/dispatch.h"', "tensor may not include"),
            (check_folders, "src/text/a.cpp", '#include "spec/spec.h"', "text may not include"),
            (check_folders, "src/kv/a.cpp", '#include "cpu/cpu_backend.h"', "kv may not include"),
            (check_folders, "src/base/a.cpp", '#include "check.h"', "by its path from src/"),
            (check_folders, "src/extra/a.cpp", "", "not on the ladder"),
            (check_own_header_first, "src/kv/pool.cpp", '#include <map>\n#include "kv/pool.h"', "first"),
            (check_libraries, "src/gguf/a.cpp", "#include <curl/curl.h>", "standard library alone"),
            (check_libraries, "src/text/a.cpp", "#include <nlohmann/json.hpp>", "JSON types stay in grammar, chat"),
            (check_libraries, "src/model/a.cpp", "#include <immintrin.h>", "standard library alone"),
            (check_gguf_names, "src/engine/a.cpp", 'get("tokenizer.ggml.model")', "belongs in"),
            (check_gguf_names, "src/model/a.cpp", 'cat("blk.", i)', "belongs in"),
            (check_outside_world, "src/model/a.cpp", 'std::cerr << "x";', "never print"),
            (check_outside_world, "src/kv/a.cpp", 'auto* home = std::getenv("HOME");', "never print"),
            (check_outside_world, "src/gguf/a.cpp", "std::exit(1);", "never print"),
        ]
        for check, path, text, words in cases:
            with self.subTest(path=path, text=text):
                self.expect_finds(check, path, text, words)

    def test_a_link_across_the_ladder_is_found(self):
        text = "ridge_library(text LINK ridge_base ridge_cpu TEST_LINK ridge_model)"
        self.assertEqual(check_links({"src/text/CMakeLists.txt": text}), ["src/text/CMakeLists.txt:1: text may not link ridge_cpu"])

    def test_comments_literals_and_tests_are_no_mistakes(self):
        harmless = {
            "src/kv/a.cpp": '// #include "cpu/dispatch.h"\n// std::cout << "general.name"\nconst char* s = "printf(x)";',
            "src/model/a_test.cpp": '#include "cpu/cpu_backend.h"\nint x = std::getenv("CI") != nullptr;',
            "src/base/a.cpp": "std::snprintf(buffer, n, f); on_exit_path(1);",
        }
        for check in (check_folders, check_libraries, check_gguf_names, check_outside_world):
            self.assertEqual(check(harmless), [])


if __name__ == "__main__":
    unittest.main()
