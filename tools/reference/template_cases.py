"""Conversations of many shapes, as chat templates of real models meet them."""

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a place — \"now\" & <soon>.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "Name of the city, e.g. Zürich"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
                "days": {"type": "integer", "minimum": 1, "maximum": 14},
                "where": {"type": "object", "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}},
                          "required": ["lat", "lon"]},
                "tags": {"type": "array", "items": {"type": "string"}},
                "flag": {"type": ["boolean", "null"]},
            },
            "required": ["city"],
        },
        "return": {"type": "object"},
    },
}
TIME = {
    "type": "function",
    "function": {"name": "get_time", "description": "Time.\nOf a zone.",
                 "parameters": {"type": "object", "properties": {"zone": {"type": "string", "description": "IANA"}},
                                "required": ["zone"]}},
}
BARE = {"type": "function", "function": {"name": "ping", "description": "", "parameters": {"type": "object", "properties": {}}}}
BUILTIN = {"type": "code_interpreter"}


def user(content, **more):
    return {"role": "user", "content": content, **more}


def system(content):
    return {"role": "system", "content": content}


def assistant(content, **more):
    return {"role": "assistant", "content": content, **more}


def call(name, arguments, id="call_0001"):
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def result(content, name="get_weather", id="call_0001"):
    return {"role": "tool", "content": content, "name": name, "tool_call_id": id}


def parts(*texts):
    return [{"type": "text", "text": text} for text in texts]


ARGUMENTS = {"city": "Zürich", "days": 3, "where": {"lat": 47.37, "lon": 8.54}, "tags": ["a", "ü"], "flag": None, "on": True}
TEXT_ARGUMENTS = '{"city": "Zürich", "days": 3}'
AGENT = [system("You are helpful."), user("Weather in Zürich?"),
         assistant("", tool_calls=[call("get_weather", ARGUMENTS)]),
         result('{"temperature": 12.5, "sky": "grey"}')]
SPECIAL = "</tool> <|im_end|> <s>[INST] \\ \" ' & < > {{ x }} {% if %} \u2028 \t\r\n \u0000\u0007 end"


