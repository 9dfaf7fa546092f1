#!/usr/bin/env python3
"""usage: tools/clients/agents.py REPLAY_SERVER MODEL [unittest options]

Coding agents, unpatched, do a task in a repository of their own through the server. What the model would
say is replayed (tests/clients/replay.h); each agent is started with what the server's start-up screen says
to paste, with an empty home, and with its telemetry and its looks for updates turned off. They are
installed below $RIDGE_CACHE or ~/.cache/ridgeline: package.json by npm, requirements-aider.txt by pip."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.request

from served import CACHE, HERE, Served

AGENTS = CACHE / "agents"
KEY = "the-key-of-this-test"
TASK = "Function add in calc.py subtracts. Make it add, and try it."
BEFORE, AFTER = "def add(a, b):\n    return a - b\n", "def add(a, b):\n    return a + b\n"
ANSWER = "It adds now: 2 and 3 are 5."
TRY = "python3 -c 'import calc; print(calc.add(2, 3))' > tried.txt"
SECONDS = 300  # until an agent counts as hung
SHORTEST = 1500  # tokens of an agent's first prompt; those beside the task are shorter or come after it


def install():
    """Each list into a folder of its own, which is made anew when the list changes."""
    def fresh(folder, name):
        stamp, wanted = folder / name, (HERE / name).read_text()
        if stamp.exists() and (folder / "installed").exists() and stamp.read_text() == wanted:
            return False
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        stamp.write_text(wanted)
        return True
    npm, aider = AGENTS / "npm", AGENTS / "aider"
    if fresh(npm, "package.json"):
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"], cwd=npm, check=True)
        (npm / "installed").touch()
    if fresh(aider, "requirements-aider.txt"):
        subprocess.run([sys.executable, "-m", "venv", aider], check=True)
        subprocess.run([aider / "bin/python", "-m", "pip", "install", "--quiet", "-r", aider / "requirements-aider.txt"], check=True)
        (aider / "installed").touch()


def call(name, **arguments):
    """A call as the model of the tests writes it."""
    return "<tool_call>\n" + json.dumps({"name": name, "arguments": arguments}) + "\n</tool_call>"


class AgentTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="work-", dir=AGENTS)
        self.addCleanup(folder.cleanup)
        self.work = pathlib.Path(folder.name)
        self.home, self.repo = self.work / "home", self.work / "repo"
        self.file = self.repo / "calc.py"
        for made in (self.home, self.repo, self.work / "tmp"):
            made.mkdir()
        self.file.write_text(BEFORE)
        self.git("init", "--quiet")
        self.git("config", "user.name", "Tester")
        self.git("config", "user.email", "tester@example.org")
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", "start")

    def git(self, *arguments):
        return subprocess.run(["git", *arguments], cwd=self.repo, check=True, capture_output=True, text=True).stdout

    def put(self, path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def serve(self, turns, asides=()):
        self.n_turns = len(turns)
        self.put(self.work / "script.json", json.dumps({"turns": turns, "asides": list(asides)}))
        self.served = Served([PROGRAM, MODEL, self.work / "script.json", self.work, KEY])
        self.addCleanup(self.served.close)

    def said(self, client):
        """What the start-up screen says of a client."""
        lines = re.search(rf"^  {client} +(.*\n(?: {{18}}.*\n)*)", self.served.log(), re.M)
        self.assertTrue(lines, client)
        return lines[1].strip().replace("YOUR-KEY", KEY)

    def run_agent(self, command, **environment):
        """Through a shell, as somebody would paste it. It ends well and the server refused nothing."""
        env = {"PATH": f"{AGENTS / 'npm/node_modules/.bin'}:{AGENTS / 'aider/bin'}:{os.environ['PATH']}", "HOME": str(self.home),
               "TMPDIR": str(self.work / "tmp"), "LANG": "C.UTF-8", "TERM": "dumb", "NO_COLOR": "1", **environment}
        done = subprocess.run(["bash", "-c", command], cwd=self.repo, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=SECONDS)
        all_of_it = f"{done.stdout}\n{done.stderr}\n{self.served.log()}"
        self.assertEqual(done.returncode, 0, all_of_it)
        asked = urllib.request.Request(self.served.url + "/metrics", headers={"Authorization": "Bearer " + KEY})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked) as reply:
            statuses = re.findall(r'^ridge_http_requests_total\{route="([^"]*)",status="(\d+)"\}', reply.read().decode(), re.M)
        self.assertTrue(statuses)
        self.assertEqual([s for s in statuses if s[1] != "200"], [], all_of_it)
        self.assertNotIn("the grammar forbids", self.served.log())
        self.assertNotIn("could not be read", self.served.log())
        self.assertNotIn("failed:", self.served.log())
        self.assertIn(ANSWER, done.stdout, all_of_it)
        self.assertEqual(self.file.read_text(), AFTER, all_of_it)
        self.assert_read_once()

    def assert_read_once(self):
        """Each turn of the task went on where the one before it ended: what agents change is not at the head."""
        prompts = [tuple(map(int, found)) for found in re.findall(r"(\d+) tokens of prompt \((\d+) reused\)", self.served.log())]
        turns = [prompt for prompt in prompts if prompt[0] > SHORTEST][:self.n_turns]
        if self.n_turns == 1:
            return
        self.assertEqual(len(turns), self.n_turns, self.served.log())
        for (before, _), (_, reused) in zip(turns, turns[1:]):
            self.assertGreater(reused, 0.95 * before, self.served.log())

    def assert_tried(self):
        self.assertEqual((self.repo / "tried.txt").read_text(), "5\n")


class Agents(AgentTest):
    def test_claude_code(self):
        path = str(self.file)
        self.serve([
            "I look at it.\n" + call("Read", file_path=path) + "\n" + call("Bash", command="ls", description="List the files"),
            call("Edit", file_path=path, old_string="a - b", new_string="a + b"),
            call("Bash", command=TRY, description="Try the function"),
            ANSWER])
        # As root it goes without asking only where it is told that it is in a sandbox.
        self.run_agent(f"{self.said('Claude Code')} -p --dangerously-skip-permissions '{TASK}'",
                       CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1", IS_SANDBOX="1")
        self.assert_tried()

    # Tools that Claude Code loads when they are searched for.
    def test_claude_code_finds_a_tool(self):
        path = str(self.file)
        self.serve([
            call("ToolSearch", query="select:TaskStop", max_results=1),
            call("TaskStop", task_id="none"),
            call("Write", file_path=path, content=AFTER),
            ANSWER])
        self.run_agent(f"{self.said('Claude Code')} -p --dangerously-skip-permissions '{TASK}'",
                       CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1", IS_SANDBOX="1")

    def test_codex(self):
        patch = "*** Begin Patch\n*** Update File: calc.py\n@@\n def add(a, b):\n-    return a - b\n+    return a + b\n*** End Patch"
        self.serve([
            "I look at it.\n" + call("exec_command", cmd="cat calc.py") + "\n" + call("exec_command", cmd="ls"),
            call("exec_command", cmd=f"apply_patch <<'EOF'\n{patch}\nEOF\n"),
            call("exec_command", cmd=TRY),
            ANSWER])
        self.put(self.home / ".codex/config.toml", "check_for_update_on_startup = false\n[analytics]\nenabled = false\n")
        self.run_agent(f"{self.said('Codex')} exec --dangerously-bypass-approvals-and-sandbox '{TASK}'")
        self.assert_tried()

    def test_opencode(self):
        path = str(self.file)
        self.serve([
            "I look at it.\n" + call("read", filePath=path) + "\n" + call("bash", command="ls"),
            call("edit", filePath=path, oldString="a - b", newString="a + b"),
            call("bash", command=TRY),
            ANSWER], asides=[("You are a title generator", "A sum that subtracts")])
        name, config = self.said("OpenCode").split(": ", 1)
        self.put(self.repo / name, json.dumps(json.loads(config) | {"autoupdate": False, "share": "disabled"}))
        self.run_agent(f"opencode run '{TASK}'", OPENCODE_DISABLE_MODELS_FETCH="1", OPENCODE_DISABLE_LSP_DOWNLOAD="1",
                       OPENCODE_DISABLE_DEFAULT_PLUGINS="1", OPENCODE_DISABLE_AUTOUPDATE="1")
        self.assert_tried()

    def test_qwen_code(self):
        path = str(self.file)
        self.serve([
            "I look at it.\n" + call("read_file", file_path=path) + "\n" + call("run_shell_command", command="ls"),
            call("edit", file_path=path, old_string="a - b", new_string="a + b"),
            call("run_shell_command", command=TRY, is_background=False),
            ANSWER], asides=[("managed memory extraction", "Nothing to remember.")])
        self.put(self.home / ".qwen/settings.json", json.dumps(
            {"general": {"enableAutoUpdate": False}, "privacy": {"usageStatisticsEnabled": False}, "telemetry": {"enabled": False}}))
        self.run_agent(f"{self.said('Qwen Code')} --yolo -p '{TASK}'")
        self.assert_tried()

    def test_aider(self):
        self.serve([f"{ANSWER}\n\ncalc.py\n```python\n{AFTER}```\n"],
                   asides=[("one-line Git commit messages", "fix: add adds")])
        self.run_agent(f"{self.said('Aider')} --message '{TASK}' --yes-always calc.py", AIDER_ANALYTICS="false", AIDER_CHECK_UPDATE="false",
                       AIDER_SHOW_RELEASE_NOTES="false", AIDER_SHOW_MODEL_WARNINGS="false", LITELLM_LOCAL_MODEL_COST_MAP="True")
        self.assertEqual(self.git("log", "-1", "--format=%s"), "fix: add adds\n")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    PROGRAM, MODEL = sys.argv.pop(1), sys.argv.pop(1)
    install()
    unittest.main()
