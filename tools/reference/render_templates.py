#!/usr/bin/env python3
"""Chat templates rendered by Python's Jinja2, set up as Hugging Face `transformers` does it.

usage: render_templates.py parity DRIVER    compare DRIVER (tests/templates) on the templates of real models
       render_templates.py fixtures         rewrite tests/templates/features.json: our own small templates

Needs Jinja2 only. `parity` runs itself again in the Python environment of tools/material.py and ends with 77,
CTest's sign for a skipped test, when that or the templates are missing."""
import datetime
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("RIDGE_CACHE") or pathlib.Path.home() / ".cache" / "ridgeline")
PYTHON = CACHE / "venv" / "bin" / "python"
FIXTURE = ROOT / "tests" / "templates" / "features.json"
NOW = datetime.datetime(2025, 3, 9, 14, 5, 6)
TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}


def make_environment():
    import jinja2
    from jinja2.ext import Extension
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        tags = {"generation"}

        def parse(self, parser):
            line = next(parser.stream).lineno
            body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
            return jinja2.nodes.CallBlock(self.call_method("_say"), [], [], body).set_lineno(line)

        @jinja2.pass_eval_context
        def _say(self, context, caller):
            return caller()

    class Dict:
        def __call__(self, *args, **kwargs):
            return dict(*args, **kwargs)

        def fromkeys(self, *args, **kwargs):
            return dict.fromkeys(*args, **kwargs)

    class Namespace(jinja2.utils.Namespace):
        def __init__(*args, **kwargs):
            self, args = args[0], args[1:]
            attributes = dict(*args, **kwargs)
            for name in attributes:
                Namespace._check(name)
            jinja2.utils.Namespace.__init__(self, attributes)

        def __setitem__(self, name, value):
            Namespace._check(name)
            jinja2.utils.Namespace.__setitem__(self, name, value)

        @staticmethod
        def _check(name):
            if isinstance(name, str) and name.startswith("_"):
                raise jinja2.exceptions.SecurityError(name)

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
                                                extensions=[Generation, jinja2.ext.loopcontrols])
    environment.filters["tojson"] = tojson
    environment.globals.update(raise_exception=raise_exception, strftime_now=NOW.strftime, dict=Dict(),
                               namespace=Namespace)
    return environment


def render_all(environment, source, cases):
    """For each case the text, or {"error": …} for whatever Python raises."""
    try:
        template = environment.from_string(source)
    except Exception as error:  # noqa: BLE001
        return [{"error": f"{type(error).__name__}: {error}"}] * len(cases)
    return [render(template, variables) for variables in cases]


def render(template, variables):
    try:
        text = template.render(**variables)
        text.encode()
        return text
    except Exception as error:  # noqa: BLE001 - any exception of a template is an answer here
        return {"error": f"{type(error).__name__}: {error}"}


def gguf_strings(path):
    """The string values among the metadata of a GGUF file."""
    sizes = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
    with open(path, "rb") as file:
        def number(form):
            return struct.unpack("<" + form, file.read(struct.calcsize(form)))[0]

        def string():
            return file.read(number("Q"))

        def value(kind):
            if kind == 8:
                return string()
            if kind != 9:
                file.seek(sizes[kind], 1)
                return None
            item, count = number("I"), number("Q")
            if item in sizes:
                file.seek(sizes[item] * count, 1)
            else:
                for _ in range(count):
                    value(item)
            return None

        if file.read(4) != b"GGUF":
            return {}
        number("I"), number("Q")
        found = {}
        for _ in range(number("Q")):
            key = string().decode()
            held = value(number("I"))
            if held is not None:
                found[key] = held.decode()
        return found


def real_templates():
    """(name, source) of every template at hand."""
    for path in sorted((CACHE / "material" / "llama.cpp" / "models" / "templates").glob("*.jinja")):
        yield path.name, path.read_bytes().decode()
    seen = set()
    for path in sorted((CACHE / "models").glob("*.gguf")) + sorted((CACHE / "material" / "llama.cpp" / "models").glob("*.gguf")):
        for key, source in gguf_strings(path).items():
            if key.startswith("tokenizer.chat_template") and source not in seen:
                seen.add(source)
                yield f"{path.name}: {key}", source


def drive(driver, source, cases):
    with tempfile.NamedTemporaryFile("wb", suffix=".jinja") as file:
        file.write(source.encode())
        file.flush()
        lines = "".join(json.dumps(variables) + "\n" for variables in cases)
        done = subprocess.run([driver, file.name], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def describe(wanted, got):
    if isinstance(wanted, str) and isinstance(got, str):
        at = next((i for i, (a, b) in enumerate(zip(wanted, got)) if a != b), min(len(wanted), len(got)))
        return f"differs at {at}: wanted {wanted[max(0, at - 40):at + 40]!r}, got {got[max(0, at - 40):at + 40]!r}"
    return f"wanted {str(wanted)[:160]!r}, got {str(got)[:160]!r}"


def parity(driver):
    from template_cases import shapes
    environment = make_environment()
    cases = list(shapes())
    templates = renders = raised = 0
    wrong = []
    for name, source in real_templates():
        templates += 1
        variables = [{**TOKENS, **given} for _, given in cases]
        answers = drive(driver, source, variables)
        assert len(answers) == len(cases), f"{name}: {len(answers)} answers to {len(cases)} cases"
        for (case, _), wanted, got in zip(cases, render_all(environment, source, variables), answers):
            renders += 1
            raised += isinstance(wanted, dict)
            same = isinstance(got, dict) if isinstance(wanted, dict) else got == wanted
            if not same:
                wrong.append(f"{name} [{case}] {describe(wanted, got)}")
            elif isinstance(got, dict) and "limit" in got["error"] and "RecursionError" not in wanted["error"]:
                wrong.append(f"{name} [{case}] hit a bound: {got['error']}")
    print(*wrong, sep="\n")
    print(f"{templates} templates x {len(cases)} shapes: {renders} renders, {raised} of them raise, {len(wrong)} differ")
    if templates == 0:
        print("skipped: no templates; run tools/material.py get")
        sys.exit(77)
    sys.exit(bool(wrong))


def fixtures():
    from template_features import DATA, cases
    environment = make_environment()
    rows = []
    for source, variables in cases():
        wanted = render_all(environment, source, [variables])[0]
        rows.append(json.dumps([source, None if isinstance(wanted, dict) else wanted], ensure_ascii=False))
    FIXTURE.write_text(json.dumps({"variables": DATA}, ensure_ascii=False)[:-1] +
                       ',\n"renders": [\n' + ",\n".join(rows) + "\n]}\n")


def main():
    if sys.argv[1:] == ["fixtures"]:
        fixtures()
    elif len(sys.argv) == 3 and sys.argv[1] == "parity":
        if pathlib.Path(sys.executable) != PYTHON:
            if not PYTHON.exists():
                print("skipped: no Python environment; run tools/material.py get")
                sys.exit(77)
            os.execv(PYTHON, [PYTHON, __file__, *sys.argv[1:]])
        parity(sys.argv[2])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
