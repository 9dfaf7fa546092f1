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


class DeepseekV32:
    names = ("deepseek-v3.2",)
    think = ("<think>", "</think>")
    block = "function_calls"
    nothing = ""  # where a call has no parameters

    def calls(self, calls):
        return f"<｜DSML｜{self.block}>\n" + "".join(self.call(*call) for call in calls) + f"</｜DSML｜{self.block}>"

    def before(self, text):
        return text + "\n\n"

    def call(self, name, arguments):
        text = f'<｜DSML｜invoke name="{name}">\n' + ("" if arguments else self.nothing)
        for key, value in arguments.items():
            is_string = isinstance(value, str)
            text += (f'<｜DSML｜parameter name="{key}" string="{"true" if is_string else "false"}">'
                     f'{value if is_string else dump(value)}</｜DSML｜parameter>\n')
        return text + "</｜DSML｜invoke>\n"


class DeepseekV4(DeepseekV32):
    names = ("deepseek-v4",)
    block = "tool_calls"
    nothing = "\n"


class MiniCpm:
    names = ("minicpm",)
    think = ("<think>\n", "\n</think>\n\n")

    def calls(self, calls):
        return "\n".join(self.call(*call) for call in calls)

    def call(self, name, arguments):
        text = f'<function name="{name}">'
        for key, value in arguments.items():
            value = value if isinstance(value, str) else dump(value)
            if any(c in value for c in "<&\n"):
                value = f"<![CDATA[{value}]]>"
            text += f'<param name="{key}">{value}</param>'
        return text + "</function>"


class Cohere:
    names = ("cohere",)
    think = ("<|START_THINKING|>", "<|END_THINKING|>")

    def words(self, text):
        return f"<|START_TEXT|>{text}<|END_TEXT|>"

    def calls(self, calls):
        inner = ",\n".join(f'    {{"tool_call_id": "{i}", "tool_name": {dump(n)}, "parameters": {dump(a)}}}'
                           for i, (n, a) in enumerate(calls))
        return f"<|START_ACTION|>[\n{inner}\n]<|END_ACTION|>"


class CommandR:
    names = ("command-r",)
    think = None

    def calls(self, calls):
        inner = ",\n".join(f'    {{\n        "tool_name": {dump(n)},\n        "parameters": '
                           + ("{}" if not a else json.dumps(a, ensure_ascii=False, indent=4).replace("\n", "\n        "))
                           + "\n    }" for n, a in calls)
        return f"Action:\n```json\n[\n{inner}\n]```"


class Listed:
    """A list of call objects behind a mark."""
    def __init__(self, name, mark, end="", think=None, call='{{"name": {name}, "arguments": {arguments}}}'):
        self.names = (name,)
        self.mark, self.end, self.think, self.form = mark, end, think, call

    def calls(self, calls):
        return self.mark + "[" + ", ".join(
            self.form.format(name=dump(n), arguments=dump(a)) for n, a in calls) + "]" + self.end


class Hunyuan:
    names = ("hunyuan",)
    think = ("<think:opensource>", "</think:opensource>")

    def calls(self, calls):
        return "<tool_calls:opensource>\n" + "".join(self.call(*call) for call in calls) + "</tool_calls:opensource>"

    def call(self, name, arguments):
        text = f"<tool_call:opensource>{name}<tool_sep:opensource>\n"
        for key, value in arguments.items():
            text += (f"<arg_key:opensource>{key}</arg_key:opensource>\n<arg_value:opensource>"
                     f"{value if isinstance(value, str) else dump(value)}</arg_value:opensource>\n")
        return text + "</tool_call:opensource>\n"


class SeedOss:
    names = ("seed-oss",)
    think = ("<seed:think>", "</seed:think>")

    def calls(self, calls):
        return "\n".join(self.call(*call) for call in calls)

    def call(self, name, arguments):
        text = f"<seed:tool_call>\n<function={name}>\n"
        for key, value in arguments.items():
            text += f"<parameter={key}>{value if isinstance(value, str) else dump(value)}</parameter>\n"
        return text + "</function>\n</seed:tool_call>"


class MinimaxM1:
    names = ("minimax-m1",)
    think = ("<think>\n", "\n</think>\n\n")

    def calls(self, calls):
        inner = "".join(f'{{"name": {dump(n)}, "arguments": {dump(a)}}}\n' for n, a in calls)
        return f"<tool_calls>\n{inner}</tool_calls>"


