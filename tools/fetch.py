"""What models.py and material.py share: where things are kept, and downloads through pip that say in
plain words what went wrong. Standard library only."""
import contextlib
import errno
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

PIP_SECONDS_WITHOUT_DATA = 60
PIP_RETRIES = 3


class FetchError(Exception):
    """A sentence for the person at the terminal: what failed, and what to do next."""


def cache_root():
    configured = os.environ.get("RIDGE_CACHE")
    return pathlib.Path(configured) if configured else pathlib.Path.home() / ".cache" / "ridgeline"


def sha256_of(stream, n_bytes):
    """Hash of the next n_bytes of a binary stream (fewer where it ends)."""
    digest = hashlib.sha256()
    while n_bytes > 0 and (block := stream.read(min(n_bytes, 1 << 20))):
        digest.update(block)
        n_bytes -= len(block)
    return digest.hexdigest()


def megabytes(n_bytes):
    return f"{n_bytes / 1e6:.0f} MB"


def require_space(folder, n_bytes, what):
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise FetchError(f"{what} needs {megabytes(n_bytes)} of disk below {folder}, and only "
                         f"{megabytes(free)} are free. Free some, or point RIDGE_CACHE at a larger disk.")


@contextlib.contextmanager
def plain_disk_errors(folder):
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise FetchError(f"The disk below {folder} is full. Free some space, or point RIDGE_CACHE at "
                             "a larger disk, and run the same command again: what is there is kept.")
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise FetchError(f"{error.filename or folder} may not be written. Make it writable, or point "
                             "RIDGE_CACHE at a folder that is.")
        raise


@contextlib.contextmanager
def locked(path):
    """One process at a time; the others wait. The lock goes with the process that holds it."""
    with open(path, "ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another download that holds {path}", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Progress:
    """One line that counts up on a terminal, and nothing in a log."""

    def __init__(self, label, total):
        self.label, self.total = label, total
        self.live = sys.stderr.isatty()

    def show(self, done):
        if self.live:
            percent = 100 * min(done, self.total) / max(self.total, 1)
            sys.stderr.write(f"\r\033[K{self.label}  {megabytes(done)} of {megabytes(self.total)}  "
                             f"{percent:.0f} %")
            sys.stderr.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.live:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def arriving_bytes(folder):
    """Size of the archive that pip is writing to a folder of its own below `folder`."""
    total = 0
    with contextlib.suppress(OSError):
        for path in pathlib.Path(folder).glob("pip-unpack-*/*"):
            total += path.lstat().st_size
    return total


def pip_download(package, parent, options=(), sha256=None, on_bytes=lambda n: None):
    """Downloads one pinned package ("name==version") without dependencies into a new folder below
    `parent` and yields the archive's path: use in a `with`. sha256 pins the archive itself."""
    return _PipDownload(package, parent, options, sha256, on_bytes)


class _PipDownload:
    def __init__(self, package, parent, options, sha256, on_bytes):
        self.package, self.options, self.sha256, self.on_bytes = package, options, sha256, on_bytes
        self.folder = tempfile.TemporaryDirectory(dir=parent, prefix=".download-")

    def __enter__(self):
        try:
            return self._run()
        except BaseException:
            self.folder.cleanup()
            raise

    def __exit__(self, *_):
        self.folder.cleanup()

    def _run(self):
        folder = pathlib.Path(self.folder.name)
        target, scratch = folder / "out", folder / "tmp"
        target.mkdir(), scratch.mkdir()
        line = self.package + (f" --hash=sha256:{self.sha256}" if self.sha256 else "")
        (folder / "requirements.txt").write_text(line + "\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps",
                   "--no-cache-dir", "--disable-pip-version-check", f"--retries={PIP_RETRIES}",
                   f"--timeout={PIP_SECONDS_WITHOUT_DATA}", *self.options,
                   "--dest", str(target), "--requirement", str(folder / "requirements.txt")]
        with open(folder / "log", "w+") as log:
            pip = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                   env={**os.environ, "TMPDIR": str(scratch)})
            try:
                while pip.poll() is None:
                    self.on_bytes(arriving_bytes(scratch))
                    time.sleep(0.1)
            finally:
                if pip.poll() is None:
                    pip.terminate()
                    pip.wait()
            log.seek(0)
            said = log.read()
        archives = list(target.iterdir())
        if pip.returncode != 0 or len(archives) != 1:
            raise FetchError(explain(self.package, said))
        return archives[0]


def explain(package, said):
    """What pip's complaint means, as one sentence with the next step."""
    if "No module named pip" in said:
        return ("Python has no pip here. Install it (Debian: apt-get install python3-pip), "
                "then run the same command again.")
    if "DO NOT MATCH THE HASHES" in said:
        return (f"The package {package} is not the file it was when its hash was written down. "
                "Nothing of it was used. Do not trust the new one before somebody has looked at it.")
    if "No space left" in said:
        return "The disk is full. Free some space, or point RIDGE_CACHE at a larger disk, and try again."
    unreachable = ("Connection", "Retrying", "timed out", "Temporary failure", "ProxyError", "SSLError")
    if any(word in said for word in unreachable):
        return (f"The download of {package} failed: the package index could not be reached, or the "
                "connection broke. Check the network and run the same command again: what is there is kept.")
    if "No matching distribution" in said or "Could not find a version" in said:
        return (f"The package {package} is gone: the package index no longer offers it. If it was renamed "
                "or replaced, update the list that names it (data/ or tools/).")
    last = [text for text in said.strip().splitlines() if text.strip()][-1:] or ["pip said nothing"]
    return f"pip could not download {package}: {last[0].strip()}"


def report_and_exit(main):
    """Runs main(); a FetchError becomes one plain line and exit code 1."""
    try:
        sys.exit(main())
    except FetchError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nstopped; what is there is kept", file=sys.stderr)
        sys.exit(130)
