#!/usr/bin/env python3
"""usage: tools/clients/run.py RIDGE MODEL [unittest options]

Runs the clients that people use, unpatched, against `ridge serve MODEL`: the packages of
tools/clients/requirements.txt, in a virtual environment of their own below $RIDGE_CACHE or ~/.cache/ridgeline."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

from served import CACHE, HERE, Served

QUIET = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "DO_NOT_TRACK": "1", "NO_PROXY": "*", "LANGCHAIN_TRACING_V2": "false"}


def inside_environment():
    """Goes on in the virtual environment, which is made when it is not there or older than its list."""
    venv = CACHE / "clients"
    python, stamp, wanted = venv / "bin/python", venv / "requirements.txt", (HERE / "requirements.txt").read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"], check=True)
        stamp.write_text(wanted)
    if pathlib.Path(sys.prefix) != venv:
        os.execve(python, [str(python), *sys.argv], {**os.environ, **QUIET})


WEATHER = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city", "days"],
           "additionalProperties": False}
ASK_WEATHER = "What is the weather in Paris for the next 3 days? Use the tool."
HELLO = [{"role": "user", "content": "Say hello."}]
PERSON = [{"role": "user", "content": "Ann is 31 years old. Extract the person."}]


def person():
    import pydantic
    return pydantic.create_model("Person", name=(str, ...), age=(int, ...))


class OpenAI(unittest.TestCase):
    def setUp(self):
        import openai
        self.client = openai.OpenAI(base_url=SERVED.url + "/v1", api_key="none", max_retries=0)
        self.chat = self.client.chat.completions
        self.tools = [{"type": "function", "function": {"name": "get_weather", "description": "Weather of a city",
                                                        "parameters": WEATHER, "strict": True}}]

    def test_chat_and_stream(self):
        options = dict(model="any", messages=HELLO, max_tokens=20, temperature=0)
        answer = self.chat.create(**options)
        pieces, usage = [], None
        for chunk in self.chat.create(**options, stream=True, stream_options={"include_usage": True}):
            pieces += [c.delta.content or "" for c in chunk.choices]
            usage = chunk.usage or usage
        self.assertEqual("".join(pieces), answer.choices[0].message.content)
        self.assertEqual(usage.completion_tokens, answer.usage.completion_tokens)
        self.assertGreater(usage.prompt_tokens_details.cached_tokens, 0)

    def test_a_tool_is_called_with_what_its_schema_says(self):
        options = dict(model="any", messages=[{"role": "user", "content": ASK_WEATHER}], tools=self.tools, tool_choice="required",
                       max_tokens=200, temperature=0)
        choice = self.chat.create(**options).choices[0]
        self.assertEqual(choice.finish_reason, "tool_calls")
        call = choice.message.tool_calls[0]
        self.assertEqual(call.function.name, "get_weather")
        whole = json.loads(call.function.arguments)
        self.assertIsInstance(whole["days"], int)
        with self.chat.stream(**options) as stream:
            final = stream.get_final_completion()
        self.assertEqual(json.loads(final.choices[0].message.tool_calls[0].function.arguments), whole)
        history = [*options["messages"], choice.message.model_dump(exclude_none=True),
                   {"role": "tool", "tool_call_id": call.id, "content": "Sunny, 25 degrees"}]
        answer = self.chat.create(model="any", messages=history, tools=self.tools, max_tokens=60, temperature=0)
        self.assertTrue(answer.choices[0].message.content or answer.choices[0].message.tool_calls)

    def test_structured_parse(self):
        answer = self.chat.parse(model="any", messages=PERSON, response_format=person(), max_tokens=100, temperature=0)
        self.assertIsInstance(answer.choices[0].message.parsed.age, int)

    def test_responses(self):
        options = dict(model="any", input="Say hello.", max_output_tokens=20, temperature=0)
        self.assertTrue(self.client.responses.create(**options).output_text)
        with self.client.responses.stream(**options) as stream:
            types = [event.type for event in stream]
        self.assertEqual(types[:2], ["response.created", "response.in_progress"])
        self.assertIn(types[-1], ("response.completed", "response.incomplete"))
        tools = [{"type": "function", "name": "get_weather", "parameters": WEATHER, "strict": True}]
        call = self.client.responses.create(model="any", input=ASK_WEATHER, tools=tools, tool_choice="required",
                                            max_output_tokens=200, temperature=0).output[-1]
        self.assertEqual(call.type, "function_call")
        self.assertIsInstance(json.loads(call.arguments)["days"], int)

    def test_embeddings_completions_and_models(self):
        vectors = self.client.embeddings.create(model="any", input=["one", "two"])  # asks for base64
        self.assertEqual(len(vectors.data), 2)
        self.assertAlmostEqual(sum(x * x for x in vectors.data[0].embedding), 1, places=3)
        self.assertTrue(self.client.completions.create(model="any", prompt="def add(a, b):", max_tokens=12, temperature=0).choices[0].text)
        self.assertEqual([m.id for m in self.client.models.list()], [SERVED.model])

    def test_errors_are_its_own(self):
        import openai
        with self.assertRaises(openai.BadRequestError) as caught:
            self.chat.create(model="any", messages=[{"role": "user", "content": "word " * 20000}])
        self.assertEqual(caught.exception.code, "context_length_exceeded")
        with self.assertRaises(openai.NotFoundError):
            self.client.models.retrieve("other")


class Anthropic(unittest.TestCase):
    def setUp(self):
        import anthropic
        self.client = anthropic.Anthropic(base_url=SERVED.url, api_key="none", max_retries=0)
        self.tools = [{"name": "get_weather", "description": "Weather of a city", "input_schema": WEATHER}]

    def test_message_stream_and_count(self):
        hello = dict(model="any", max_tokens=20, extra_body={"temperature": 0}, messages=HELLO)
        whole = self.client.messages.create(**hello)
        with self.client.messages.stream(**hello) as stream:
            text = "".join(stream.text_stream)
            final = stream.get_final_message()
        self.assertEqual(text, whole.content[0].text)
        self.assertEqual(final.usage.output_tokens, whole.usage.output_tokens)
        counted = self.client.messages.count_tokens(model="any", messages=HELLO)
        self.assertEqual(counted.input_tokens, final.usage.input_tokens + final.usage.cache_read_input_tokens)

    def test_tools(self):
        options = dict(model="any", max_tokens=200, extra_body={"temperature": 0}, tools=self.tools, tool_choice={"type": "any"},
                       messages=[{"role": "user", "content": ASK_WEATHER}])
        whole = self.client.messages.create(**options)
        self.assertEqual(whole.stop_reason, "tool_use")
        use = next(block for block in whole.content if block.type == "tool_use")
        self.assertIsInstance(use.input["days"], int)
        with self.client.messages.stream(**options) as stream:
            final = stream.get_final_message()
        self.assertEqual(next(b for b in final.content if b.type == "tool_use").input, use.input)
        history = [*options["messages"], {"role": "assistant", "content": [b.model_dump() for b in whole.content]},
                   {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "Sunny"}]}]
        self.assertTrue(self.client.messages.create(model="any", max_tokens=40, tools=self.tools, messages=history).stop_reason)

    def test_errors_are_its_own(self):
        import anthropic
        with self.assertRaises(anthropic.BadRequestError) as caught:
            self.client.messages.create(model="any", max_tokens=5, messages=[{"role": "user", "content": "word " * 20000}])
        self.assertIn("prompt is too long", str(caught.exception))


class Ollama(unittest.TestCase):
    def setUp(self):
        import ollama
        self.client = ollama.Client(SERVED.url)
        self.options = {"temperature": 0, "num_predict": 20}

    def test_chat_generate_and_lists(self):
        whole = self.client.chat("any", HELLO, options=self.options)
        pieces = [part.message.content for part in self.client.chat("any", HELLO, options=self.options, stream=True)]
        self.assertEqual("".join(pieces), whole.message.content)
        self.assertTrue(self.client.generate("any", "Say hello.", options=self.options).response)
        self.assertEqual(self.client.list().models[0].model, SERVED.model)
        self.assertIn("completion", self.client.show("any").capabilities)
        self.assertEqual(self.client.ps().models[0].context_length, 8192)
        self.assertEqual(len(self.client.embed("any", ["a", "b"]).embeddings), 2)

    def test_format_is_kept(self):
        schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
        answer = self.client.chat("any", [{"role": "user", "content": "Give a number."}], format=schema,
                                  options={**self.options, "num_predict": 60})
        self.assertIsInstance(json.loads(answer.message.content)["n"], int)


class Layers(unittest.TestCase):
    """What sits between programs and these APIs."""

    def test_litellm(self):
        import litellm
        for name, base in (("openai/" + SERVED.model, SERVED.url + "/v1"), ("anthropic/" + SERVED.model, SERVED.url),
                           ("ollama_chat/" + SERVED.model, SERVED.url)):
            with self.subTest(name):
                answer = litellm.completion(model=name, api_base=base, api_key="none", max_tokens=10, temperature=0, messages=HELLO)
                self.assertTrue(answer.choices[0].message.content)

    def test_langchain(self):
        import langchain_openai
        model = langchain_openai.ChatOpenAI(model="any", base_url=SERVED.url + "/v1", api_key="none", temperature=0, max_tokens=60)
        self.assertTrue(model.invoke("Say hello.").content)
        self.assertTrue("".join(chunk.content for chunk in model.stream("Say hello.")))
        self.assertIsInstance(model.with_structured_output(person()).invoke(PERSON[0]["content"]).age, int)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    inside_environment()
    SERVED = Served([sys.argv.pop(1), "serve", sys.argv.pop(1), "--port", "0", "-c", "8192"])
    try:
        outcome = unittest.main(exit=False).result
    finally:
        SERVED.close()
    sys.exit(not outcome.wasSuccessful())
