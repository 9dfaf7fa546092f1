#!/usr/bin/env python3
"""Writes tests/fixtures/chat/outputs.jsonl: answers in the notation of every family of models, with what they
mean. The writers here follow the models' chat templates and share nothing with the parsers in src/chat.

  tools/make_chat_fixtures.py [--check]    --check: fail when the committed file differs
"""
import json
import pathlib
import sys

TARGET = pathlib.Path(__file__).resolve().parent.parent / "tests/fixtures/chat/outputs.jsonl"

WEATHER = ("get_weather", {"city": "Paris"})
TYPED = ("book", {"name": "Ann \"A\" Lee", "nights": 3, "smoking": False, "tags": ["a", "b"], "room": {"floor": 2}})
TEXTS = ("write_file", {"path": "a/b.py", "content": "def f(x):\n    return \"<b>\" + x  # {é} 😀\n\nprint(f('1'))"})
EMPTY = ("now", {})
NUMBERS = ("numbers", {"i": -7, "f": 2.5, "n": None, "big": 123456789012, "s": "12"})
NESTED = ("nest", {"deep": {"a": [{"b": [[], {}, [1, "x"]]}], "c": ""}, "t": ""})

TOOLS = [
    {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
    {"name": "book", "parameters": {"type": "object", "properties": {
        "name": {"type": "string"}, "nights": {"type": "integer"}, "smoking": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}}, "room": {"$ref": "#/$defs/room"}},
        "$defs": {"room": {"type": "object"}}}},
    {"name": "write_file", "parameters": {"type": "object", "properties": {
        "path": {"type": "string"}, "content": {"type": "string"}}}},
    {"name": "now", "parameters": {"type": "object", "properties": {}}},
    {"name": "nest", "parameters": {"type": "object", "properties": {
        "deep": {"type": "object"}, "t": {"enum": ["", "u"]}}}},
    {"name": "numbers", "parameters": {"type": "object", "properties": {
        "i": {"type": "integer"}, "f": {"type": "number"}, "n": {"type": ["integer", "null"]},
        "big": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}, "s": {"type": "string"}}}},
]


def dump(value):
    return json.dumps(value, ensure_ascii=False)


class Hermes:
    names = ("hermes", "generic")
    think = ("<think>\n", "\n</think>\n\n")

    def calls(self, calls):
        return "\n".join(f'<tool_call>\n{{"name": {dump(n)}, "arguments": {dump(a)}}}\n</tool_call>' for n, a in calls)


class QwenXml:
    names = ("qwen-xml",)
    think = Hermes.think

    def calls(self, calls):
        return "\n".join(self.call(*call) for call in calls)

    def call(self, name, arguments):
        text = f"<tool_call>\n<function={name}>\n"
        for key, value in arguments.items():
            text += f"<parameter={key}>\n{value if isinstance(value, str) else dump(value)}\n</parameter>\n"
        return text + "</function>\n</tool_call>"


class Glm:
    names = ("glm",)
    think = ("<think>", "</think>\n")
    line_end = "\n"

    def calls(self, calls):
        return self.line_end.join(self.call(*call) for call in calls)

    def call(self, name, arguments):
        text = f"<tool_call>{name}{self.line_end}"
        for key, value in arguments.items():
            text += (f"<arg_key>{key}</arg_key>{self.line_end}<arg_value>"
                     f"{value if isinstance(value, str) else dump(value)}</arg_value>{self.line_end}")
        return text + "</tool_call>"


class GlmFlat(Glm):
    names = ("glm-flat",)
    line_end = ""


class Minimax:
    names = ("minimax",)
    think = ("<think>\n", "\n</think>\n\n")

    def calls(self, calls):
        return "<minimax:tool_call>\n" + "".join(self.call(*call) for call in calls) + "</minimax:tool_call>"

    def call(self, name, arguments):
        text = f'<invoke name="{name}">\n'
        for key, value in arguments.items():
            text += f'<parameter name="{key}">{value if isinstance(value, str) else dump(value)}</parameter>\n'
        return text + "</invoke>\n"


class Kimi:
    names = ("kimi",)
    think = ("<think>", "</think>")
    ids = staticmethod(lambda i, name: f"functions.{name}:{i}")

    def calls(self, calls):
        inner = "".join(f"<|tool_call_begin|>functions.{n}:{i}<|tool_call_argument_begin|>{dump(a)}<|tool_call_end|>"
                        for i, (n, a) in enumerate(calls))
        return f"<|tool_calls_section_begin|>{inner}<|tool_calls_section_end|>"


