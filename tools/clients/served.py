"""What the tests of clients share: where they keep things, and a running server."""
import os
import pathlib
import re
import subprocess
import threading

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("RIDGE_CACHE") or pathlib.Path.home() / ".cache/ridgeline")


class Served:
    """A server that shows the start-up screen of `ridge serve`; its command is up to the caller."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        found, self.lines = None, []
        for line in self.process.stderr:
            self.lines.append(line)
            found = found or re.search(r"serves (\S+) at (http://\S+)", line)
            if "Zed" in line:  # among the last things that it says before it listens
                break
        if not found:
            raise SystemExit("".join(self.lines))
        self.model, self.url = found[1], found[2]
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stderr), daemon=True)
        self.reader.start()

    def close(self):
        self.process.terminate()
        self.process.wait(60)
        self.reader.join()
        self.process.stderr.close()

    def log(self):
        return "".join(self.lines)
