#!/usr/bin/env python3
"""40 requests that must call a tool with a typed schema, and whether the arguments keep it.

usage: tool_calls.py URL [--only N] [--tokens 400] [--verbose]      pip install jsonschema==4.26.0

Each of 20 tools is asked for twice with tool_choice required: whole, and streamed with the pieces of the
arguments joined. `jsonschema`, which shares nothing with the server, validates them. Prints what failed,
and last "40 of 40 …"; exits with 1 where one failed. Works with any server of /v1/chat/completions.
"""
import argparse
import json
import sys
import urllib.error
import urllib.request

import jsonschema


def obj(properties, required=None, **more):
    return {"type": "object", "properties": properties,
            "required": list(properties) if required is None else required, "additionalProperties": False, **more}


TEXT, INTEGER, NUMBER, BOOLEAN = {"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "boolean"}

# What is asked, the tool's name, and its schema.
TOOLS = [
    ("What is the weather in Paris, in Celsius?", "get_weather",
     obj({"city": TEXT, "unit": {"enum": ["celsius", "fahrenheit"]}})),
    ("Set the volume to 42 percent.", "set_volume",
     obj({"percent": {"type": "integer", "minimum": 0, "maximum": 100}})),
    ("Book a room for Ann Lee for 3 nights, without smoking.", "book_room",
     obj({"guest": {"type": "string", "maxLength": 40}, "nights": {"type": "integer", "minimum": 1, "maximum": 30},
          "smoking": BOOLEAN})),
    ("Order 2 kg of apples and 1.5 kg of pears.", "order",
     obj({"items": {"type": "array", "minItems": 1, "maxItems": 5, "items": obj({
         "name": {"type": "string", "minLength": 2, "maxLength": 20},
         "kilograms": {"type": "number", "exclusiveMinimum": 0, "maximum": 100}})}})),
    ("Remember that the meeting with Bob is on 2025-03-14 at 10:30 UTC.", "add_event",
     obj({"title": {"type": "string", "maxLength": 60}, "start": {"type": "string", "format": "date-time"},
          "repeat": {"anyOf": [{"enum": ["daily", "weekly"]}, {"type": "null"}]}})),
    ("Send a mail to ann@example.org that says hello.", "send_mail",
     obj({"to": {"type": "array", "items": {"type": "string", "format": "email"}, "minItems": 1, "maxItems": 3},
          "subject": {"type": "string", "maxLength": 78}, "body": {"type": "string", "maxLength": 1000}})),
    ("Draw a circle with radius 2.", "draw",
     obj({"shape": {"oneOf": [obj({"kind": {"const": "circle"}, "radius": {"type": "number", "minimum": 0}}),
                              obj({"kind": {"const": "rectangle"}, "width": NUMBER, "height": NUMBER})]}})),
    ("Ship it to Ann Lee, 5 Long Street, 12345 Springfield.", "ship",
     obj({"address": obj({"name": TEXT, "street": TEXT, "zip": {"type": "string", "pattern": "^[0-9]{5}$"},
                          "extra": obj({"floor": INTEGER, "code": {"type": "string", "maxLength": 8}}, [])},
                         ["name", "street", "zip"])})),
    ("Replace foo by bar in src/main.py.", "edit_file",
     obj({"path": {"type": "string", "minLength": 1, "maxLength": 200}, "edits": {
         "type": "array", "minItems": 1, "maxItems": 4, "items": obj({
             "old": {"type": "string", "minLength": 1, "maxLength": 200}, "new": {"type": "string", "maxLength": 200},
             "all": BOOLEAN}, ["old", "new"])}})),
    ("Search for cheap flights to Rome, at most 5 results.", "search",
     obj({"query": {"type": "string", "minLength": 3, "maxLength": 100},
          "limit": {"type": "integer", "minimum": 1, "maximum": 50},
          "filters": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 30},
                      "maxProperties": 3}}, ["query", "limit"])),
    ("Create the user ann_lee with the role admin.", "create_user",
     obj({"name": {"type": "string", "pattern": "^[a-z_][a-z0-9_]{0,31}$"},
          "roles": {"type": "array", "items": {"enum": ["admin", "editor", "viewer"]}, "minItems": 1, "maxItems": 3},
          "age": {"type": ["integer", "null"], "minimum": 0, "maximum": 150}}, ["name", "roles"])),
    ("Move the robot 3 steps left and then 2 steps up.", "move",
     obj({"steps": {"type": "array", "minItems": 2, "maxItems": 6, "items": obj({
         "direction": {"enum": ["left", "right", "up", "down"]},
         "count": {"type": "integer", "minimum": 1, "maximum": 9}})}})),
    ("Convert 100 euros to dollars.", "convert",
     obj({"amount": {"type": "number", "minimum": 0}, "from": {"type": "string", "pattern": "^[A-Z]{3}$"},
          "to": {"type": "string", "pattern": "^[A-Z]{3}$"}})),
    ("Turn on the lamp in the kitchen, warm white.", "set_lamp",
     obj({"room": TEXT, "on": {"const": True},
          "color": {"anyOf": [{"enum": ["warm", "cold"]}, {"type": "string", "pattern": "^#[0-9a-f]{6}$"}]}})),
    ("Plot the points (1, 2), (3, 4) and (5, 6).", "plot",
     obj({"points": {"type": "array", "minItems": 2, "maxItems": 8,
                     "items": {"type": "array", "prefixItems": [NUMBER, NUMBER], "items": False, "minItems": 2}}})),
    ("Show the folder tree with src in it and main.py in src.", "show_tree",
     {**obj({"root": {"$ref": "#/$defs/node"}}),
      "$defs": {"node": obj({"name": {"type": "string", "maxLength": 20}, "children": {
          "type": "array", "maxItems": 3, "items": {"$ref": "#/$defs/node"}}}, ["name"])}}),
    ("Note that the server at 10.0.0.7 answers on port 8080.", "note_host",
     obj({"ip": {"type": "string", "format": "ipv4"}, "port": {"type": "integer", "minimum": 1, "maximum": 65535},
          "tags": {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 12}, "maxItems": 3}},
         ["ip", "port"])),
    ("Rate the film Metropolis 9.5 of 10.", "rate",
     obj({"film": {"type": "string", "minLength": 1, "maxLength": 80},
          "stars": {"type": "number", "minimum": 0, "maximum": 10}, "comment": {"type": "string", "maxLength": 280}},
         ["film", "stars"])),
    ("Run ls -l with a time limit of 10 seconds.", "run_command",
     obj({"argv": {"type": "array", "items": {"type": "string", "maxLength": 100}, "minItems": 1, "maxItems": 6},
          "timeout": {"type": "integer", "multipleOf": 5, "minimum": 5, "maximum": 60},
          "environment": {"type": "object", "patternProperties": {"^[A-Z_]+$": {"type": "string", "maxLength": 20}},
                          "additionalProperties": False}}, ["argv", "timeout"])),
    ("Write a summary of the water cycle in at most 200 characters.", "write_summary",
     obj({"summary": {"type": "string", "minLength": 20, "maxLength": 200},
          "language": {"enum": ["en", "de", "fr"]}})),
]


