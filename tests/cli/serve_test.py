"""usage: serve_test.py RIDGE [unittest options]

`ridge serve` over raw sockets, as clients use it and as they misuse it, with a real model of 98 MB."""
import concurrent.futures
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import unittest

from support import PATIENCE, RIDGE, ProgramTest, model

JSON = {"Content-Type": "application/json"}


class Server:
    """A `ridge serve` on a free port, until close()."""

    def __init__(self, *arguments, env, context=2048):
        self.process = subprocess.Popen([RIDGE, "serve", *arguments, "--port", "0", "-c", str(context)],
                                        stderr=subprocess.PIPE, env=env, text=True)
        self.lines = []
        self.ready = threading.Event()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        if not self.ready.wait(PATIENCE):
            raise AssertionError("the server does not say that it is ready:\n" + "".join(self.lines))
        found = re.search(r"https?://[^ ]+:(\d+)", "".join(self.lines))
        if not found:
            raise AssertionError("".join(self.lines))
        self.port = int(found[1])

    def read(self):
        for line in self.process.stderr:
            self.lines.append(line)
            if "Zed" in line:  # the last thing that it says before it listens
                self.ready.set()
        self.ready.set()

    def log(self):
        return "".join(self.lines)

    def close(self, expected=0, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        self.process.stderr.close()
        if code != expected:
            raise AssertionError(f"exit code {code}:\n{self.log()}")

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            data = json.dumps(body) if isinstance(body, (dict, list)) else body
            connection.request(method, path, data, JSON if headers is None else headers)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def post(self, path, body, headers=None):
        status, _, data = self.ask("POST", path, body, headers)
        return status, json.loads(data)

    def chat(self, text, **more):
        return self.post("/v1/chat/completions", {"messages": [{"role": "user", "content": text}], "temperature": 0, **more})

    def stream(self, text, **more):
        """A socket on which a streamed answer comes, and what was read of it."""
        body = json.dumps({"messages": [{"role": "user", "content": text}], "temperature": 0, "stream": True, **more})
        return self.raw(f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        f"Content-Length: {len(body.encode())}\r\n\r\n{body}")

    def raw(self, data):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        connection.sendall(data.encode() if isinstance(data, str) else data)
        return connection

    def answers(self, data):
        """Everything that the server sends until it closes."""
        with self.raw(data) as connection:
            out = b""
            while chunk := connection.recv(65536):
                out += chunk
            return out

    def is_idle(self):
        health = json.loads(self.ask("GET", "/health")[2])
        return health["requests_running"] == health["requests_waiting"] == 0


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(0.02)


def read_until(connection, wanted):
    out = b""
    while wanted not in out:
        chunk = connection.recv(65536)
        if not chunk:
            raise AssertionError(f"the stream ended without {wanted}: {out}")
        out += chunk
    return out


def status_of(answer):
    return int(answer.split(b" ", 2)[1])


class ServeTest(ProgramTest):
    """One server for all that leave it as it was."""

    @classmethod
    def setUpClass(cls):
        cls.model = model("smollm2-135m")
        cls.server = Server(cls.model, "--parallel", "4", "--queue", "2", "--keep-alive-seconds", "0.2",
                            env={"PATH": os.environ["PATH"]})

    @classmethod
    def tearDownClass(cls):
        cls.server.close()


class Answers(ServeTest):
    def test_the_same_question_has_the_same_answer_streamed_or_not_and_is_read_once(self):
        status, whole = self.server.chat("Name three colours.", max_tokens=12)
        self.assertEqual(status, 200)
        self.assertEqual(whole["choices"][0]["finish_reason"], "length")
        self.assertEqual(whole["usage"]["completion_tokens"], 12)
        with self.server.stream("Name three colours.", max_tokens=12, stream_options={"include_usage": True}) as connection:
            data = read_until(connection, b"[DONE]").decode()
        chunks = [json.loads(line[6:]) for line in data.splitlines() if line.startswith("data: {")]
        text = "".join(c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"])
        self.assertEqual(text, whole["choices"][0]["message"]["content"])
        usage = chunks[-1]["usage"]
        self.assertEqual(usage["prompt_tokens"], whole["usage"]["prompt_tokens"])
        self.assertGreaterEqual(usage["prompt_tokens_details"]["cached_tokens"], usage["prompt_tokens"] - 1)

    def test_parallel_answers_are_those_of_single_ones(self):
        questions = [f"Count from {n}." for n in range(4)]
        alone = [self.server.chat(q, max_tokens=16)[1]["choices"][0]["message"]["content"] for q in questions]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda q: self.server.chat(q, max_tokens=16)[1]["choices"][0]["message"]["content"], questions))
        self.assertEqual(together, alone)

    def test_every_dialect_says_the_same(self):
        prompt = "Say a word."
        wanted = self.server.chat(prompt, max_tokens=4)[1]["choices"][0]["message"]["content"]
        status, message = self.server.post("/v1/messages", {"max_tokens": 4, "temperature": 0,
                                                            "messages": [{"role": "user", "content": prompt}]})
        self.assertEqual((status, message["content"][0]["text"], message["stop_reason"]), (200, wanted, "max_tokens"))
        status, response = self.server.post("/v1/responses", {"input": prompt, "max_output_tokens": 4, "temperature": 0})
        self.assertEqual((status, response["output"][0]["content"][0]["text"]), (200, wanted))
        greedy = {"temperature": 0, "num_predict": 4}
        status, ollama = self.server.post("/api/chat", {"messages": [{"role": "user", "content": prompt}],
                                                        "options": greedy, "stream": False})
        self.assertEqual((status, ollama["message"]["content"], ollama["done_reason"]), (200, wanted, "length"))
        status, generated = self.server.post("/api/generate", {"prompt": prompt, "options": greedy, "stream": False})
        self.assertEqual((status, generated["response"]), (200, wanted))

    def test_a_stop_string_ends_and_stays_away(self):
        _, free = self.server.chat("Count to ten.", max_tokens=24)
        text = free["choices"][0]["message"]["content"]
        stop = text[len(text) // 2:len(text) // 2 + 3]
        _, cut = self.server.chat("Count to ten.", max_tokens=24, stop=[stop])
        self.assertEqual(cut["choices"][0]["message"]["content"], text[:text.index(stop)])
        self.assertEqual(cut["choices"][0]["finish_reason"], "stop")
        _, message = self.server.post("/v1/messages", {"max_tokens": 24, "temperature": 0, "stop_sequences": [text + "?", stop],
                                                       "messages": [{"role": "user", "content": "Count to ten."}]})
        self.assertEqual((message["stop_reason"], message["stop_sequence"]), ("stop_sequence", stop))

    def test_completion_tokens_and_template_agree(self):
        _, rendered = self.server.post("/apply-template", {"messages": [{"role": "user", "content": "Hi"}]})
        _, tokens = self.server.post("/tokenize", {"content": rendered["prompt"]})
        _, text = self.server.post("/detokenize", tokens)
        self.assertEqual(text["content"], rendered["prompt"])
        _, counted = self.server.post("/v1/messages/count_tokens", {"messages": [{"role": "user", "content": "Hi"}]})
        self.assertEqual(counted["input_tokens"], len(tokens["tokens"]))
        _, chat = self.server.chat("Hi", max_tokens=4)
        _, raw = self.server.post("/v1/completions", {"prompt": tokens["tokens"], "max_tokens": 4, "temperature": 0})
        self.assertEqual(raw["choices"][0]["text"], chat["choices"][0]["message"]["content"])

    def test_logprobs_are_of_the_tokens_said(self):
        _, answer = self.server.chat("Hi", max_tokens=4, logprobs=True, top_logprobs=3)
        entries = answer["choices"][0]["logprobs"]["content"]
        self.assertEqual(len(entries), 4)
        text = b"".join(bytes(e["bytes"]) for e in entries).decode(errors="replace")
        self.assertEqual(text, answer["choices"][0]["message"]["content"])
        for entry in entries:
            self.assertEqual(len(entry["top_logprobs"]), 3)
            self.assertEqual(entry["logprob"], entry["top_logprobs"][0]["logprob"])  # greedy

    def test_embeddings_have_length_one_and_depend_on_the_text(self):
        _, answer = self.server.post("/v1/embeddings", {"input": ["cat", "dog"]})
        first, second = (entry["embedding"] for entry in answer["data"])
        self.assertAlmostEqual(sum(x * x for x in first), 1, places=4)
        self.assertNotEqual(first, second)

    def test_metrics_count(self):
        self.server.chat("Hi", max_tokens=2)
        text = self.server.ask("GET", "/metrics")[2].decode()
        for line in text.splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) ridge_\w+ .+|ridge_\w+(\{[^}]*\})? -?[0-9.e+inf-]+)$')
        self.assertRegex(text, r'ridge_http_requests_total\{route="/v1/chat/completions",status="200"\} [1-9]')
        for source in ("reused", "new", "changed", "forgotten"):
            self.assertRegex(text, rf'ridge_prompt_tokens_total\{{source="{source}"\}} ')

    def test_the_predicted_speed_is_shown_with_its_source_and_beside_the_measured_one(self):
        log = self.server.log()
        shown = re.search(r"  speed +decode ([0-9.,]+) tok/s \([0-9.,]+ to [0-9.,]+\), [0-9.,]+ after [0-9.,KM]+ tokens; prompts [0-9.,]+ \(.*\)\n"
                          r" +predicted for one request alone; (calibrated|nominal).*; bandwidth: .+\n", log)
        self.assertTrue(shown, log)
        status, _ = self.server.chat("Tell a story of a long walk through " + "old, " * 60 + "woods.", max_tokens=40)
        self.assertEqual(status, 200)
        text = self.server.ask("GET", "/metrics")[2].decode()
        for name in ("predicted_decode", "measured_decode", "predicted_prompt", "measured_prompt"):
            self.assertRegex(text, rf"(?m)^ridge_{name}_tokens_per_second [0-9.e+]+$")


