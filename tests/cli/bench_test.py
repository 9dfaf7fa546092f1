"""ridge bench: its protocol, its formats, its history; and servers measured from outside."""

import csv
import fcntl
import io
import json
import os
import shutil
import statistics

import support
from chat_server import ChatServer
from support import ProgramTest, model

# The fields of llama-bench's JSON, with their types (tools/llama-bench in llama.cpp, 2026).
LLAMA_BENCH = {
    "build_commit": str, "build_number": int, "cpu_info": str, "gpu_info": str, "backends": str,
    "model_filename": str, "model_type": str, "model_size": int, "model_n_params": int, "n_batch": int,
    "n_ubatch": int, "n_threads": int, "cpu_mask": str, "cpu_strict": bool, "poll": int, "type_k": str,
    "type_v": str, "n_gpu_layers": int, "n_cpu_moe": int, "split_mode": str, "main_gpu": int,
    "no_kv_offload": bool, "flash_attn": bool, "devices": str, "tensor_split": str,
    "tensor_buft_overrides": str, "use_mmap": bool, "embeddings": bool, "no_op_offload": int,
    "no_host": bool, "n_prompt": int, "n_gen": int, "n_depth": int, "test_time": str, "avg_ns": int,
    "stddev_ns": int, "avg_ts": float, "stddev_ts": float, "samples_ns": list, "samples_ts": list,
}
SMALL = ("-p", "16", "-n", "4", "-r", "1")
# Prefill alone: nothing is held against the read bandwidth, which takes its time to measure.
PREFILL = ("-p", "16,8", "-n", "0", "-r", "3")


# Small enough for a build with sanitizers, whose kernels take their time.
SHAPE = {"name": "Small", "architecture": "llama", "n_layers": 2, "d_model": 256, "n_heads": 4, "n_kv_heads": 2,
         "head_dim": 64, "d_ff": 512, "n_vocab": 3000, "context": 512, "tied": False}


class BenchTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.env["RIDGE_DATA"] = str(self.cache / "data")
        self.model = self.cache / "small.gguf"
        self.run_ridge("synth", "--spec", json.dumps(SHAPE), "--type", "Q4_1", "-o", self.model)

    def bench(self, *arguments, **options):
        return self.run_ridge("bench", self.model, *arguments, **options)

    def rows(self, *arguments):
        return json.loads(self.bench(*arguments, "-o", "json").stdout)