def request_of(question, name, schema, tokens):
    return {"messages": [{"role": "user", "content": question}], "tool_choice": "required",
            "parallel_tool_calls": False, "temperature": 0, "max_tokens": tokens,
            "tools": [{"type": "function", "function": {"name": name, "parameters": schema, "strict": True}}]}


def post(url, body):
    request = urllib.request.Request(url + "/v1/chat/completions", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    return urllib.request.urlopen(request, timeout=1800)


def whole(url, body):
    with post(url, body) as answer:
        message = json.load(answer)["choices"][0]["message"]
    return [(call["function"]["name"], call["function"]["arguments"]) for call in message.get("tool_calls") or []]


def streamed(url, body):
    calls = {}
    with post(url, {**body, "stream": True}) as answer:
        for line in answer:
            if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
                continue
            event = json.loads(line[6:])
            if "error" in event:
                raise ValueError(f"the stream ended with {event['error']}")
            for choice in event.get("choices", []):
                for piece in choice["delta"].get("tool_calls") or []:
                    call = calls.setdefault(piece["index"], ["", ""])
                    function = piece.get("function", {})
                    call[0] += function.get("name") or ""
                    call[1] += function.get("arguments") or ""
    return [tuple(call) for _, call in sorted(calls.items())]


def problem_of(calls, name, schema):
    if len(calls) != 1 or calls[0][0] != name:
        return f"calls {calls!r} where one of {name} was wanted"
    try:
        value = json.loads(calls[0][1])
    except ValueError as error:
        return f"arguments are no JSON ({error}): {calls[0][1]}"
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    errors = "; ".join(error.message for error in checker.iter_errors(value))
    return f"{errors}: {calls[0][1]}" if errors else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("url")
    parser.add_argument("--only", type=int, default=len(TOOLS), help="so many tools instead of all")
    parser.add_argument("--tokens", type=int, default=400, help="of an answer, at most")
    parser.add_argument("--verbose", action="store_true", help="print the arguments, too")
    options = parser.parse_args()
    url = options.url.rstrip("/").removesuffix("/v1")
    good = total = 0
    for question, name, schema in TOOLS[:options.only]:
        jsonschema.Draft202012Validator.check_schema(schema)
        for ask in (whole, streamed):
            total += 1
            try:
                calls = ask(url, request_of(question, name, schema, options.tokens))
                problem = problem_of(calls, name, schema)
            except urllib.error.HTTPError as error:
                calls, problem = [], f"{error.code} {error.read().decode(errors='replace')}"
            except ValueError as error:
                calls, problem = [], str(error)
            good += not problem
            if problem:
                print(f"{name} ({ask.__name__}): {problem}", flush=True)
            elif options.verbose:
                print(f"{name} ({ask.__name__}): {calls[0][1]}", flush=True)
    print(f"{good} of {total} calls kept their schema")
    return 0 if good == total else 1


if __name__ == "__main__":
    sys.exit(main())
