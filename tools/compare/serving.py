#!/usr/bin/env python3
"""Ridge's server beside llama-server on one model file and one machine, in turns.

usage: serving.py MODEL --llama-server TOOL [--ridge build/release/ridge] [--rounds 3] [--prompt 2000] [--answer 128]
                  [--ridge-options "--speculate off"]

Each round starts each server in turn and measures: time to the first word of a prompt that it has not
seen and of the same prompt again, tokens per second of 1, 2 and 4 clients at once (from the last
one's first word to the first end of an answer), and the speed of a stream while a long
prompt is read beside it. Figures are medians over the rounds.
"""
import argparse
import json
import os
import shlex
import socket
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.request

from agent_session import post, stream

WORDS = "river stone market window teacher engine yellow garden signal paper mountain letter bridge winter copper".split()


def prompt_text(n_words, seed):
    state = seed * 2654435761 % 2**32
    words = []
    for _ in range(n_words):
        state = (state * 1664525 + 1013904223) % 2**32
        words.append(WORDS[state >> 8 & 15] if state >> 8 & 15 < len(WORDS) else str(state % 1000))
    return f"Text {seed}: " + " ".join(words) + "\nGo on with this text, at length."


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, command, env=None):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([*command, "--port", str(self.port)], stdout=self.log, stderr=self.log, env=env)
        for _ in range(1200):
            try:
                with urllib.request.urlopen(self.url + "/health", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.stop()
        self.log.seek(0)
        raise SystemExit(f"{command[0]} does not answer:\n{self.log.read().decode(errors='replace')[-2000:]}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()


# Tokens that end an answer, and those that are no piece of a stream, since they have no text.
SILENT = ("<|im_end|>", "<|im_start|>", "<|endoftext|>", "<|eot_id|>", "<|start_header_id|>", "<end_of_turn>", "<start_of_turn>", "<s>", "</s>")
never_silent = {}  # of the model at hand: such tokens, forbidden


def forbid_silence(url):
    never_silent.clear()
    for text in SILENT:
        tokens = post(url, "/tokenize", {"content": text, "add_special": False, "parse_special": True})["tokens"]
        if len(tokens) == 1:
            never_silent[str(tokens[0])] = -100


def body(text, n):
    return {"logit_bias": never_silent, "messages": [{"role": "user", "content": text}], "max_tokens": n, "temperature": 0, "stream": True,
            "stream_options": {"include_usage": True}}


def together(url, n_clients, seed, n):
    """Tokens per second of all clients, from the last one's first word to the first end of an answer."""
    times = [[] for _ in range(n_clients)]
    def run(i):
        stream(url, body(prompt_text(40, seed + i), n), times=times[i])
    threads = [threading.Thread(target=run, args=(i,)) for i in range(n_clients)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    begin, end = max(t[0] for t in times), min(t[-1] for t in times)
    return sum(begin < moment <= end for t in times for moment in t) / (end - begin)


def beside_a_prompt(url, n_prompt, seed):
    """The rate of a stream while a prompt of so many words is read, as a part of its rate before."""
    times, enough = [], threading.Event()
    request = body(prompt_text(40, seed), 4000)
    thread = threading.Thread(target=stream, args=(url, request, None, times, enough), daemon=True)
    thread.start()
    while len(times) < 60 and thread.is_alive():
        time.sleep(0.01)
    alone = (len(times) - 1) / (times[-1] - times[0])
    begin = time.monotonic()
    stream(url, body(prompt_text(n_prompt, seed + 1), 1))
    end = time.monotonic()
    lasted = thread.is_alive()
    enough.set()
    thread.join()
    return sum(begin < t < end for t in times) / (end - begin) / alone if lasted else None


def measure(url, args, seed):
    row = {}
    forbid_silence(url)
    long = prompt_text(args.prompt, seed)
    row["first word of a new prompt, s"] = stream(url, body(long, 1))[2]
    row["first word of the same prompt, s"] = stream(url, body(long, 1))[2]
    for n in (1, 2, 4):
        row[f"{n} client{'s' if n > 1 else ''}, tok/s"] = together(url, n, seed + 10 * n, args.answer)
    share = beside_a_prompt(url, args.prompt, seed + 100)
    if share is not None:
        row["stream beside a prompt, of alone"] = share
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--llama-server")
    parser.add_argument("--ridge", default="build/release/ridge")
    parser.add_argument("--ridge-options", default="", help="further options of ridge serve, in one word")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--prompt", type=int, default=2000, help="words of a long prompt")
    parser.add_argument("--answer", type=int, default=128)
    parser.add_argument("--context", type=int, default=16384)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    context, n = str(args.context), str(os.cpu_count())
    commands = {"ridge": [args.ridge, "serve", args.model, "-c", context, "--parallel", "4", *shlex.split(args.ridge_options)]}
    if args.llama_server:
        commands["llama-server"] = [args.llama_server, "-m", args.model, "-c", str(4 * args.context), "-np", "4", "-t", n, "-fa", "on"]
    rows = {name: [] for name in commands}
    for turn in range(args.rounds):
        for name, command in commands.items():
            server = Server(command)
            try:
                rows[name].append(measure(server.url, args, 1000 * turn + 7))
            finally:
                server.stop()
    keys = list(dict.fromkeys(k for its in rows.values() for r in its for k in r))
    medians = {name: {k: statistics.median([r[k] for r in its if k in r]) for k in keys if any(k in r for r in its)} for name, its in rows.items()}
    if args.json:
        print(json.dumps(medians))
        return
    for key in keys:
        ours = medians["ridge"].get(key)
        if ours is None:
            continue
        line = f"{key:36} ridge {ours:8.2f}"
        if "llama-server" in medians and key in medians["llama-server"]:
            theirs = medians["llama-server"][key]
            ratio = theirs / ours if key.endswith(", s") else ours / theirs
            line += f"   llama-server {theirs:8.2f}   ({ratio:.2f}x)"
        print(line)


if __name__ == "__main__":
    main()
