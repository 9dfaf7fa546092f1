#!/usr/bin/env python3
"""Many clients of all kinds against `ridge serve` for a while: does every request end by rule, and does
memory stay where it was?

usage: load.py MODEL [--ridge build/release/ridge] [--clients 200] [--seconds 600]

Kinds: streaming to the end; reading slowly; vanishing in the middle; idle (half a request, then nothing);
malformed. Ends with 1 when the server dies, an answer is against the rules or memory grows by a tenth
after the first third of the time.
"""
import argparse
import collections
import http.client
import json
import random
import socket
import threading
import time

from serving import Server, prompt_text

REFUSED = (400, 408, 413, 429, 431, 503, 505)
MALFORMED = (b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nnot json!",
             b"GET / HTTP/9.9\r\n\r\n", b"\x00\x01\x02\r\n\r\n", b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
             b"GET /v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"X" * 200000)


class Load:
    def __init__(self, port, end):
        self.port, self.end = port, end
        self.counts = collections.Counter()
        self.lock = threading.Lock()

    def count(self, what):
        with self.lock:
            self.counts[what] += 1

    def request(self, random_):
        body = {"messages": [{"role": "user", "content": prompt_text(random_.randrange(5, 200), random_.randrange(40))}],
                "max_tokens": random_.randrange(1, 48), "stream": True}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=900)
        connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
        return connection, connection.getresponse()

    def stream(self, random_, slow):
        connection, answer = self.request(random_)
        if answer.status != 200:
            answer.read()
            self.count(f"refused {answer.status}" if answer.status in REFUSED else f"WRONG status {answer.status}")
        else:
            last = b""
            for line in answer:
                last = line.strip() or last
                if slow:
                    time.sleep(0.05)
            self.count("answered" if last == b"data: [DONE]" else f"WRONG end {last[:60]!r}")
        connection.close()
        if answer.status == 503:
            time.sleep(float(answer.headers.get("Retry-After", 1)))

    def vanish(self, random_):
        connection, answer = self.request(random_)
        answer.read(random_.randrange(1, 400))
        connection.sock and connection.sock.close()
        connection.close()
        self.count("vanished")

    def idle(self, random_):
        with socket.create_connection(("127.0.0.1", self.port), timeout=900) as s:
            s.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Le")
            s.settimeout(random_.randrange(1, 60))
            try:
                s.recv(4096)
            except TimeoutError:
                pass
        self.count("idle")

    def malformed(self, random_):
        with socket.create_connection(("127.0.0.1", self.port), timeout=120) as s:
            try:
                s.sendall(random_.choice(MALFORMED))
                answer = s.recv(4096)
            except (ConnectionResetError, BrokenPipeError):
                answer = b""
        status = answer.split(b" ")[1] if answer else b""
        ok = not answer or status[:1] == b"4" or int(status) in REFUSED
        self.count("malformed, refused" if ok else f"WRONG answer to malformed {answer[:40]!r}")

    def client(self, index):
        random_ = random.Random(index)
        while time.monotonic() < self.end:
            kind = index % 5
            try:
                if kind == 2:
                    self.vanish(random_)
                elif kind == 3:
                    self.idle(random_)
                elif kind == 4:
                    self.malformed(random_)
                    time.sleep(random_.random())
                else:
                    self.stream(random_, slow=kind == 1)
            except (ConnectionError, http.client.HTTPException, TimeoutError) as error:
                self.count(f"connection: {type(error).__name__}")
                time.sleep(0.5)


def resident(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--ridge", default="build/release/ridge")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=600)
    args = parser.parse_args()
    server = Server([args.ridge, "serve", args.model, "-c", "2048", "--cache-ram", "200"])
    begin = time.monotonic()
    load = Load(server.port, begin + args.seconds)
    threads = [threading.Thread(target=load.client, args=(i,), daemon=True) for i in range(args.clients)]
    for thread in threads:
        thread.start()
    sizes = []
    while time.monotonic() < load.end and server.process.poll() is None:
        time.sleep(max(1, args.seconds / 60))
        sizes.append(resident(server.process.pid))
    died = server.process.poll() is not None
    for thread in threads:
        thread.join(0 if died else 120)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/health")
    healthy = not died and connection.getresponse().status == 200
    server.stop()
    for what, n in sorted(load.counts.items()):
        print(f"{n:8} {what}")
    early, late = max(sizes[: len(sizes) // 3]), max(sizes[-len(sizes) // 3:])
    print(f"resident: {early / 1e6:.0f} MB in the first third, {late / 1e6:.0f} MB in the last; {'died' if died else 'healthy' if healthy else 'NOT healthy'}")
    wrong = any(what.startswith("WRONG") for what in load.counts)
    raise SystemExit(1 if died or not healthy or wrong or late > 1.1 * early else 0)


if __name__ == "__main__":
    main()
