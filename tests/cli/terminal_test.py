"""What only a terminal shows, through a pseudo-terminal: colours, questions, the conversation."""

import fcntl
import os
import pty
import re
import select
import subprocess
import termios
import time

import support
from support import PATIENCE, RIDGE, ProgramTest, model


class Session:
    """The program on a terminal of its own."""

    def __init__(self, arguments, env):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen([RIDGE, *map(str, arguments)], env=env, stdin=slave, stdout=slave,
                                        stderr=slave, start_new_session=True, preexec_fn=self.own_terminal)
        os.close(slave)
        self.text = ""

    @staticmethod
    def own_terminal():
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def expect(self, pattern, timeout=PATIENCE):
        """Reads until the pattern matches what came since the last match."""
        end = time.monotonic() + timeout
        while True:
            found = re.search(pattern, self.text)
            if found:
                seen, self.text = self.text[:found.end()], self.text[found.end():]
                return seen
            if time.monotonic() > end or not self.read(1):
                raise AssertionError(f"no {pattern!r} in {self.text!r}")

    def read(self, wait):
        ready, _, _ = select.select([self.master], [], [], wait)
        if not ready:
            return self.process.poll() is None
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.text += data.decode(errors="replace")
        return bool(data)

    def type(self, text):
        os.write(self.master, text.encode())

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def finish(self):
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.05)
        while self.read(0):
            if self.process.poll() is not None and not select.select([self.master], [], [], 0.05)[0]:
                break
        os.close(self.master)
        return self.process.wait(timeout=5)


class SessionTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.env["TERM"] = "xterm"

    def session(self, *arguments, **variables):
        session = Session(arguments, {**self.env, **variables})
        self.addCleanup(session.kill)
        return session


class TerminalTest(SessionTest):
    def test_colours_show_on_a_terminal_unless_unwanted(self):
        session = self.session("run", "--nonsense")
        session.expect("\x1b\\[31merror: ")
        session.finish()
        for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
            session = self.session("run", "--nonsense", **{name: value})
            session.finish()
            self.assertIn("error: ", session.text)
            self.assertNotIn("\x1b", session.text)

    def test_rm_asks(self):
        path = self.put("one.gguf", b"1")
        session = self.session("rm", "one")
        session.expect(r"\[y/N\]")
        session.type("n\n")
        session.finish()
        self.assertTrue(path.exists())
        session = self.session("rm", "one")
        session.expect(r"\[y/N\]")
        session.type("y\n")
        self.assertEqual(session.finish(), 0)
        self.assertFalse(path.exists())

    def test_run_without_a_prompt_says_how_to_give_one(self):
        session = self.session("run", "x")
        self.assertEqual(session.finish(), 2)
        self.assertIn("-p TEXT", session.text)


class ChatTest(SessionTest):
    def chat(self, *arguments):
        session = self.session("chat", model("smollm2-135m"), "--temp", "0", *arguments)
        session.expect("/help lists")
        session.expect("> ")
        return session

    def test_turns_reuse_the_cache_and_commands_are_obeyed(self):
        session = self.chat("-n", "12")
        session.type("Write one sentence about the sea.\n")
        session.expect(r"sea\.\s+The sea")  # the line as typed, then the answer
        session.expect("> ")
        session.type("And one about Italy.\n")
        session.expect("Italy")
        session.expect("\n> ")
        session.type("/stats\n")
        self.assertRegex(session.expect(r"context: \d+ of 8,192 tokens"), r"\+ \d+ cached\)")
        session.type("/system Speak French.\n")
        session.expect("system message set")
        session.type("/reset\n")
        session.expect("a new conversation")
        session.type("/nonsense\n")
        session.expect("no command /nonsense")
        session.type("/quit\n")
        self.assertEqual(session.finish(), 0)
        history = self.cache / "chat_history"
        self.assertIn("Italy", history.read_text().replace("\\040", " "))
        self.assertEqual(history.stat().st_mode & 0o77, 0)

    def test_lines_are_edited_and_recalled(self):
        session = self.chat("-n", "1")
        session.type("/nonsensx\x7fe\n")
        session.expect("no command /nonsense;")
        session.type("\x1b[A\n")
        session.expect("no command /nonsense;")
        session.type("\x04")
        self.assertEqual(session.finish(), 0)

    def test_ctrl_c_stops_the_answer_and_twice_at_the_prompt_leaves(self):
        session = self.chat("--logit-bias", "2-inf", "--logit-bias", "0-inf")
        # In capitals: the terminal may echo the line twice, and Ctrl-C must meet the answer.
        session.type("A LONG STORY\n")
        session.expect("[a-z]+ [a-z]+ [a-z]+ [a-z]+")
        session.type("\x03")
        session.expect(r"\(stopped\)")
        session.expect("> ")
        session.type("half a li\x03")
        session.expect("again leaves")
        session.expect("> ")
        session.type("\x03")
        self.assertEqual(session.finish(), 130)


if __name__ == "__main__":
    support.main()
