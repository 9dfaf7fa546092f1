"""An OpenAI-compatible server on this machine that takes as long for a prompt and a token as it is told,
keeps prefixes when asked to, and misbehaves on request. Standard library only."""

import json
import threading
import time

from support import LocalServer


class ChatServer(LocalServer):
    """`prompts` is what was asked, in order, `prompt_rates` and `token_rates` the tokens a second of each
    answer as they left here, `most_at_once` the answers on their way at a time.
    Behaviours: prefix_cache: a prompt seen before costs nothing;
    status: answered instead; cut_after: the connection closes after so many tokens; streams: False sends
    the whole answer at once; counts: False leaves usage out; error_event: sent in place of the answer."""

    def __init__(self, seconds_per_prompt_token=0.0002, seconds_per_token=0.002):
        self.seconds_per_prompt_token = seconds_per_prompt_token
        self.seconds_per_token = seconds_per_token
        self.prefix_cache = False
        self.status = 200
        self.cut_after = None
        self.streams = True
        self.counts = True
        self.error_event = None
        self.prompts = []
        self.bodies = []
        self.headers = []
        self.prompt_rates = []
        self.token_rates = []
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        super().__init__()

    def get(self, request):
        body = json.dumps({"object": "list", "data": [{"id": "fake-1", "object": "model"}]}).encode()
        request.send_response(200 if request.path == "/v1/models" else 404)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def post(self, request):
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        prompt = body["messages"][0]["content"]
        with self.lock:
            known = prompt in self.prompts
            self.prompts.append(prompt)
            self.bodies.append(body)
            self.headers.append(dict(request.headers))
            self.at_once += 1
            self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            self.answer(request, body, prompt, known)
        finally:
            with self.lock:
                self.at_once -= 1

    def answer(self, request, body, prompt, known):
        if self.status != 200:
            self.refuse(request)
            return
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.end_headers()
        # Ten tokens of template, two a word.
        n_prompt = 10 + 2 * len(prompt.split())
        n_cached = n_prompt - 1 if known and self.prefix_cache else 0
        start = time.monotonic()
        time.sleep(self.seconds_per_prompt_token * (n_prompt - n_cached))
        self.prompt_rates.append(n_prompt / (time.monotonic() - start))
        self.send_tokens(request, body, n_prompt, n_cached)

    def refuse(self, request):
        text = b'{"error": {"message": "out of order"}}'
        request.send_response(self.status)
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)

    def send_tokens(self, request, body, n_prompt, n_cached):
        def send(event):
            request.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
            request.wfile.flush()

        def choice(delta, reason=None):
            return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

        if self.error_event:
            send({"error": {"message": self.error_event}})
            return
        n = body["max_tokens"]
        send(choice({"role": "assistant", "content": ""}))
        if not self.streams:
            time.sleep(self.seconds_per_token * n)
            send(choice({"content": "word " * n}))
        else:
            start = time.monotonic()
            for i in range(n):
                if i > 0:
                    time.sleep(self.seconds_per_token)
                if self.cut_after == i:
                    return
                send(choice({"content": "word "}))
            if n > 1:
                self.token_rates.append((n - 1) / (time.monotonic() - start))
        send(choice({}, "length"))
        if self.counts and body.get("stream_options", {}).get("include_usage"):
            send({"choices": [], "usage": {"prompt_tokens": n_prompt, "completion_tokens": n,
                                           "prompt_tokens_details": {"cached_tokens": n_cached}}})
        request.wfile.write(b"data: [DONE]\n\n")