class Requests(ServeTest):
    """What is refused, and how."""

    def expect(self, status, method, path, body=None, headers=None):
        got, _, data = self.server.ask(method, path, body, headers)
        self.assertEqual(got, status, f"{method} {path} {str(body)[:80]}: {data[:300]}")
        return json.loads(data) if data else None

    def test_paths_methods_and_types(self):
        self.expect(404, "GET", "/v2/nothing")
        self.expect(404, "GET", "/v1/models/other")
        self.expect(404, "GET", "/v1/models/..%2f..%2fetc%2fpasswd")
        self.expect(405, "GET", "/v1/chat/completions")
        self.expect(405, "DELETE", "/v1/models")
        self.expect(415, "POST", "/v1/chat/completions", "{}", {"Content-Type": "text/plain"})
        self.expect(200, "GET", "/v1/models/smollm2-135m")
        self.assertEqual(self.server.ask("HEAD", "/")[2], b"")

    def test_bodies_that_are_no_requests(self):
        bodies = [b"", b"{", b"[]", b"null", b'{"messages": 1}', b'{"messages":[],"messages":[]}', b"[" * 10000,
                  b'{"messages":[{"role":"user","content":"\\ud800"}]}', b'{"messages":[{"role":"user","content":"\xff"}]}',
                  b'{"messages":[{"role":"user","content":"x"}],"temperature":1e999}',
                  b'{"messages":[{"role":"user","content":"x"}],"temperature":-1}',
                  b'{"messages":[{"role":"user","content":"x"}],"max_tokens":-5}',
                  b'{"messages":[{"role":"user","content":"x"}],"top_k":1e30}',
                  b'{"messages":[{"role":"user","content":"x"}],"logit_bias":{"99999999":1}}',
                  b'{"messages":[{"role":"user","content":"x"}],"n_predict":99999999999999999999}']
        for body in bodies:
            self.assertIn("error", self.expect(400, "POST", "/v1/chat/completions", body))
            self.assertEqual(self.expect(400, "POST", "/v1/messages", body)["type"], "error")
        self.expect(400, "POST", "/v1/embeddings", {"input": ""})
        self.expect(400, "POST", "/v1/embeddings", {"input": ["x"] * 5000})
        self.expect(400, "POST", "/v1/completions", {"prompt": [10**9]})
        self.expect(400, "POST", "/detokenize", {"tokens": [-1]})

    def test_what_no_answer_can_keep_to_is_refused_and_never_ignored(self):
        deep = {"type": "string", "pattern": "(" * 60000 + ")" * 60000}
        schemas = [deep, {"$ref": "#"}, {"$ref": "https://example.com/schema"}, {"type": "array", "maxItems": 10**9}, {"anyOf": []},
                   {"type": "string", "pattern": "(((a{900}){900}){900})"}, {"typ": "object"}, [1]]
        message = [{"role": "user", "content": "x"}]
        for schema in schemas:
            self.expect(400, "POST", "/v1/chat/completions", {"messages": message, "response_format": {
                "type": "json_schema", "json_schema": {"name": "n", "schema": schema}}})
            self.expect(400, "POST", "/v1/messages", {"messages": message, "max_tokens": 1, "output_config": {
                "format": {"type": "json_schema", "schema": schema}}})
            self.expect(400, "POST", "/api/chat", {"messages": message, "format": schema})
        for grammar in ("", "root ::= other", 'root ::= root "a" | "b"', 'root ::= "a" root', "root ::= " + "(" * 60000 + ")" * 60000):
            for path, body in (("/v1/chat/completions", {"messages": message}), ("/v1/completions", {"prompt": "x"})):
                self.expect(400, "POST", path, {**body, "grammar": grammar})
        _, kept = self.server.post("/v1/chat/completions", {"messages": message, "max_tokens": 40, "response_format": {
            "type": "json_schema", "json_schema": {"name": "n", "schema": {
                "description": 'quotes " and\nlines */ root ::= "a"', "type": "object", "properties": {"a": {"enum": ["yes"]}},
                "required": ["a"], "additionalProperties": False}}}})
        self.assertEqual(json.loads(kept["choices"][0]["message"]["content"]), {"a": "yes"})

    def test_overflow_names_both_numbers_and_hurts_nobody_else(self):
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            other = pool.submit(self.server.chat, "Tell a story.", max_tokens=24)
            long = "word " * 4000
            error = self.expect(400, "POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": long}]})["error"]
            self.assertEqual((error["code"], error["n_ctx"]), ("context_length_exceeded", 2048))
            self.assertGreater(error["n_prompt_tokens"], 2048)
            error = self.expect(400, "POST", "/v1/messages", {"max_tokens": 9, "messages": [{"role": "user", "content": long}]})["error"]
            self.assertRegex(error["message"], r"^prompt is too long: \d+ tokens > 2048 maximum$")
            self.assertEqual(other.result()[1]["usage"]["completion_tokens"], 24)

    def test_control_tokens_in_a_users_text_are_text(self):
        plain = self.server.post("/v1/messages/count_tokens", {"messages": [{"role": "user", "content": "x"}]})[1]["input_tokens"]
        marked = self.server.post("/v1/messages/count_tokens", {"messages": [{"role": "user", "content": "x<|im_end|>"}]})[1]["input_tokens"]
        self.assertGreater(marked, plain + 2)  # one control token would be plain + 1

    def test_hosts_origins_and_preflight(self):
        def answer(*lines, method="GET"):
            return self.server.answers(f"{method} /health HTTP/1.1\r\n" + "".join(f"{line}\r\n" for line in lines) + "Connection: close\r\n\r\n")
        self.assertEqual(status_of(answer("Host: localhost")), 200)
        self.assertEqual(status_of(answer("Host: evil.example")), 403)
        self.assertEqual(status_of(answer()), 400)
        self.assertEqual(status_of(answer("Host: localhost", "Origin: null")), 403)
        self.assertEqual(status_of(answer("Host: localhost", "Origin: https://evil.example")), 403)
        page = answer("Host: localhost", "Origin: http://localhost:3000")
        self.assertIn(b"Access-Control-Allow-Origin: http://localhost:3000", page)
        preflight = answer("Host: localhost", "Origin: http://localhost:3000", "Access-Control-Request-Method: POST",
                           "Access-Control-Request-Headers: content-type", method="OPTIONS")
        self.assertEqual(status_of(preflight), 204)
        self.assertIn(b"Access-Control-Allow-Headers: content-type", preflight)
        self.assertEqual(status_of(answer("Host: localhost", "Origin: https://evil.example", method="OPTIONS")), 403)


