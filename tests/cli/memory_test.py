"""Models that are larger than the memory they may take, by the limit that the system sets on a
process's own data (mapped files do not count for it). The program is the first argument."""

import resource
import unittest

import support

MIB = 1 << 20
# SmolLM2-135M as it lies in memory (94 MiB), 23 KiB of KV a token, 130 MiB and more to compute.
PROMPT = ["-p", "The capital of France is", "-n", "8", "--temp", "0", "-t", "1", "--raw", "-c", "256"]


def data_limit(n_mib):
    return lambda: resource.setrlimit(resource.RLIMIT_DATA, (n_mib * MIB, n_mib * MIB))


class Memory(support.ProgramTest):
    def setUp(self):
        super().setUp()
        self.model = support.model("smollm2-135m")

    def test_what_does_not_fit_is_refused_with_the_figures_and_the_ways_out(self):
        done = self.run_ridge("run", self.model, *PROMPT, code=4, preexec_fn=data_limit(200))
        for part in ("GB of weights", "KV cache", "ulimit -d", "-c", "q8_0", "--allow-paging"):
            self.assertIn(part, done.stderr)
        self.assertEqual(done.stdout, "")

    def test_paging_gives_the_same_text_and_a_warning(self):
        whole = self.run_ridge("run", self.model, *PROMPT)
        self.assertNotIn("warning", whole.stderr)
        paged = self.run_ridge("run", self.model, *PROMPT, "--allow-paging",
                               preexec_fn=data_limit(200))
        self.assertIn("stay in the file", paged.stderr)
        self.assertEqual(paged.stdout, whole.stdout)

    def test_a_bench_is_refused_as_a_run_is(self):
        done = self.run_ridge("bench", self.model, "-p", "16", "-n", "4", "-r", "1", "-t", "1",
                              "--no-history", code=4, preexec_fn=data_limit(200))
        self.assertIn("--allow-paging", done.stderr)


if __name__ == "__main__":
    unittest.main()