class Llama:
    names = ("llama",)
    think = None
    words_before = False  # the whole answer is the call

    def calls(self, calls):
        return "; ".join(f'{{"name": {dump(n)}, "parameters": {dump(a)}}}' for n, a in calls)


class Mistral:
    names = ("mistral",)
    think = ("[THINK]", "[/THINK]")

    def calls(self, calls):
        return "".join(f"[TOOL_CALLS]{n}[ARGS]{dump(a)}" for n, a in calls)


class MistralList:
    names = ("mistral-list",)
    think = None
    ids = staticmethod(lambda i, name: f"abcdef{i:03}")

    def calls(self, calls):
        return "[TOOL_CALLS][" + ", ".join(
            f'{{"name": {dump(n)}, "arguments": {dump(a)}, "id": "abcdef{i:03}"}}'
            for i, (n, a) in enumerate(calls)) + "]"


class Deepseek:
    names = ("deepseek",)
    think = ("<think>", "</think>")

    def calls(self, calls):
        inner = "".join(f"<｜tool▁call▁begin｜>{n}<｜tool▁sep｜>{dump(a)}<｜tool▁call▁end｜>" for n, a in calls)
        return f"<｜tool▁calls▁begin｜>{inner}<｜tool▁calls▁end｜>"


class DeepseekR1:
    names = ("deepseek-r1",)
    think = ("<think>\n", "\n</think>\n\n")

    def calls(self, calls):
        inner = "\n".join(f"<｜tool▁call▁begin｜>function<｜tool▁sep｜>{n}\n```json\n{dump(a)}\n```<｜tool▁call▁end｜>"
                          for n, a in calls)
        return f"<｜tool▁calls▁begin｜>{inner}<｜tool▁calls▁end｜>"


class Gemma:
    names = ("gemma",)
    think = ("<|channel>thought\n", "\n<channel|>")
    quote = '<|"|>'
    marks = ("<|tool_call>", "<tool_call|>")

    def value(self, value):
        if isinstance(value, str):
            return self.quote + value + self.quote
        if isinstance(value, dict):
            return "{" + ",".join(f"{k}:{self.value(v)}" for k, v in sorted(value.items())) + "}"
        if isinstance(value, list):
            return "[" + ",".join(map(self.value, value)) + "]"
        return dump(value)

    def calls(self, calls):
        return "".join(f"{self.marks[0]}call:{n}{self.value(a)}{self.marks[1]}" for n, a in calls)


class FunctionGemma(Gemma):
    names = ("function-gemma",)
    think = None
    quote = "<escape>"
    marks = ("<start_function_call>", "<end_function_call>")


class Harmony:
    names = ("harmony",)
    think = ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant")

    def words(self, text):
        return f"<|channel|>final<|message|>{text}"

    def before(self, text):
        return f"<|channel|>commentary<|message|>{text}<|end|><|start|>assistant"

    def calls(self, calls):
        return "<|call|><|start|>assistant".join(
            f"<|channel|>commentary to=functions.{n} <|constrain|>json<|message|>{dump(a)}" for n, a in calls)


FAMILIES = [Hermes(), QwenXml(), Glm(), GlmFlat(), Minimax(), Kimi(), Llama(), Mistral(), MistralList(), Deepseek(), DeepseekR1(), Gemma(),
            FunctionGemma(), Harmony()]

CALLS = {
    "one": [WEATHER],
    "typed": [TYPED],
    "texts": [TEXTS],
    "empty": [EMPTY],
    "numbers": [NUMBERS],
    "nested": [NESTED],
    "two": [WEATHER, TYPED],
    "three": [EMPTY, TEXTS, WEATHER],
}


def expected(calls, content="", reasoning="", ids=None, unparsed=0):
    out = {"content": content, "calls": [], "unparsed": unparsed}
    if reasoning:
        out["reasoning"] = reasoning
    for i, (name, arguments) in enumerate(calls):
        call = {"name": name, "arguments": arguments}
        if ids:
            call["id"] = ids(i, name)
        out["calls"].append(call)
    return out


