#!/usr/bin/env python3
"""A coding agent's session of 50 turns against a server, and how much of each prompt was not read again.

usage: agent_session.py URL [--turns 50] [--text FILE] [--answer 16] [--json]

The session has what agents do to a cache: a turn that is cancelled while it is answered, a head block
that is rewritten for one request, reasoning that is stripped from the history, and a title request that
runs beside a turn. For every request the longest prefix that it shares with anything the server has
read or said before is compared with the cached tokens of its usage. Needs /v1/chat/completions,
/apply-template and /tokenize; works with llama-server, too.
"""
import argparse
import http.client
import json
import threading
import time
import urllib.parse
import urllib.request

SYSTEM = "You are a careful coding assistant. You work in a repository and answer in one sentence.\n\n"
QUESTIONS = ("What does this part demand?", "Shorten it.", "Which words are unclear?", "Name an exception to it.")


def post(url, path, body):
    request = urllib.request.Request(url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=3600) as answer:
        return json.load(answer)


def stream(url, body, stop_after=None, times=None, until=None):
    """The answer's text, its usage, and seconds to its first word; cut off after so many pieces, or once the
    event `until` is set. When each piece came is put into `times`."""
    at = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=3600)
    begin = time.monotonic()
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(f"{answer.status}: {answer.read().decode(errors='replace')}")
    text, usage, first, pieces = "", {}, None, 0
    for line in answer:
        if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
            continue
        event = json.loads(line[6:])
        usage = event.get("usage") or usage
        for choice in event.get("choices", []):
            piece = (choice.get("delta") or {}).get("content")
            if piece:
                first = first or time.monotonic() - begin
                text += piece
                pieces += 1
                if times is not None:
                    times.append(time.monotonic())
        if (stop_after and pieces >= stop_after) or (until and until.is_set()):
            break
    connection.close()
    return text, usage, first or time.monotonic() - begin


class Session:
    def __init__(self, url, paragraphs, answer_tokens):
        self.url, self.paragraphs, self.answer_tokens = url, paragraphs, answer_tokens
        self.seen = []  # token lists that the server has read or said
        self.rows = []
        self.lock = threading.Lock()

    def tokens(self, messages, generate=True):
        prompt = post(self.url, "/apply-template", {"messages": messages, "add_generation_prompt": generate})["prompt"]
        body = {"content": prompt, "add_special": True, "parse_special": True}
        return post(self.url, "/tokenize", body)["tokens"]

    def ask(self, what, messages, stop_after=None):
        prompt = self.tokens(messages)
        with self.lock:
            common = max((common_prefix(prompt, other) for other in self.seen), default=0)
            self.seen.append(prompt)
        text, usage, first = stream(self.url, {
            "messages": messages, "max_tokens": self.answer_tokens, "temperature": 0, "stream": True,
            "stream_options": {"include_usage": True}}, stop_after)
        answered = self.tokens(messages + [{"role": "assistant", "content": text}], generate=False)
        with self.lock:
            self.seen.append(answered)
            cached = ((usage.get("prompt_tokens_details") or {}).get("cached_tokens"))
            # The last token of a prompt is always read.
            self.rows.append(dict(what=what, prompt=len(prompt), common=min(common, len(prompt) - 1), cached=cached,
                                  first_word_s=first))
        return text

    def run(self, turns):
        head = {"role": "system", "content": SYSTEM + "\n".join(self.paragraphs[:40])}
        messages = [head]
        for turn in range(turns):
            paragraph = self.paragraphs[40 + turn % (len(self.paragraphs) - 40)]
            question = {"role": "user", "content": QUESTIONS[turn % 4] + "\n\n" + paragraph}
            if turn == turns // 4:
                self.ask("cancelled", messages + [question], stop_after=2)
            if turn == turns // 3:
                rewritten = {"role": "system", "content": "The time is 12:0%d. " % (turn % 10) + head["content"]}
                self.ask("head rewritten", [rewritten] + messages[1:] + [question])
            title = None
            if turn % 10 == 5:
                request = [{"role": "user", "content": "Give this conversation a title: " + question["content"]}]
                title = threading.Thread(target=self.ask, args=("title", request))
                title.start()
            messages.append(question)
            text = self.ask("turn", messages)
            if title:
                title.join()
            # What a client keeps of an answer that reasoned.
            messages.append({"role": "assistant", "content": text.split("</think>")[-1]})


def common_prefix(a, b):
    n = min(len(a), len(b))
    return next((i for i in range(n) if a[i] != b[i]), n)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("url")
    parser.add_argument("--turns", type=int, default=50)
    parser.add_argument("--text", help="a text file whose paragraphs are talked about")
    parser.add_argument("--answer", type=int, default=16, help="tokens of each answer")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.text:
        blocks = open(args.text, encoding="utf-8", errors="replace").read().split("\n\n")
        paragraphs = [" ".join(b.split())[:400] for b in blocks if len(b) > 150]
    else:
        paragraphs = [f"Rule {n}: a value of {n * 37 % 101} in column {n % 7} is read as {n * n % 97}." for n in range(200)]
    session = Session(args.url.rstrip("/"), paragraphs, args.answer)
    begin = time.monotonic()
    session.run(args.turns)
    rows = [r for r in session.rows if r["cached"] is not None]
    common, cached = sum(r["common"] for r in rows), sum(r["cached"] for r in rows)
    result = dict(requests=len(session.rows), prompt_tokens=sum(r["prompt"] for r in session.rows), common_tokens=common,
                  cached_tokens=cached, reused=cached / common if common else None, seconds=time.monotonic() - begin,
                  rows=session.rows)
    if args.json:
        print(json.dumps(result))
        return
    print(f"{result['requests']} requests, {result['prompt_tokens']} prompt tokens, of which {common} had been read or said before;")
    print(f"{cached} of these were not read again: {100 * cached / max(common, 1):.2f} %; {result['seconds']:.1f} s")
    for row in sorted(rows, key=lambda r: r["cached"] - r["common"])[:3]:
        print(f"  {row['what']}: {row['cached']} of {row['common']} (prompt of {row['prompt']})")


if __name__ == "__main__":
    main()