class Functionary:
    names = ("functionary",)
    think = None

    def calls(self, calls):
        return "".join(f"<function={n}>{dump(a)}</function>" for n, a in calls)


class GigaChat:
    names = ("gigachat",)
    think = None
    one_call = True

    def calls(self, calls):
        return "".join(f'<|function_call|>{{"name": {dump(n)}, "arguments": {dump(a)}}}' for n, a in calls)


class GigaChatMessage(GigaChat):
    names = ("gigachat-message",)

    def before(self, text):
        return text

    def calls(self, calls):
        return "".join(f'<|message_sep|>\n\nfunction call<|role_sep|>\n{{"name": {dump(n)}, "arguments": {dump(a)}}}'
                       for n, a in calls)


class Lfm2:
    names = ("lfm2",)
    think = ("<think>", "</think>")

    def calls(self, calls):
        return "<|tool_call_start|>[" + ", ".join(self.call(*call) for call in calls) + "]<|tool_call_end|>"

    def call(self, name, arguments):
        words = {True: "True", False: "False", None: "None"}
        return f"{name}(" + ", ".join(
            f"{key}={words[value] if value is None or isinstance(value, bool) else dump(value)}"
            for key, value in arguments.items()) + ")"


FAMILIES = [Hermes(), QwenXml(), Glm(), GlmFlat(), Minimax(), Kimi(), Llama(), Mistral(), MistralList(), Deepseek(), DeepseekR1(), Gemma(),
            FunctionGemma(), Harmony(), DeepseekV32(), DeepseekV4(), MiniCpm(), Cohere(), CommandR(),
            Listed("granite", "<|tool_call|>", think=Hermes.think),
            Listed("nemotron", "<TOOLCALL>", "</TOOLCALL>", think=("<think>\n", "\n</think>\n\n")),
            Listed("firefunction", "functools"),
            Listed("apriel", "<tool_calls>", "</tool_calls>",
                   think=("Here are my reasoning steps:\n", "\n[BEGIN FINAL RESPONSE]\n")),
            Listed("apertus", "<|tools_prefix|>", "<|tools_suffix|>", think=("<|inner_prefix|>", "<|inner_suffix|>"),
                   call="{{{name}: {arguments}}}"),
            GigaChat(), GigaChatMessage(), Lfm2(), Hunyuan(), SeedOss(), MinimaxM1(), Functionary()]

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
        if len(calls) > 1 and getattr(family, "one_call", False):
            continue
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
        yield name, "with-id", '<tool_call>{"name":"now","id":"x","arguments":{}}</tool_call>', expected([EMPTY])
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
    for version, block in (("3.2", "function_calls"), ("4", "tool_calls")):
        name = f"deepseek-v{version}"
        begin, end = f"<｜DSML｜{block}>\n", f"</｜DSML｜invoke>\n</｜DSML｜{block}>"
        invoke = '<｜DSML｜invoke name="{}">\n'
        parameter = '<｜DSML｜parameter name="{}" string="{}">{}</｜DSML｜parameter>\n'
        city = invoke.format("get_weather") + parameter.format("city", "true", "Paris")
        yield name, "no-block-end", begin + city + "</｜DSML｜invoke>", weather
        yield name, "one-line", (begin + city + end).replace("\n", ""), weather
        yield name, "words-after", begin + city + end + "\nDone.", expected([WEATHER], "Done.")
        yield name, "no-attribute", begin + city.replace(' string="true"', "") + end, weather
        yield name, "said-to-be-json", begin + invoke.format("get_weather") + parameter.format(
            "city", "false", "12") + end, expected([("get_weather", {"city": "12"})])
        yield name, "said-to-be-text", begin + invoke.format("book") + parameter.format(
            "nights", "true", "3") + end, expected([("book", {"nights": 3})])
        yield name, "unknown-tool", begin + invoke.format("f") + parameter.format("a", "true", "1") + parameter.format(
            "b", "false", "[1, true]") + end, expected([("f", {"a": "1", "b": [1, True]})])
        yield name, "line-ends-of-the-value", begin + invoke.format("get_weather") + parameter.format(
            "city", "true", "\nParis\n") + end, expected([("get_weather", {"city": "\nParis\n"})])
        yield name, "garbage", begin + "oops", expected([], begin + "oops", unparsed=1)
    minicpm = '<function name="get_weather"><param name="city">{}</param></function>'
    yield "minicpm", "cdata", minicpm.format("<![CDATA[a</param>b]]>"), expected([("get_weather", {"city": "a</param>b"})])
    yield "minicpm", "line-ends", ('<function name="get_weather">\n<param name="city">Paris</param>\n</function>'), weather
    yield "minicpm", "words-after", minicpm.format("Paris") + "\nDone.", expected([WEATHER], "Done.")
    yield "minicpm", "string-that-looks-typed", minicpm.format("12"), expected([("get_weather", {"city": "12"})])
    yield "minicpm", "not-a-mark", "a <function> b <function nam", expected([], "a <function> b <function nam")
    action = '{"tool_call_id": "0", "tool_name": "get_weather", "parameters": {"city": "Paris"}}'
    yield "cohere", "one-line", f"<|START_ACTION|>[{action}]<|END_ACTION|>", weather
    yield "cohere", "no-id", '<|START_ACTION|>[{"tool_name": "get_weather", "parameters": {"city": "Paris"}}]<|END_ACTION|>', weather
    yield "cohere", "no-list", f"<|START_ACTION|>{action}<|END_ACTION|>", weather
    yield "cohere", "no-bracket-end", f"<|START_ACTION|>[{action}<|END_ACTION|>", weather
    yield "cohere", "no-end", f"<|START_ACTION|>[{action}", weather
    yield "cohere", "trailing-comma", f"<|START_ACTION|>[{action},]<|END_ACTION|>", weather
    yield "cohere", "no-calls", "<|START_ACTION|>[]<|END_ACTION|>", expected([])
    yield "cohere", "response", "<|START_RESPONSE|>Yes.<|END_RESPONSE|>", expected([], "Yes.")
    yield "cohere", "no-marks", "Yes.", expected([], "Yes.")
    yield "cohere", "nothing-thought", "<|START_THINKING|><|END_THINKING|><|START_TEXT|>Yes.<|END_TEXT|>", expected([], "Yes.")
    yield "cohere", "garbage", "<|START_ACTION|>[oops]<|END_ACTION|>", expected(
        [], "<|START_ACTION|>[oops]<|END_ACTION|>", unparsed=1)
    yield "cohere", "garbage-after-a-call", f"<|START_ACTION|>[{action}, oops]<|END_ACTION|>", expected(
        [WEATHER], ", oops]<|END_ACTION|>", unparsed=1)
    yield "command-r", "one-line", 'Action: ```json [{"tool_name": "get_weather", "parameters": {"city": "Paris"}}]```', weather
    yield "command-r", "not-a-mark", "Action: none", expected([], "Action: none")
    listed = '{"name": "get_weather", "arguments": {"city": "Paris"}}'
    for name, mark, end in (("granite", "<|tool_call|>", ""), ("nemotron", "<TOOLCALL>", "</TOOLCALL>"),
                            ("apriel", "<tool_calls>", "</tool_calls>")):
        yield name, "compact", f"{mark}[{listed.replace(' ', '')}]{end}", weather
        yield name, "line-ends", f"{mark}[\n  {listed},\n  {listed}\n]\n{end}", expected([WEATHER, WEATHER])
        yield name, "text-arguments", mark + '[{"name": "get_weather", "arguments": "{\\"city\\": \\"Paris\\"}"}]' + end, weather
        yield name, "no-list", f"{mark}{listed}{end}", weather
        yield name, "no-end", f"{mark}[{listed}", weather
        yield name, "with-id", mark + "[" + listed[:-1] + ', "id": "x"}]' + end, weather
        yield name, "garbage", f"{mark}[1]", expected([], f"{mark}[1]", unparsed=1)
        yield name, "no-name", mark + '[{"arguments": {}}]', expected([], mark + '[{"arguments": {}}]', unparsed=1)
        if end:
            yield name, "words-after", f"{mark}[{listed}]{end}\nDone.", expected([WEATHER], "Done.")
    hunyuan = Hunyuan().calls([WEATHER])
    yield "hunyuan", "one-line", hunyuan.replace("\n", ""), weather
    yield "hunyuan", "no-end", hunyuan.removesuffix("</tool_calls:opensource>"), weather
    yield "hunyuan", "words-after", hunyuan + "\nDone.", expected([WEATHER], "Done.")
    yield "hunyuan", "string-that-looks-typed", hunyuan.replace("Paris", "12"), expected([("get_weather", {"city": "12"})])
    seed = SeedOss().calls([WEATHER])
    yield "seed-oss", "line-ends-of-the-value", seed.replace("Paris", "\nParis\n"), expected([("get_weather", {"city": "\nParis\n"})])
    yield "seed-oss", "no-end", seed.removesuffix("\n</seed:tool_call>"), weather
    yield "seed-oss", "words-after", seed + "\nDone.", expected([WEATHER], "Done.")
    yield "seed-oss", "blank-before", "\n" + seed, weather
    yield "minimax-m1", "no-end", f"<tool_calls>\n{listed}\n", weather
    yield "minimax-m1", "bracketed", f"<tool_calls>[{listed}, {listed}]</tool_calls>", expected([WEATHER, WEATHER])
    yield "minimax-m1", "words-after", f"<tool_calls>\n{listed}\n</tool_calls>\nDone.", expected([WEATHER], "Done.")
    yield "functionary", "words-after", '<function=get_weather>{"city": "Paris"}</function>\nDone.', expected([WEATHER], "Done.")
    yield "functionary", "no-end", '<function=get_weather>{"city": "Paris"}', weather
    yield "firefunction", "blank", f" functools[{listed}]", weather
    yield "firefunction", "not-a-mark", "import functools", expected([], "import functools")
    yield "apertus", "no-end", '<|tools_prefix|>[{"get_weather": {"city": "Paris"}}', weather
    yield "apertus", "garbage", "<|tools_prefix|>[7]", expected([], "<|tools_prefix|>[7]", unparsed=1)
    yield "apriel", "end-of-response", "Here are my reasoning steps:\nHm.\n[BEGIN FINAL RESPONSE]\nYes.\n[END FINAL RESPONSE]", expected(
        [], "Yes.\n", "Hm.")
    yield "gigachat-message", "message-end", f"<|message_sep|>\n\nfunction call<|role_sep|>\n{listed}<|message_sep|>\n\n", weather
    yield "gigachat-message", "no-message-end", f"Let me look.\nfunction call<|role_sep|>\n{listed}", expected(
        [WEATHER], "Let me look.")
    lfm = "<|tool_call_start|>{}<|tool_call_end|>"
    yield "lfm2", "single-quotes", lfm.format("[get_weather(city='Paris')]"), weather
    yield "lfm2", "quote-in-quotes", lfm.format("""[get_weather(city='l\\'île "d"')]"""), expected(
        [("get_weather", {"city": "l'île \"d\""})])
    yield "lfm2", "python-list", lfm.format("[f(a=['x', True, None], b={'k': -1.5e3})]"), expected(
        [("f", {"a": ["x", True, None], "b": {"k": -1.5e3}})])
    yield "lfm2", "json-words", lfm.format("[f(a=true, b=null)]"), expected([("f", {"a": True, "b": None})])
    yield "lfm2", "blanks", lfm.format("[ get_weather( city = 'Paris' , ) , now ( ) ]".replace("now (", "now(")), expected(
        [WEATHER, EMPTY])
    yield "lfm2", "no-list", lfm.format("get_weather(city='Paris')"), weather
    yield "lfm2", "json", lfm.format(f"[{listed}]"), weather
    yield "lfm2", "no-end", "<|tool_call_start|>[get_weather(city='Paris')]", weather
    yield "lfm2", "words-after", lfm.format("[now()]") + "Checking.", expected([EMPTY], "Checking.")
    yield "lfm2", "raw-line-end", lfm.format("[f(a='x\ny')]"), expected([("f", {"a": "x\ny"})])
    yield "lfm2", "garbage", lfm.format("[oops]"), expected([], lfm.format("[oops]"), unparsed=1)
    for title, text in (("python-calls", "[get_weather(city='Paris'), now()]"),
                        ("python-start", "<|python_start|>[get_weather(city='Paris'), now()]<|python_end|>")):
        yield "llama", title, text, expected([WEATHER, EMPTY])
    yield "llama", "a-list", "[1, 2]", expected([], "[1, 2]")
    yield "llama", "no-tool", "[f(x=1)]", expected([], "[f(x=1)]")
    yield "llama", "a-link", "[here](x)", expected([], "[here](x)")
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
