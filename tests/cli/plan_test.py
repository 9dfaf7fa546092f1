"""ridge plan: what it answers in text and JSON, and what it says to questions that have no answer."""

import json

import gguf_split
import support
from support import Hub, ProgramTest

SHAPE = {"name": "Small", "architecture": "llama", "n_layers": 3, "d_model": 256, "n_heads": 4, "n_kv_heads": 2,
         "head_dim": 64, "d_ff": 512, "n_vocab": 3000, "context": 512, "tied": False}


class PlanTest(ProgramTest):
    def plan(self, *arguments, **options):
        return self.run_ridge("plan", *arguments, **options).stdout

    def plan_json(self, *arguments, **options):
        return json.loads(self.plan(*arguments, "--json", **options))

    def test_one_machine_is_told_of_in_detail(self):
        plan = self.plan_json("Qwen3-30B-A3B", "--on", "RTX 4090")
        self.assertTrue(plan["fits"])
        self.assertAlmostEqual(plan["bytes"]["weights"] / 2**30, 17.28, delta=0.04)
        rates = [at["decode"]["tok_s"] for at in plan["depths"]]
        self.assertEqual(rates, sorted(rates, reverse=True))
        self.assertLess(max(rates), plan["decode_ceiling_tok_s"])
        text = self.plan("Qwen3-30B-A3B", "--on", "RTX 4090")
        self.assertIn("calibrated on", text)

    def test_this_machine_is_the_one_without_on(self):
        plan = self.plan_json("SmolLM2-135M", "--quant", "Q8_0")
        self.assertTrue(plan["fits"])
        self.assertIn("left now", plan["limit_rule"])

    def test_machines_and_quantizations_are_compared(self):
        rows = self.plan_json("Llama-3.3-70B", "--quant", "Q3_K_M,Q4_K_M", "--on", "2x RTX 4090,M4 Max 64GB")
        self.assertEqual([row["quant"] for row in rows], ["Q3_K_M", "Q3_K_M", "Q4_K_M", "Q4_K_M"])

    def test_what_does_not_fit_comes_with_what_would(self):
        plan = self.plan_json("Llama-3.3-70B", "--quant", "Q5_K_M", "--on", "M4 Max 64GB", "-c", "32768", code=4)
        self.assertFalse(plan["fits"])
        self.assertTrue(plan["changes_that_fit"])

    def test_a_shape_of_ones_own_is_known_where_the_file_is_given(self):
        entries = self.put("mine.json", json.dumps({"schema": 1, "models": [SHAPE]}).encode())
        plan = self.plan_json("small", "--on", "DGX Spark", "--entries", entries)
        self.assertEqual(plan["model"], "Small")

    def test_of_a_remote_file_the_header_is_read(self):
        spec = json.dumps(SHAPE)
        made = self.cache / "made.gguf"
        self.run_ridge("synth", "--spec", spec, "--type", "Q8_0", "-o", made)
        hub = Hub()
        self.addCleanup(hub.close)
        hub.files["/made.gguf"] = made.read_bytes()
        remote = self.plan_json(hub.url + "/made.gguf", "--on", "DGX Spark")
        local = self.plan_json(made, "--on", "DGX Spark")
        self.assertEqual(remote["bytes"], local["bytes"])
        self.assertIn("Range", hub.requests[-1][1])
        self.assertFalse(list((self.cache / "tmp").iterdir()))
        self.run_ridge("plan", hub.url + "/other.gguf", code=3)

    def test_a_repository_of_the_hub_is_planned_by_the_name_that_pull_takes(self):
        made = self.cache / "made.gguf"
        self.run_ridge("synth", "--spec", json.dumps(SHAPE), "--type", "Q8_0", "-o", made)
        hub = Hub()
        self.addCleanup(hub.close)
        self.env["HF_ENDPOINT"] = hub.url
        hub.add_repo("owner/made-GGUF", {"made-Q8_0.gguf": made.read_bytes(), "README.md": b"x"})
        local = self.plan_json(made, "--on", "DGX Spark")
        for name in ("owner/made-GGUF", "owner/made-GGUF:Q8_0"):
            self.assertEqual(self.plan_json(name, "--on", "DGX Spark")["bytes"], local["bytes"])
            self.assertIn("Range", hub.requests[-1][1])
        self.assertIn("Q8_0", self.run_ridge("plan", "owner/made-GGUF:Q2_K", code=3).stderr)
        self.run_ridge("plan", "owner/other-GGUF", code=3)

    def test_of_a_split_repository_each_parts_header_is_read(self):
        path = self.cache / "whole.gguf"
        self.run_ridge("synth", "--spec", json.dumps(SHAPE), "--type", "Q8_0", "-o", path)
        parts = gguf_split.split(path.read_bytes(), 3, "split-Q8_0")
        hub = Hub()
        self.addCleanup(hub.close)
        self.env["HF_ENDPOINT"] = hub.url
        base = hub.add_repo("owner/split-GGUF", parts)
        plan = self.plan_json("owner/split-GGUF", "--on", "DGX Spark")
        self.assertEqual(plan["bytes"], self.plan_json(path, "--on", "DGX Spark")["bytes"])
        asked = {asked for asked, _ in hub.requests}
        self.assertTrue(all(base + name in asked for name in parts))
        first = next(iter(parts))
        by_url = self.plan_json(f"{hub.url}{base}{first}", "--on", "DGX Spark")
        self.assertEqual(by_url["bytes"], plan["bytes"])
        self.assertFalse(list((self.cache / "tmp").iterdir()))

    def test_questions_a_line_get_answers_a_line(self):
        lines = [{"model": "Qwen3-8B", "quant": "Q4_K_M", "hardware": "DGX Spark", "depth": 4096},
                 {"model": "Qwen3-8C", "quant": "Q4_K_M", "hardware": "DGX Spark"}]
        out = self.plan("--jsonl", stdin="".join(json.dumps(line) + "\n" for line in lines)).splitlines()
        good, bad = map(json.loads, out)
        for name in ("fits", "bytes", "decode_tok_s", "decode_low", "decode_high", "prefill_tok_s", "prefill_low",
                     "prefill_high", "provenance"):
            self.assertIn(name, good)
        self.assertIn("Qwen3-8B", bad["error"])

    def test_clusters_do_not_add_bandwidth_up(self):
        rows = self.plan_json("cluster", "Llama-3.3-70B", "--nodes", "4x Apple M4 Pro 64GB", "--link", "10gbe")
        for row in rows:
            if row["parallel"] == "pipeline":
                self.assertLessEqual(row["decode_tok_s"], row["one_node_tok_s"])
        self.run_ridge("plan", "cluster", "Llama-3.3-70B", "--nodes", "4x DGX Spark", "--link", "string", code=2)

    def test_costs_have_dates_and_impossible_loads_are_refused(self):
        cost = self.plan_json("cost", "Qwen3.6-35B-A3B", "--on", "M5 Max 128GB", "--date", "2026-12-31")
        self.assertTrue(all(service["stale"] for service in cost["services"]))
        self.assertIsNone(cost["services"][1]["break_even_months"])
        refused = self.run_ridge("plan", "cost", "Llama-3.3-70B", "--on", "M5 Max 128GB", "--output", "5000000", code=2)
        self.assertIn("hours a day", refused.stderr)
        self.assertIn("GPT-5", self.plan("cost", "--prices"))

    def test_advice_names_machines_within_the_budget(self):
        advice = self.plan_json("advise", "--budget", "4000", "--users", "2", "--model", "gpt-oss-20b",
                                "--portable", "no")
        self.assertTrue(advice["choices"])
        self.assertTrue(all(choice["usd"] <= 4000 for choice in advice["choices"]))
        self.assertTrue(advice["would_change"])

    def test_loads_are_kept_beside_what_was_planned(self):
        self.env["RIDGE_DATA"] = str(self.cache / "data")
        self.assertIn("nothing was loaded", self.plan("--check"))
        path = support.model("smollm2-135m")
        self.run_ridge("run", path, "-p", "Count.", "-n", "40", "--temp", "0", "-c", "512")
        self.run_ridge("run", path, "-p", "Count.", "-n", "2", "--temp", "0", "-c", "1024")
        newest, older = self.plan_json("--check")
        self.assertEqual((newest["context"], older["context"]), (1024, 512))
        self.assertEqual(newest["decode_tok_s"], 0)  # too few to say
        self.assertGreater(older["decode_tok_s"], 0)
        self.assertGreater(older["planned_high"], older["planned_low"])
        for load in (newest, older):
            planned, taken = (sum(load[k].values()) for k in ("planned_bytes", "allocated_bytes"))
            self.assertLess(abs(planned - taken), 0.01 * taken + 16e6)
        self.assertIn("smollm2-135m", self.plan("--check"))
        (self.cache / "data/loads.jsonl").write_text("{}\nnonsense\n")
        self.assertIn("nothing was loaded", self.plan("--check"))

    def test_bad_input_is_explained(self):
        for arguments, said in ((["Qwen3-9B", "--on", "DGX Spark"], "Qwen3-8B"),
                                (["Qwen3-8B", "--on", "RTX 4900"], "RTX 4090"),
                                (["Qwen3-8B", "--on", "DGX Spark", "--quant", "Q4_K_Z"], "Q4_K_M"),
                                (["Qwen3-8B", "--on", ""], "--on: a name is missing"),
                                (["Qwen3-8B", "--quant", "Q4_K_M,,Q8_0"], "--quant: a name is missing"),
                                (["bartowski/"], "OWNER/REPO"),
                                (["Qwen3-8B", "-c", "0"], "1"),
                                (["Qwen3-8B", "-c", "-5"], "1"),
                                (["Qwen3-8B", "--slots", "99999999"], "4096"),
                                ([], "MODEL")):
            self.assertIn(said, self.run_ridge("plan", *arguments, code=2).stderr)


if __name__ == "__main__":
    support.main()