def regular(family, name):
    ids = getattr(family, "ids", None)
    words = getattr(family, "words", lambda text: text)
    before = getattr(family, "before", lambda text: text + "\n")
    for title, calls in CALLS.items():
        yield title, family.calls(calls), expected(calls, ids=ids)
    yield "words", words("Hello, wörld. 1 < 2"), expected([], "Hello, wörld. 1 < 2")
    if getattr(family, "words_before", True):
        yield "words-then-call", before("Let me look.") + family.calls([WEATHER]), expected(
            [WEATHER], "Let me look.", ids=ids)
    if family.think:
        begin, end = family.think
        yield "thought", begin + "Hm, {\"x\"} <b>." + end + words("Yes."), expected([], "Yes.", "Hm, {\"x\"} <b>.")
        yield "thought-then-call", begin + "I need it." + end + family.calls([TYPED]), expected(
            [TYPED], "", "I need it.", ids=ids)


def hand_written():
    """What models get wrong, and what is meant by it."""
    weather = expected([WEATHER])
    for name in ("hermes", "generic"):
        yield name, "compact", '<tool_call>{"name":"get_weather","arguments":{"city":"Paris"}}</tool_call>', weather
        yield name, "order", '<tool_call>{"arguments":{"city":"Paris"},"name":"get_weather"}</tool_call>', weather
        yield name, "parameters", '<tool_call>{"name":"get_weather","parameters":{"city":"Paris"}}</tool_call>', weather
        yield name, "text-arguments", ('<tool_call>{"name":"get_weather","arguments":"{\\"city\\": \\"Paris\\"}"}'
                                       '</tool_call>'), weather
        yield name, "api-form", ('<tool_call>{"type":"function","function":{"name":"get_weather","arguments":'
                                 '{"city":"Paris"}}}</tool_call>'), weather
        yield name, "no-end-mark", '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}', weather
        yield name, "no-arguments", '<tool_call>{"name":"now"}</tool_call>', expected([EMPTY])
        yield name, "trailing-comma", '<tool_call>{"name":"get_weather","arguments":{"city":"Paris",}}</tool_call>', weather
        yield name, "single-quotes", "<tool_call>{'name':'get_weather','arguments':{'city':'Paris'}}</tool_call>", weather
        yield name, "python-words", ('<tool_call>{"name":"f","arguments":{"a":True,"b":None,"c":False}}</tool_call>'), \
            expected([("f", {"a": True, "b": None, "c": False})])
        yield name, "raw-line-end", '<tool_call>{"name":"f","arguments":{"a":"x\ny\tz"}}</tool_call>', expected(
            [("f", {"a": "x\ny\tz"})])
        yield name, "bad-escape", '<tool_call>{"name":"f","arguments":{"a":"\\d+\\\'"}}</tool_call>', expected(
            [("f", {"a": "\\d+'"})])
        yield name, "garbage", "<tool_call>\nget the weather\n</tool_call>", expected(
            [], "<tool_call>\nget the weather\n</tool_call>", unparsed=1)
        yield name, "no-name", '<tool_call>{"arguments": {}}</tool_call>', expected(
            [], '<tool_call>{"arguments": {}}</tool_call>', unparsed=1)
        yield name, "not-a-mark", "a <tool_calls> b <tool_cal", expected([], "a <tool_calls> b <tool_cal")
        yield name, "words-after", ('<tool_call>{"name":"now","arguments":{}}</tool_call>\nDone.'), expected(
            [EMPTY], "Done.")
        yield name, "empty", "", expected([])
        yield name, "think-later", "a <think>b</think>", expected([], "a <think>b</think>")
        yield name, "think-only", "<think>\nabc", expected([], "", "abc")
        yield name, "think-empty", "<think>\n\n</think>\n\nHi", expected([], "Hi")
    yield "qwen-xml", "no-tool-call-mark", "<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n</function>", weather
    yield "qwen-xml", "one-line", "<tool_call><function=get_weather><parameter=city>Paris</parameter></function></tool_call>", weather
    yield "qwen-xml", "json-inside", '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>', weather
    yield "qwen-xml", "no-parameter-end", "<tool_call>\n<function=book>\n<parameter=name>\nA\n<parameter=nights>\n2\n</function>\n</tool_call>", \
        expected([("book", {"name": "A", "nights": 2})])
    yield "qwen-xml", "string-that-looks-typed", "<tool_call>\n<function=get_weather>\n<parameter=city>\n12\n</parameter>\n</function>\n</tool_call>", \
        expected([("get_weather", {"city": "12"})])
    yield "qwen-xml", "typed-that-is-none", "<tool_call>\n<function=book>\n<parameter=nights>\nthree\n</parameter>\n</function>\n</tool_call>", \
        expected([("book", {"nights": "three"})])
    yield "qwen-xml", "python-words", "<tool_call>\n<function=book>\n<parameter=smoking>\nTrue\n</parameter>\n</function>\n</tool_call>", \
        expected([("book", {"smoking": True})])
    yield "qwen-xml", "blank-lines", "<tool_call>\n<function=get_weather>\n<parameter=city>\n\nParis\n\n</parameter>\n</function>\n</tool_call>", \
        expected([("get_weather", {"city": "\nParis\n"})])
    yield "qwen-xml", "unknown-tool", "<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n</function>\n</tool_call>", \
        expected([("f", {"a": "1"})])
    yield "qwen-xml", "no-name", "<tool_call>\n<function=\n</tool_call>", expected(
        [], "<tool_call>\n<function=\n</tool_call>", unparsed=1)
    yield "glm", "one-line", "<tool_call>get_weather<arg_key>city</arg_key><arg_value>Paris</arg_value></tool_call>", weather
    yield "glm-flat", "line-ends", ("<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n"
                                    "</tool_call>"), weather
    for name in ("glm", "glm-flat"):
        yield name, "json-inside", '<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>', weather
        yield name, "no-value-end", ("<tool_call>book\n<arg_key>name</arg_key>\n<arg_value>A\n<arg_key>nights</arg_key>\n"
                                     "<arg_value>2</arg_value>\n</tool_call>"), expected(
            [("book", {"name": "A\n", "nights": 2})])
        yield name, "no-value-mark", "<tool_call>get_weather\n<arg_key>city</arg_key>Paris</arg_value>\n</tool_call>", weather
        yield name, "string-that-looks-typed", ("<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>12</arg_value>\n"
                                                "</tool_call>"), expected([("get_weather", {"city": "12"})])
        yield name, "typed-that-is-none", ("<tool_call>book\n<arg_key>nights</arg_key>\n<arg_value>three</arg_value>\n"
                                           "</tool_call>"), expected([("book", {"nights": "three"})])
        yield name, "line-ends-of-the-value", ("<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>\nParis\n"
                                               "</arg_value>\n</tool_call>"), expected(
            [("get_weather", {"city": "\nParis\n"})])
        yield name, "words-after", "<tool_call>now</tool_call>\nDone.", expected([EMPTY], "Done.")
        yield name, "no-name", "<tool_call></tool_call>", expected([], "<tool_call></tool_call>", unparsed=1)
    minimax = '<minimax:tool_call>\n<invoke name="get_weather">\n<parameter name="city">Paris</parameter>\n</invoke>'
    yield "minimax", "no-end-mark", minimax, weather
    yield "minimax", "no-begin-mark", minimax.removeprefix("<minimax:tool_call>\n"), weather
    yield "minimax", "one-line", minimax.replace("\n", "") + "</minimax:tool_call>", weather
    yield "minimax", "two-blocks", f"{minimax}\n</minimax:tool_call>\n{minimax}\n</minimax:tool_call>", expected(
        [WEATHER, WEATHER])
    yield "minimax", "words-after", f"{minimax}\n</minimax:tool_call>\nDone.", expected([WEATHER], "Done.")
    yield "minimax", "string-that-looks-typed", minimax.replace("Paris", "12"), expected([("get_weather", {"city": "12"})])
    yield "minimax", "garbage", "<minimax:tool_call>\nthe weather\n</minimax:tool_call>", expected(
        [], "<minimax:tool_call>\nthe weather\n</minimax:tool_call>", unparsed=1)
    kimi = '<|tool_call_begin|>{}<|tool_call_argument_begin|>{{"city": "Paris"}}<|tool_call_end|>'
    section = "<|tool_calls_section_begin|>{}<|tool_calls_section_end|>"
    for title, name in (("no-number", "functions.get_weather"), ("no-namespace", "get_weather:3"), ("bare", "get_weather")):
        yield "kimi", title, section.format(kimi.format(name)), expected([WEATHER], ids=lambda i, _, name=name: name)
    kimi = kimi.format("functions.get_weather:0")
    yield "kimi", "no-end", "<|tool_calls_section_begin|>" + kimi, expected([WEATHER], ids=Kimi.ids)
    yield "kimi", "blanks", section.format("\n" + kimi.replace(":0", ":0 ") + "\n"), expected([WEATHER], ids=Kimi.ids)
    yield "kimi", "words-after", section.format(kimi) + "Done.", expected([WEATHER], "Done.", ids=Kimi.ids)
    yield "kimi", "garbage", section.format("oops"), expected([], section.format("oops"), unparsed=1)
    yield "llama", "words-with-semicolon", "a; b", expected([], "a; b")
    yield "llama", "line-end-between", '{"name": "now", "parameters": {}}\n{"name": "now", "parameters": {}}', expected([EMPTY, EMPTY])
    yield "function-gemma", "words-after", "<start_function_call>call:now{}<end_function_call>ok", expected([EMPTY], "ok")
    yield "llama", "python-tag", '<|python_tag|>{"name": "get_weather", "parameters": {"city": "Paris"}}', weather
    yield "llama", "arguments", '{"name": "get_weather", "arguments": {"city": "Paris"}}', weather
    yield "llama", "type-first", '{"type": "function", "name": "get_weather", "parameters": {"city": "Paris"}}', weather
    yield "llama", "no-call", '{"answer": 5}', expected([], '{"answer": 5}', unparsed=1)
    yield "llama", "braces-later", 'It is {"name": "x"}', expected([], 'It is {"name": "x"}')
    yield "mistral", "with-id", '[TOOL_CALLS]get_weather[CALL_ID]abcdef000[ARGS]{"city": "Paris"}', expected([WEATHER], ids=MistralList.ids)
    yield "mistral", "list-form", '[TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "Paris"}}]', weather
    yield "mistral", "no-args-mark", '[TOOL_CALLS]get_weather{"city": "Paris"}', weather
    yield "mistral-list", "no-id", '[TOOL_CALLS] [{"name": "get_weather", "arguments": {"city": "Paris"}}]', weather
    yield "mistral-list", "garbage", "[TOOL_CALLS][oops]", expected([], "[TOOL_CALLS][oops]", unparsed=1)
    yield "deepseek", "no-end", '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "Paris"}', weather
    yield "deepseek", "r1-form", ("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n"
                                  '{"city": "Paris"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>'), weather
    yield "deepseek", "words-after", ('<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>now<｜tool▁sep｜>{}<｜tool▁call▁end｜>'
                                      "<｜tool▁calls▁end｜>Done."), expected([EMPTY], "Done.")
    yield "harmony", "recipient-first", ' to=functions.get_weather<|channel|>commentary json<|message|>{"city": "Paris"}', weather
    yield "harmony", "on-analysis", '<|channel|>analysis to=functions.get_weather <|constrain|>json<|message|>{"city": "Paris"}', weather
    yield "harmony", "no-header", "Hello", expected([], "Hello")
    yield "harmony", "analysis-only", "<|channel|>analysis<|message|>Hm", expected([], "", "Hm")
    yield "harmony", "final-end", "<|channel|>final<|message|>Yes<|return|>", expected([], "Yes")
    yield "harmony", "twice-analysis", ("<|channel|>analysis<|message|>A<|end|><|start|>assistant<|channel|>analysis<|message|>B"
                                        "<|end|><|start|>assistant<|channel|>final<|message|>C"), expected([], "C", "AB")
    yield "gemma", "spaces", '<|tool_call>call:get_weather{city: <|"|>Paris<|"|>}<tool_call|>', weather
    yield "gemma", "json-quotes", '<|tool_call>call:get_weather{"city": "Paris"}<tool_call|>', weather
    yield "gemma", "no-end", '<|tool_call>call:get_weather{city:<|"|>Paris<|"|>}', weather


def outputs():
    tools = {tool["name"]: tool for tool in TOOLS}
    assert len(tools) == len(TOOLS)
    for family in FAMILIES:
        for name in family.names:
            for title, text, meaning in regular(family, name):
                yield {"family": name, "title": title, "text": text, **meaning}
    for name, title, text, meaning in hand_written():
        yield {"family": name, "title": title, "text": text, **meaning}


def main():
    lines = [json.dumps({"tools": TOOLS}, ensure_ascii=False)]
    lines += [json.dumps(output, ensure_ascii=False) for output in outputs()]
    text = "\n".join(lines) + "\n"
    if "--check" in sys.argv[1:]:
        return 0 if TARGET.read_text(encoding="utf-8") == text else 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text, encoding="utf-8")
    print(f"{len(lines) - 1} outputs written to {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