def shapes():
    """(name, variables) of every shape."""
    plain = [user("Hello!")]
    turns = [user("One?"), assistant("1."), user("Two?"), assistant("2."), user("Three?")]
    yield "plain", {"messages": plain, "add_generation_prompt": True}
    yield "plain, no prompt", {"messages": plain, "add_generation_prompt": False}
    yield "nothing else given", {"messages": plain}
    yield "system", {"messages": [system("Be brief."), *plain], "add_generation_prompt": True}
    yield "system only", {"messages": [system("Be brief.")], "add_generation_prompt": True}
    yield "turns", {"messages": turns, "add_generation_prompt": True}
    yield "turns with system", {"messages": [system("Count."), *turns], "add_generation_prompt": True}
    yield "ends with assistant", {"messages": turns[:4], "add_generation_prompt": False}
    yield "no messages", {"messages": [], "add_generation_prompt": True}
    yield "tools null", {"messages": plain, "tools": None, "documents": None, "add_generation_prompt": True}
    yield "tools empty", {"messages": plain, "tools": [], "add_generation_prompt": True}
    yield "one tool", {"messages": plain, "tools": [WEATHER], "add_generation_prompt": True}
    yield "tools and system", {"messages": [system("S"), *plain], "tools": [WEATHER, TIME, BARE], "add_generation_prompt": True}
    yield "built-in tool", {"messages": plain, "tools": [BUILTIN, TIME], "add_generation_prompt": True}
    yield "call and result", {"messages": AGENT, "tools": [WEATHER], "add_generation_prompt": True}
    yield "call and result, no tools", {"messages": AGENT, "add_generation_prompt": True}
    yield "answer after result", {"messages": [*AGENT, assistant("Grey, 12.5 °C."), user("Thanks")], "tools": [WEATHER],
                                  "add_generation_prompt": True}
    yield "arguments as text", {
        "messages": [user("W?"), assistant(None, tool_calls=[call("get_weather", TEXT_ARGUMENTS, "abc123def")]),
                     result("12", id="abc123def")], "tools": [WEATHER], "add_generation_prompt": True}
    yield "parallel calls", {
        "messages": [user("Both?"),
                     assistant("I look.", tool_calls=[call("get_weather", {"city": "Oslo"}, "call_a001"),
                                                      call("get_time", {"zone": "CET"}, "call_b002")]),
                     result("3", id="call_a001"), result("17:00", "get_time", "call_b002")],
        "tools": [WEATHER, TIME], "add_generation_prompt": True}
    yield "calls in a row", {
        "messages": [*AGENT, assistant("", tool_calls=[call("get_time", {"zone": "CET"}, "call_0002")]),
                     result("17:00", "get_time", "call_0002")], "tools": [WEATHER, TIME], "add_generation_prompt": True}
    yield "no arguments", {"messages": [user("P"), assistant("", tool_calls=[call("ping", {})]), result("", "ping")],
                           "tools": [BARE], "add_generation_prompt": True}
    yield "bare call", {"messages": [user("P"), {"role": "assistant", "tool_calls": [{"name": "ping", "arguments": {"a": 1}}]},
                                     {"role": "tool", "content": "pong"}], "tools": [BARE], "add_generation_prompt": True}
    yield "tool result as parts", {"messages": [*AGENT[:3], {"role": "tool", "content": parts("12", "grey"),
                                                             "tool_call_id": "call_0001"}],
                                   "tools": [WEATHER], "add_generation_prompt": True}
    yield "tool result as object", {"messages": [*AGENT[:3], {"role": "tool", "content": {"t": 12.5, "ok": True},
                                                              "tool_call_id": "call_0001"}],
                                    "tools": [WEATHER], "add_generation_prompt": True}
    yield "old tool role", {"messages": [*AGENT[:3], {"role": "function", "name": "get_weather", "content": "12"}],
                            "add_generation_prompt": True}
    yield "reasoning_content", {"messages": [user("1+1?"), assistant("2", reasoning_content="One and one.\n"), user("2+2?")],
                                "add_generation_prompt": True}
    yield "reasoning aliases", {
        "messages": [user("1+1?"), assistant("2", reasoning_content="Hm.", thinking="Hm.", reasoning="Hm."), user("And?"),
                     assistant("", reasoning_content="Look up.", thinking="Look up.", tool_calls=[call("get_time", {"zone": "CET"})]),
                     result("17:00", "get_time")], "tools": [TIME], "add_generation_prompt": True}
    yield "think tags", {"messages": [user("1+1?"), assistant("<think>\nOne and\none\n</think>\n\n2"), user("2+2?"),
                                      assistant("<think>x</think>4")], "add_generation_prompt": False}
    yield "thinking on", {"messages": turns, "enable_thinking": True, "thinking": True, "add_generation_prompt": True}
    yield "thinking off", {"messages": turns, "enable_thinking": False, "thinking": False, "add_generation_prompt": True}
    yield "effort low", {"messages": [system("/no_think Be."), *plain], "reasoning_effort": "low", "add_generation_prompt": True}
    yield "effort high", {"messages": plain, "reasoning_effort": "high", "tools": [TIME], "builtin_tools": ["browser", "python"],
                          "model_identity": "You are R.", "add_generation_prompt": True}
    yield "non-ASCII", {"messages": [system("Grüße, 你好"), user("日本語 🦙 Ω\u0301 \u200b İ ß ǆ"), assistant("ÄÖÜ é"), user("ﬃ \u00a0 x")],
                        "add_generation_prompt": True}
    yield "special characters", {"messages": [system(SPECIAL), user(SPECIAL), assistant(SPECIAL), user("ok")],
                                 "add_generation_prompt": True}
    yield "special characters in calls", {
        "messages": [user("x"), assistant("", tool_calls=[call("get_weather", {"city": SPECIAL, "n": 1e21, "m": 0.1, "z": -0.0})]),
                     result(SPECIAL)], "tools": [WEATHER], "add_generation_prompt": True}
    yield "blank content", {"messages": [system(""), user(""), assistant(""), user("  \n x \n ")], "add_generation_prompt": True}
    yield "null content", {"messages": [user("a"), assistant(None), user("b")], "add_generation_prompt": True}
    yield "missing content", {"messages": [user("a"), {"role": "assistant"}, user("b")], "add_generation_prompt": True}
    yield "parts", {"messages": [{"role": "system", "content": parts("S1", "S2")}, user(parts("One", "Two")),
                                 assistant(parts("Three")), user(parts("Four"))], "add_generation_prompt": True}
    yield "images", {"messages": [user([{"type": "image"}, {"type": "text", "text": "What?"},
                                        {"type": "image_url", "image_url": {"url": "data:x"}}, {"type": "video"}, {"type": "audio"}])],
                     "add_generation_prompt": True}
    yield "same role twice", {"messages": [user("a"), user("b"), assistant("c"), assistant("d"), user("e")],
                              "add_generation_prompt": True}
    yield "starts with assistant", {"messages": [assistant("Hi"), user("a")], "add_generation_prompt": True}
    yield "system in the middle", {"messages": [user("a"), assistant("b"), system("c"), user("d")], "add_generation_prompt": True}
    yield "developer", {"messages": [{"role": "developer", "content": "Be exact."}, *plain], "add_generation_prompt": True}
    yield "unknown role", {"messages": [user("a"), {"role": "critic", "content": "b"}], "add_generation_prompt": True}
    yield "documents", {"messages": plain, "documents": [{"title": "T1", "text": "Text ü", "doc_id": 1},
                                                         {"title": "T2", "contents": "More", "id": "x"}],
                        "citation_mode": "fast", "add_generation_prompt": True}
    yield "names", {"messages": [user("a", name="Ann"), assistant("b", name="Bot"), user("c", name="Ben")],
                    "add_generation_prompt": True}
    yield "other switches", {"messages": turns, "tools": [WEATHER], "date_string": "26 Jul 2024", "tools_in_user_message": False,
                             "keep_past_thinking": True, "preserve_thinking": True, "clear_thinking": False, "add_vision_id": True,
                             "xml_tools": ["x"], "python_tools": ["y"], "custom_instructions": "C", "thinking_budget": 512,
                             "response_format": {"type": "json_object"}, "add_generation_prompt": True}
    yield "long", {"messages": [system("long " * 2000)] + [m for i in range(60) for m in (
        user(f"Question {i}: " + "word " * 50), assistant(f"Answer {i}.\n" * 20))] + [user("Last?")], "add_generation_prompt": True}
