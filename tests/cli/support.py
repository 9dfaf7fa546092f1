"""What the tests of the program share: running it, and a hub on this machine that misbehaves on
request. Standard library only. The program under test is the first argument of every test file."""

import hashlib
import http.server
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

RIDGE = sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "ridge"
# Seconds until a program counts as hung: a build with sanitizers on a busy machine takes minutes to
# read a prompt. No test expects anything to take as long.
PATIENCE = 400
CACHE = pathlib.Path(os.environ.get("RIDGE_CACHE") or pathlib.Path.home() / ".cache/ridgeline")


def model(name):
    """The path of a real model, or a skipped test."""
    path = CACHE / "models" / f"{name}.gguf"
    if not path.exists():
        raise unittest.SkipTest(f"{path} is not there ('make models' fetches it)")
    return str(path)


def tiny_gguf(payload=0):
    """A well-formed GGUF file without tensors, `payload` bytes long or a little more."""

    def text(s):
        return struct.pack("<Q", len(s)) + s.encode()

    filler = "x" * payload
    entries = [("general.architecture", "llama"), ("general.filler", filler)]
    header = b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries))
    for key, value in entries:
        header += text(key) + struct.pack("<I", 8) + text(value)
    return header


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class ProgramTest(unittest.TestCase):
    """A test with a cache of its own. run() gives stdout, stderr and returncode, as text."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ridge-test-")
        self.addCleanup(folder.cleanup)
        self.cache = pathlib.Path(folder.name)
        self.store = self.cache / "models"
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": folder.name,
            "RIDGE_CACHE": folder.name,
            "no_proxy": "*",
        }

    def run_ridge(self, *arguments, stdin="", code=0, timeout=PATIENCE, **options):
        if isinstance(stdin, str):
            stdin = stdin.encode()
        done = subprocess.run([RIDGE, *map(str, arguments)], input=stdin, capture_output=True,
                              env=self.env, timeout=timeout, **options)
        done.stdout = done.stdout.decode(errors="replace")
        done.stderr = done.stderr.decode(errors="replace")
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout}\n{done.stderr}")
        return done

    def put(self, name, data):
        self.store.mkdir(parents=True, exist_ok=True)
        path = self.store / name
        path.write_bytes(data)
        return path


class LocalServer:
    """An HTTP server on this machine that hands every request to get() or post(). What clients do to
    it (leaving early, for one) is no error."""

    def __init__(self):
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                self.close_connection = True
                server.get(self)

            def do_POST(self):
                self.close_connection = True
                server.post(self)

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def get(self, request):
        request.send_error(404)

    def post(self, request):
        request.send_error(404)


class Hub(LocalServer):
    """Files by path. `requests` is what was asked, in order. Behaviours, each a dict by path:
    cut: bodies end after so many bytes, one number a request; status: answers with that status, one
    a request; redirect: Location; announce: a false Content-Length; no_ranges: ranges are ignored."""

    def __init__(self):
        self.files = {}
        self.listings = {}
        self.requests = []
        self.cut = {}
        self.status = {}
        self.redirect = {}
        self.announce = {}
        self.etags = {}
        self.no_ranges = set()
        self.endless = set()
        self.honours_if_range = True
        self.extra_headers = {}
        super().__init__()

    def add_repo(self, repo, files, commit="0123456789abcdef0123456789abcdef01234567"):
        """Lists `files` (name to bytes) as a repository with their digests."""
        siblings = []
        for name, data in files.items():
            self.files[f"/{repo}/resolve/{commit}/{name}"] = data
            siblings.append({"rfilename": name, "size": len(data),
                             "lfs": {"sha256": sha256(data), "size": len(data)}})
        listing = json.dumps({"id": repo, "sha": commit, "siblings": siblings}).encode()
        self.files[f"/api/models/{repo}/revision/main"] = listing
        return f"/{repo}/resolve/{commit}/"

    def etag(self, path):
        return self.etags.get(path, f'"{sha256(self.files[path])[:16]}"')

    def get(self, request):
        path = request.path.split("?")[0]
        self.requests.append((path, dict(request.headers)))
        if self.status.get(path):
            status, headers = self.status[path].pop(0)
            request.send_response(status)
            for name, value in headers.items():
                request.send_header(name, value)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        if path in self.redirect:
            request.send_response(302)
            request.send_header("Location", self.redirect[path])
            for name, value in self.extra_headers.get(path, {}).items():
                request.send_header(name, value)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        if path not in self.files:
            request.send_error(404)
            return
        self.send_file(request, path)

    def send_file(self, request, path):
        data = self.files[path]
        begin = 0
        asked = request.headers.get("Range")
        condition = request.headers.get("If-Range")
        current = not self.honours_if_range or condition in (None, self.etag(path))
        if asked and current and path not in self.no_ranges:
            begin = int(asked.removeprefix("bytes=").split("-")[0])
            if begin >= len(data):
                request.send_response(416)
                request.send_header("Content-Range", f"bytes */{len(data)}")
                request.send_header("Content-Length", "0")
                request.end_headers()
                return
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        else:
            request.send_response(200)
        if path not in self.endless:
            length = self.announce.get(path, len(data) - begin)
            request.send_header("Content-Length", str(length))
        if self.etag(path):
            request.send_header("ETag", self.etag(path))
        request.end_headers()
        body = data[begin:]
        if self.cut.get(path):
            body = body[:self.cut[path].pop(0)]
        request.wfile.write(body)
        while path in self.endless:
            request.wfile.write(b"x" * 65536)
        request.wfile.flush()
        if len(body) < len(data) - begin:
            request.connection.shutdown(socket.SHUT_RDWR)


def main():
    unittest.main(verbosity=1)