class FormatTest(BenchTest):
    def test_json_has_every_field_of_llama_bench_and_samples_that_agree_with_it(self):
        self.model = model("smollm2-135m")
        rows = self.rows("-p", "16", "-n", "4", "-r", "3")
        self.assertEqual([(r["n_prompt"], r["n_gen"]) for r in rows], [(16, 0), (0, 4)])
        for row in rows:
            for name, kind in LLAMA_BENCH.items():
                self.assertIs(type(row[name]), kind, name)
            self.assertEqual(list(row)[:len(LLAMA_BENCH) + 1],
                             list(LLAMA_BENCH)[:27] + ["use_direct_io"] + list(LLAMA_BENCH)[27:])
            n_tokens = row["n_prompt"] + row["n_gen"]
            self.assertEqual(len(row["samples_ns"]), 3)
            for ns, rate in zip(row["samples_ns"], row["samples_ts"], strict=True):
                self.assertAlmostEqual(rate, n_tokens * 1e9 / ns, delta=rate * 1e-6)
            self.assertAlmostEqual(row["avg_ts"], statistics.mean(row["samples_ts"]), places=6)
            self.assertAlmostEqual(row["stddev_ts"], statistics.stdev(row["samples_ts"]), places=6)
            self.assertAlmostEqual(row["median_ts"], statistics.median(row["samples_ts"]), places=6)
            self.assertAlmostEqual(row["avg_ns"], statistics.mean(row["samples_ns"]), delta=1)
            self.assertRegex(row["test_time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            self.assertEqual(row["model_type"], "llama 135M Q4_1")

    def test_decode_stands_beside_a_bandwidth_of_its_own_moment(self):
        self.model = model("smollm2-135m")
        decode = self.rows("-p", "0", "-n", "4", "-r", "3")[0]
        self.assertEqual(len(set(decode["samples_bandwidth"])), 3)
        shares = [rate * decode["bytes_per_token"] / bandwidth for rate, bandwidth in
                  zip(decode["samples_ts"], decode["samples_bandwidth"], strict=True)]
        self.assertAlmostEqual(decode["bue"], statistics.median(shares), places=6)
        # 94 MB of weights, and 46 kB of cache for each token that is seen.
        self.assertGreater(decode["bytes_per_token"], decode["active_bytes"])
        self.assertLess(decode["bytes_per_token"], decode["active_bytes"] * 1.01)

    def test_csv_is_read_by_the_same_names(self):
        lines = list(csv.DictReader(io.StringIO(self.bench(*SMALL, "-o", "csv").stdout)))
        self.assertEqual([line["n_gen"] for line in lines], ["0", "4"])
        for name, kind in LLAMA_BENCH.items():
            if kind is not list:
                self.assertIn(name, lines[0])
        self.assertGreater(float(lines[1]["avg_ts"]), 0)

    def test_jsonl_is_an_object_a_line_and_md_a_table_of_llama_bench(self):
        self.model = model("smollm2-135m")
        lines = self.bench(*PREFILL, "-o", "jsonl").stdout.splitlines()
        self.assertEqual([json.loads(line)["n_prompt"] for line in lines], [16, 8])
        lines = self.bench(*SMALL, "-o", "md", "-ctk", "q8_0", "-t", "2").stdout.splitlines()
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:4]]
        self.assertEqual(cells[0], ["model", "size", "params", "backend", "threads", "type_k", "test", "t/s"])
        self.assertEqual(cells[2][:2] + cells[2][3:7], ["llama 135M Q4_1", "0.09 GiB", "CPU", "2", "q8_0", "pp16"])
        self.assertRegex(cells[3][7], r"^\d+\.\d\d ± \d+\.\d\d$")

    def test_the_table_says_what_the_machine_would_allow(self):
        text = self.bench("-p", "16,64", "-n", "4", "-r", "1", "-npl", "1,2").stdout
        for words in (r"pp64 +\d", r"tg4 x2 +\d", r"GMAC/s +of +\d", r"GB/s +of +\d", "CSR pp64 / pp16",
                      r"step time tg4 x2 / tg4 +\d+\.\d\dx +\(1\.\d\dx by bytes alone\)"):
            self.assertRegex(text, words)