class Wire(ServeTest):
    """HTTP itself."""

    def test_requests_sent_ahead_are_answered_in_order(self):
        paths = ["/health", "/v1/models", "/nothing", "/api/version"]
        data = "".join(f"GET {p} HTTP/1.1\r\nHost: localhost\r\n{'Connection: close' if p == paths[-1] else 'X: y'}\r\n\r\n" for p in paths)
        answers = self.server.answers(data)
        self.assertEqual([int(s) for s in re.findall(rb"HTTP/1\.1 (\d+)", answers)], [200, 200, 404, 200])
        self.assertLess(answers.index(b'"status":"ok"'), answers.index(b'"object":"list"'))

    def test_heads_that_are_none_or_too_large(self):
        cases = [("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "y" * 40000 + "\r\n\r\n", 431),
                 ("GET / HTTP/1.1\r\n" + "".join(f"X{i}: y\r\n" for i in range(10000)) + "\r\n", 431),
                 ("nonsense\r\n\r\n", 400), ("GET / HTTP/9.9\r\n\r\n", 505), ("\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
                 ("GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400), ("GET http://evil/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
                 ("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
                 ("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400)]
        for data, status in cases:
            self.assertEqual(status_of(self.server.answers(data)), status, data[:60])

    def test_a_body_beyond_the_limit_is_refused_unread(self):
        head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        self.assertEqual(status_of(self.server.answers(head + "Content-Length: 1073741824\r\n\r\n")), 413)

    def test_a_length_that_lies_costs_only_its_own_connection(self):
        head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        more = self.server.answers(head + "Content-Length: 2\r\n\r\n{}surplus\r\n\r\n")
        self.assertEqual(re.findall(rb"HTTP/1\.1 (\d+)", more), [b"400", b"400"])
        with self.server.raw(head + "Content-Length: 100\r\n\r\n{}") as connection:
            connection.shutdown(socket.SHUT_WR)
            self.assertEqual(connection.recv(100), b"")
        self.assertEqual(self.server.ask("GET", "/health")[0], 200)

    def test_a_body_in_chunks_and_one_that_waits_to_be_asked_for(self):
        body = b'{"content":"hello"}'
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:5], body[5:])) + b"0\r\n\r\n"
        head = b"POST /tokenize HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
        self.assertEqual(status_of(self.server.answers(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)), 200)
        with self.server.raw(head + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body)) as connection:
            self.assertTrue(read_until(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 100 "))
            connection.sendall(body)
            self.assertEqual(status_of(read_until(connection, b"}")), 200)

    def test_a_stream_has_its_head_at_once_and_says_that_it_lives(self):
        with self.server.stream("word " * 1500, max_tokens=1) as connection:
            seen = read_until(connection, b"[DONE]")
        self.assertIn(b"Content-Type: text/event-stream", seen)
        self.assertIn(b": still here", seen)
        self.assertLess(seen.index(b'"role":"assistant"'), seen.index(b": still here"))

    def test_leaving_cancels_while_the_prompt_is_read_and_while_it_is_answered(self):
        for text, until in (("other " * 1500, b'"role"'), ("Tell a long story.", b'"content":"')):
            connection = self.server.stream(text, max_tokens=1500)
            read_until(connection, until)
            connection.close()
            wait_until(self.server.is_idle, "the request of a client that left is still running")
        wait_until(lambda: self.server.log().count(", cancelled") >= 2, "no log of the cancelled requests")

    def test_a_full_line_is_told_to_come_again(self):
        open_ones = []
        try:
            for i in range(6):  # four run, two wait
                connection = self.server.stream(f"Tell story number {i}.", max_tokens=1500)
                open_ones.append(connection)
                read_until(connection, b'"role"')
            status, headers, body = self.server.ask("POST", "/v1/chat/completions",
                                                    {"messages": [{"role": "user", "content": "x"}], "stream": True})
            self.assertEqual(status, 503)
            self.assertIn("Retry-After", headers)
            read_until(open_ones[5], b": still here")  # who waits in line is told, too
        finally:
            for connection in open_ones:
                connection.close()
        wait_until(self.server.is_idle, "requests of clients that left are still running")

    def test_many_idle_and_slow_clients_hold_up_nobody(self):
        crowd = [self.server.raw(b"") for _ in range(100)] + [self.server.raw(b"GET / HT") for _ in range(100)]
        try:
            self.assertEqual(self.server.ask("GET", "/health")[0], 200)
        finally:
            for connection in crowd:
                connection.close()


class Modes(ProgramTest):
    """Servers of their own."""

    def start(self, *arguments):
        server = Server(model("smollm2-135m"), *arguments, env={"PATH": os.environ["PATH"]}, context=512)
        self.addCleanup(lambda: server.process.poll() is None and server.close())
        return server

    def test_keys(self):
        keys = self.cache / "keys"
        keys.write_text("first\n\nsecond\r\n")
        server = self.start("--api-key-file", str(keys))
        self.assertEqual(server.ask("GET", "/health")[0], 200)
        self.assertEqual(server.ask("GET", "/v1/models")[0], 401)
        self.assertEqual(server.ask("GET", "/v1/models", headers={"Authorization": "Bearer wrong"})[0], 401)
        self.assertEqual(server.ask("GET", "/v1/models", headers={"Authorization": "Bearer second"})[0], 200)
        self.assertEqual(server.ask("GET", "/v1/models", headers={"x-api-key": "first"})[0], 200)
        status, error = server.post("/v1/messages", {})
        self.assertEqual((status, error["error"]["type"]), (401, "authentication_error"))

    def test_a_signal_lets_what_runs_end_and_nothing_begin(self):
        server = self.start("--drain-seconds", "300")
        with server.stream("Tell a story.", max_tokens=40) as running:
            read_until(running, b'"content":"')
            server.process.send_signal(signal.SIGTERM)
            with self.assertRaises(OSError):
                for _ in range(1000):  # the listening socket closes soon
                    socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE).close()
                    time.sleep(0.01)
            rest = read_until(running, b"[DONE]")
            self.assertIn(b'"finish_reason":"length"', rest)
        server.close()

    def test_a_second_signal_does_not_wait(self):
        server = self.start("--drain-seconds", "300")
        with server.stream("Tell a very long story.", max_tokens=400) as running:
            read_until(running, b'"content":"')
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.1)
            server.close()

    def test_other_machines_need_a_key_or_the_word_insecure(self):
        done = self.run_ridge("serve", "nothing.gguf", "--host", "0.0.0.0", code=2)
        self.assertIn("--insecure", done.stderr)

    def test_a_configuration_file_says_what_options_say(self):
        config = self.cache / "ridge.toml"
        shown = self.run_ridge("serve", "m.gguf", "--port", "9000", "--allow-host", "a", "--allow-host", "b",
                               "--insecure", "--print-config").stdout
        config.write_text(shown)
        self.assertEqual(self.run_ridge("serve", "--config", config, "--print-config").stdout, shown)
        changed = self.run_ridge("serve", "--config", config, "--port", "9001", "--print-config").stdout
        self.assertEqual(changed, shown.replace("9000", "9001"))
        config.write_text("nonsense = 1\n")
        self.assertIn("nonsense", self.run_ridge("serve", "m", "--config", config, "--print-config", code=2).stderr)
        config.write_text("port = [1\n")
        self.assertIn("line", self.run_ridge("serve", "m", "--config", config, "--print-config", code=2).stderr)

    def test_a_configuration_that_is_shown_names_no_key_and_says_where_to_put_it(self):
        config = self.cache / "ridge.toml"
        shown = self.run_ridge("serve", "m.gguf", "--api-key", "hush-1", "--api-key=hush-2", "--print-config").stdout
        self.assertNotIn("hush", shown)
        self.assertRegex(shown, r"(?m)^# api-key is set and not shown; .*api-key-file = 'FILE'$")
        self.assertNotRegex(shown, r"(?m)^api-key\b(?!-)")
        config.write_text('api-key = ["hush-3"]\n')
        self.assertNotIn("hush", self.run_ridge("serve", "m", "--config", config, "--print-config").stdout)
        config.write_text(shown)
        again = self.run_ridge("serve", "--config", config, "--api-key-file", "keys.txt", "--print-config").stdout
        self.assertRegex(again, r"(?m)^api-key-file = 'keys.txt'$")
        self.assertIn("api-key = []", again)

    def test_tls(self):
        import ssl
        certificate, key = self.cache / "cert.pem", self.cache / "key.pem"
        made = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
                               "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate], capture_output=True)
        if made.returncode != 0:
            self.skipTest("openssl cannot make a certificate here")
        server = self.start("--tls-cert", str(certificate), "--tls-key", str(key))
        context = ssl.create_default_context(cafile=certificate)
        for path in ("/health", "/v1/models"):
            connection = http.client.HTTPSConnection("localhost", server.port, context=context, timeout=PATIENCE)
            connection.request("GET", path)
            self.assertEqual(connection.getresponse().status, 200)
            connection.close()
        connection = http.client.HTTPSConnection("localhost", server.port, context=context, timeout=PATIENCE)
        connection.request("POST", "/v1/chat/completions",
                           json.dumps({"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 4, "stream": True}), JSON)
        self.assertTrue(connection.getresponse().read().endswith(b"data: [DONE]\n\n"))
        connection.close()
        plain = socket.create_connection(("localhost", server.port), timeout=PATIENCE)
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
        plain.close()
        self.run_ridge("serve", model("smollm2-135m"), "--port", "0", "--tls-cert", key, "--tls-key", key, code=2)


if __name__ == "__main__":
    unittest.main()
