"""usage: session_test.py RIDGE [unittest options]

A coding agent's session against `ridge serve`: what was read is not read again, whatever the client does."""
import json
import pathlib
import sys
import unittest

from serve_test import Server
from support import ProgramTest, model

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools/compare"))
from agent_session import Session  # noqa: E402

PARAGRAPHS = [f"Rule {n}: a value of {n * 37 % 101} in column {n % 7} is read as {n * n % 97}." for n in range(60)]


class Sessions(ProgramTest):
    def serve(self, *arguments):
        server = Server(model("smollm2-135m"), *arguments, env=self.env, context=4096)
        self.addCleanup(lambda: server.process.poll() is None and server.close())
        return server

    # Cancelled turns, a head that changes once, titles beside turns: every prompt begins where it
    # first differs from all that was ever read.
    def test_what_was_read_is_not_read_again(self):
        server = self.serve()
        session = Session(f"http://127.0.0.1:{server.port}", PARAGRAPHS, answer_tokens=4)
        session.run(turns=12)
        rows = [row for row in session.rows if row["cached"] is not None]
        self.assertGreaterEqual(len(rows), 14)
        common, cached = sum(r["common"] for r in rows), sum(r["cached"] for r in rows)
        self.assertGreater(common, 10000)
        self.assertGreaterEqual(cached / common, 0.99, rows)

    def test_a_prefix_survives_a_restart_and_a_kill(self):
        folder = str(self.cache / "prefixes")
        text = "\n".join(PARAGRAPHS[:20])
        server = self.serve("--cache-disk", folder)
        _, first = server.chat(text, max_tokens=8)
        prompt = first["usage"]["prompt_tokens"]
        self.assertEqual(first["usage"]["prompt_tokens_details"]["cached_tokens"], 0)
        server.close()
        server = self.serve("--cache-disk", folder)
        _, again = server.chat(text, max_tokens=8)
        self.assertEqual(again["usage"]["prompt_tokens_details"]["cached_tokens"], prompt - 1)
        self.assertEqual(again["choices"][0]["message"]["content"], first["choices"][0]["message"]["content"])
        server.process.kill()
        server.process.wait()
        left = pathlib.Path(folder) / "half.kv.tmp-999999999-0"
        left.write_bytes(b"half")
        server = self.serve("--cache-disk", folder)
        _, after = server.chat(text, max_tokens=8)
        self.assertEqual(after["usage"]["prompt_tokens_details"]["cached_tokens"], prompt - 1)
        self.assertFalse(left.exists())

    def test_the_log_says_where_a_prompt_left_the_cache_and_the_words_only_when_asked(self):
        for arguments, shows in (((), False), (("--log-texts",), True)):
            server = self.serve(*arguments)
            text = "\n".join(PARAGRAPHS[:20])
            server.chat(text + " Shorten it.", max_tokens=1)
            server.chat(text + " Translate it.", max_tokens=1)
            server.close()
            self.assertRegex(server.log(), r"differs from what was cached after \d+ tokens")
            self.assertEqual("Translate" in server.log(), shows)
            self.assertEqual("Shorten" in server.log(), shows)

    def test_what_it_took_and_how_fast_it_was_is_kept_beside_the_plan(self):
        data = self.cache / "data"
        self.env["RIDGE_DATA"] = str(data)
        server = self.serve()
        server.chat(PARAGRAPHS[0], max_tokens=24)
        metrics = server.ask("GET", "/metrics")[2].decode()
        self.assertRegex(metrics, r'ridge_predicted_decode_tokens_per_second [1-9]')
        server.close()
        load, = json.loads(self.run_ridge("plan", "--check", "--json").stdout)
        self.assertEqual(load["command"], "serve")
        planned, taken = (sum(load[k].values()) for k in ("planned_bytes", "allocated_bytes"))
        self.assertLess(abs(planned - taken), 0.01 * taken + 16e6)
        self.assertGreater(load["planned_tok_s"], 0)
        planned_as = json.loads(self.run_ridge("plan", model("smollm2-135m"), "--json").stdout)["provenance"]
        self.assertEqual(load["provenance"].split(" at ")[0], planned_as.split(" at ")[0])

    def test_two_servers_share_a_folder(self):
        folder = str(self.cache / "prefixes")
        one, two = self.serve("--cache-disk", folder), self.serve("--cache-disk", folder)
        text = "\n".join(PARAGRAPHS[:20])
        answers = {s.chat(text, max_tokens=8)[1]["choices"][0]["message"]["content"] for s in (one, two, one, two)}
        self.assertEqual(len(answers), 1)


if __name__ == "__main__":
    unittest.main()