class PlanTest(BenchTest):
    def test_lists_multiply_and_ranges_count(self):
        rows = self.rows("-p", "8-16+8", "-n", "0", "-pg", "8,2", "-d", "0,8", "-t", "1,2", "-r", "1",
                         "-ctk", "f16,q8_0", "-b", "64", "-ub", "4")
        self.assertEqual(len(rows), 3 * 2 * 2 * 2)
        self.assertEqual({(r["n_prompt"], r["n_gen"]) for r in rows}, {(8, 0), (16, 0), (8, 2)})
        self.assertEqual({r["n_threads"] for r in rows}, {1, 2})
        self.assertEqual({(r["n_batch"], r["n_ubatch"]) for r in rows}, {(64, 4)})

    def test_columns_count_the_tokens_of_all(self):
        one, two = self.rows("-p", "0", "-n", "4", "-npl", "1,2", "-d", "8", "-r", "2")
        self.assertEqual((one["n_columns"], two["n_columns"], two["n_depth"]), (1, 2, 8))
        for ns, rate in zip(two["samples_ns"], two["samples_ts"], strict=True):
            self.assertAlmostEqual(rate, 2 * 4 * 1e9 / ns, delta=rate * 1e-6)
        self.assertIn("column_cost", two)

    def test_a_script_for_llama_bench_runs(self):
        done = self.run_ridge("bench", "-m", self.model, "-ngl", "99", "-fa", "1", "-mmp", "0", "--progress",
                              "-p", "8", "-p", "16", "-n", "0", "-r", "1", "-o", "json", "--delay", "0")
        self.assertEqual([r["n_prompt"] for r in json.loads(done.stdout)], [8, 16])
        self.assertIn("note: --n-gpu-layers is ignored", done.stderr)
        self.assertIn("2/2 pp16", done.stderr)

    def test_levels_can_be_compared(self):
        rows = self.rows("-p", "8", "-n", "0", "-r", "1", "--isa", "generic")
        self.assertIn("generic", rows[0]["backend"])

    def test_what_cannot_be_measured_is_refused_by_name(self):
        for arguments, words in ((("-p", "x"), "-p x"), (("-p", "0", "-n", "0"), "nothing to measure"),
                                 (("-ctk", "q5_0"), "q5_0"), (("-pg", "5"), "-pg 5"), (("-npl", "0"), "-npl 0"),
                                 (("-o", "sql"), "sql"), (("--isa", "mmx"), "mmx")):
            self.assertIn(words, self.bench(*arguments, code=2).stderr)
        self.assertIn("no MODEL", self.run_ridge("bench", code=2).stderr)
        self.run_ridge("bench", "nowhere", code=3)

    def test_a_cold_start_is_told_from_a_warm_one(self):
        copy = self.cache / "copy.gguf"
        shutil.copyfile(self.model, copy)
        done = self.run_ridge("bench", copy, "-p", "4", "-n", "0", "-r", "1", "--cold", "-o", "json")
        row = json.loads(done.stdout)[0]
        self.assertGreater(row["cold_first_token_seconds"][0], row["cold_load_seconds"][0])
        self.assertGreater(row["warm_first_token_seconds"][0], 0)
        # Whether a file system lets go of its pages may change from one run to the next.
        text = self.run_ridge("bench", copy, "-p", "4", "-n", "0", "-r", "1", "--cold").stdout
        self.assertRegex(text, "cold start:|meant to be cold, but it is not")
        self.assertIn("warm start:", text)

    def test_two_at_once_are_refused(self):
        folder = self.cache / "data"
        folder.mkdir()
        with open(folder / "bench.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            error = self.bench(*PREFILL, code=1).stderr
        self.assertIn(f"another 'ridge bench' is measuring (process {os.getpid()})", error)


class HistoryTest(BenchTest):
    def history(self, *arguments, **options):
        return self.run_ridge("bench", "history", *arguments, **options)

    def test_runs_are_kept_listed_shown_compared_and_forgotten(self):
        self.assertIn("No runs yet", self.history().stderr)
        self.bench(*PREFILL, "--label", "before")
        self.bench(*PREFILL, "--label", "after", "--no-warmup")
        self.bench(*PREFILL, "--no-history")
        self.assertRegex(self.history().stdout, r"(?s)RUN.* 2 .*after.* 1 .*before")
        runs = json.loads(self.history("--json").stdout)
        self.assertEqual([r["label"] for r in runs], ["after", "before"])
        self.assertEqual(len(runs[0]["results"][0]["samples"]), 3)
        self.assertIn("pp16", self.history("last").stdout)
        compared = json.loads(self.run_ridge("bench", "compare", "before", "last", "--json").stdout)
        self.assertTrue(compared["same_machine"])
        for test in compared["tests"]:
            self.assertAlmostEqual(test["ratio"], test["b_ts"] / test["a_ts"])
            self.assertLessEqual(test["low"], test["ratio"])
            self.assertGreaterEqual(test["high"], test["ratio"])
        text = self.run_ridge("bench", "compare", "last~1", "2").stdout
        self.assertIn("95 % interval", text)
        self.history("--remove", "before")
        self.assertIn("no run 'before'", self.run_ridge("bench", "compare", "before", "last", code=3).stderr)

    def test_a_page_is_one_file(self):
        page = self.cache / "bench.html"
        self.bench(*SMALL, "-d", "0,8", "--html", page)
        text = page.read_text()
        for words in ("Decode over depth", "Roofline", "<svg", "prefers-color-scheme: dark"):
            self.assertIn(words, text)
        self.assertNotIn("http", text)
        again = self.cache / "again.html"
        self.run_ridge("bench", "page", "last", "-o", again)
        self.assertEqual(again.read_text(), text)

    def test_results_of_llama_bench_are_imported_and_compared_only_when_the_machine_is_known(self):
        row = {"build_commit": "abc", "cpu_info": "Some CPU", "model_filename": "x/smollm2-135m.gguf",
               "n_prompt": 8, "n_gen": 0, "n_depth": 0, "samples_ns": [10**8, 11 * 10**7, 10**8],
               "test_time": "2025-01-01T00:00:00Z"}
        self.bench(*PREFILL)
        file = self.cache / "peer.json"
        file.write_text(json.dumps([row]))
        done = self.run_ridge("bench", "import", file, "--label", "unknown")
        self.assertIn("--here", done.stderr)
        error = self.run_ridge("bench", "compare", "unknown", "1", code=2).stderr
        self.assertIn("--across-machines", error)
        self.run_ridge("bench", "compare", "unknown", "1", "--across-machines")
        self.run_ridge("bench", "import", "-", "--here", "--label", "peer", stdin=json.dumps(row) + "\n")
        compared = json.loads(self.run_ridge("bench", "compare", "peer", "1", "--json").stdout)
        self.assertAlmostEqual(compared["tests"][0]["a_ts"], 80)
        self.assertIn("pp16", compared["only_b"])
        bad = self.run_ridge("bench", "import", "-", stdin="| model |\n", code=6).stderr
        self.assertIn("line 1", bad)

    def test_our_own_json_can_be_imported(self):
        text = self.bench(*PREFILL, "-o", "json", "--no-history").stdout
        self.run_ridge("bench", "import", "-", stdin=text)
        run = json.loads(self.history("last", "--json").stdout)
        row = json.loads(text)[1]
        self.assertEqual(run["engine"], "ridge")
        self.assertEqual(run["machine_id"], row["machine_id"])
        self.assertAlmostEqual(run["results"][1]["median_ts"], row["median_ts"], delta=row["median_ts"] * 1e-6)

    def test_what_is_wrong_below_bench_gives_2(self):
        for arguments in (("compare",), ("compare", "1"), ("history", "--nonsense"), ("import",)):
            error = self.run_ridge("bench", *arguments, code=2).stderr
            self.assertIn(f"See 'ridge bench {arguments[0]} --help'", error)
            self.assertIn(f"ridge bench {arguments[0]} [", self.run_ridge("bench", arguments[0], "--help").stdout)

    def test_the_machine_can_be_looked_at_alone(self):
        report = json.loads(self.run_ridge("bench", "machine", "--json").stdout)
        self.assertGreater(report["bandwidth_bytes_per_second"], 1e8)
        self.assertEqual(report["cores"], len(os.sched_getaffinity(0)))


class ServerTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.env["RIDGE_DATA"] = str(self.cache / "data")
        self.server = ChatServer()
        self.addCleanup(self.server.close)

    def against(self, *arguments, **options):
        return self.run_ridge("bench", "--against", self.server.url, *arguments, **options)

    def rows(self, *arguments):
        return json.loads(self.against(*arguments, "--json").stdout)

    def slow(self):
        """Makes the server so slow that this machine's own delays, tens of milliseconds, hardly count."""
        self.server.seconds_per_prompt_token = 0.001
        self.server.seconds_per_token = 0.02

    def test_rates_are_those_of_the_server(self):
        self.slow()
        prefill, decode = self.rows("-p", "512", "-n", "32", "-r", "3")
        rates = self.server.prompt_rates
        # What the client sees of a prompt includes the server's own time and something on top.
        self.assertLess(prefill["median_ts"], max(rates) * 1.01)
        self.assertGreater(prefill["median_ts"], min(rates) * 0.5)
        for rate in decode["samples_ts"]:
            self.assertLess(rate, max(self.server.token_rates) * 1.3)
            self.assertGreater(rate, min(self.server.token_rates) * 0.7)
        for n in prefill["samples_n_prompt"]:
            self.assertAlmostEqual(n, 512, delta=2)
        self.assertEqual(prefill["model_filename"], "fake-1")
        self.assertFalse(prefill["prefix_cache"])
        self.assertTrue(prefill["tokens_counted_by_server"])

    def test_every_prompt_is_new_but_the_last_that_look_for_a_cache(self):
        self.against("-p", "64,128", "-n", "4", "-r", "4")
        asked = self.server.prompts
        measured = asked[:-4]
        self.assertEqual(len(measured), 2 + 3 * 4)
        self.assertEqual(len({p[:60] for p in measured}), len(measured))
        self.assertEqual((asked[-4], asked[-2]), (asked[-3], asked[-1]))

    def test_a_prefix_cache_is_detected_and_did_not_answer(self):
        self.slow()
        self.server.prefix_cache = True
        row = self.rows("-p", "512", "-n", "0", "-r", "3")[0]
        self.assertTrue(row["prefix_cache"])
        self.assertLess(row["median_ts"], 1000 * 1.01)
        self.assertFalse(row["contaminated"])
        self.assertIn("this server keeps prefixes", self.against("-p", "512", "-n", "0", "-r", "1").stdout)

    def test_depth_is_a_long_prompt_and_prefill_at_a_depth_is_left_out(self):
        done = self.against("-p", "64", "-n", "4", "-d", "256", "-r", "1", "--json")
        rows = json.loads(done.stdout)
        self.assertEqual([r["test"] for r in rows], ["tg4 @ d256"])
        self.assertGreater(rows[0]["samples_n_prompt"][0], 250)
        self.assertIn("pp64 @ d256 is left out", done.stderr)

    def test_columns_ask_at_once(self):
        self.slow()
        one, four = self.rows("-p", "0", "-n", "32", "-npl", "1,4", "-r", "2")
        self.assertEqual(self.server.most_at_once, 4)
        self.assertGreater(four["median_ts"], one["median_ts"])

    def test_a_key_is_sent_and_a_model_named(self):
        self.env["OPENAI_API_KEY"] = "secret"
        self.run_ridge("bench", "other-model", "--against", self.server.url, "-p", "32", "-n", "0", "-r", "1")
        self.assertEqual(self.server.bodies[0]["model"], "other-model")
        self.assertEqual(self.server.headers[0]["Authorization"], "Bearer secret")

    def test_what_goes_wrong_is_said_and_ends_the_measurement(self):
        def error(code=5, **behaviour):
            self.server.__dict__.update(status=200, cut_after=None, streams=True, error_event=None)
            self.server.__dict__.update(behaviour)
            return self.against("-p", "32", "-n", "8", "-r", "1", code=code).stderr

        self.assertIn("status 500: {\"error\": {\"message\": \"out of order\"}}", error(status=500))
        self.assertIn("broke off after 0 pieces", error(cut_after=0))
        self.assertIn("broke off after 3 pieces", error(cut_after=3))
        self.assertIn("reports an error", error(error_event="model melted"))
        self.assertIn("does not stream", error(code=6, streams=False))
        self.server.close()
        self.assertIn("Could not connect", error().replace("Failed to connect", "Could not connect"))

    def test_a_server_that_does_not_count_is_measured_with_a_warning(self):
        self.server.counts = False
        done = self.against("-p", "64", "-n", "8", "-r", "1", "--json")
        self.assertIn("does not count tokens", done.stderr)
        self.assertFalse(json.loads(done.stdout)[0]["tokens_counted_by_server"])

    def test_servers_are_kept_and_compared_too(self):
        self.against("-p", "64", "-n", "8", "-r", "3", "--label", "server")
        self.against("-p", "64", "-n", "8", "-r", "3")
        self.assertIn("tg8", self.run_ridge("bench", "compare", "server", "last").stdout)


if __name__ == "__main__":
    support.main()
