"""ridge synth: what it writes is a model like any other, and what it cannot do is said."""

import json
import os
import resource

import support
from support import ProgramTest

SHAPE = {"name": "Small", "architecture": "llama", "n_layers": 3, "d_model": 256, "n_heads": 4, "n_kv_heads": 2,
         "head_dim": 64, "d_ff": 512, "n_vocab": 3000, "context": 512, "tied": False}


class SynthTest(ProgramTest):
    def synth(self, *arguments, **kwargs):
        self.out = os.path.join(self.cache, "made.gguf")
        return self.run_ridge("synth", *arguments, "-o", self.out, **kwargs)

    def inspect(self):
        return json.loads(self.run_ridge("inspect", self.out, "--json").stdout)

    def test_a_shape_of_ones_own_becomes_a_model_that_runs(self):
        for spec in (json.dumps(SHAPE), self.put("shape.json", json.dumps(SHAPE).encode())):
            self.synth("--spec", spec, "--type", "Q4_K_M")
            found = self.inspect()
            self.assertEqual(found["spec"]["n_layers"], 3)
            self.assertEqual(found["spec"]["d_model"], 256)
            done = self.run_ridge("run", self.out, "--raw", "-p", "a b c", "-n", "4", "--temp", "0", "--json")
            self.assertEqual(json.loads(done.stdout)["stats"]["generated_tokens"], 4)

    def test_layers_cuts_a_shape_and_the_seed_makes_the_file(self):
        def made(*arguments):
            self.synth("--spec", json.dumps(SHAPE), "--type", "Q8_0", *arguments)
            with open(self.out, "rb") as f:
                return f.read()
        whole = made()
        self.assertEqual(whole, made())
        self.assertNotEqual(whole, made("--seed", "2"))
        made("--layers", "1")
        self.assertEqual(self.inspect()["spec"]["n_layers"], 1)

    def test_a_shape_that_cannot_be_is_refused_by_the_field(self):
        for change, code, word in (
                ({"n_heads": 3}, 6, "no multiple"), ({"architecture": "nonsense"}, 6, "not implemented"),
                ({"n_layers": 0}, 6, "block_count"), ({"d_model": 1 << 40}, 2, '"d_model"'),
                ({"d_model": -256}, 2, '"d_model"'), ({"name": None}, 2, '"name"'), ({"d_ff": "many"}, 2, '"d_ff"'),
                ({"n_layerz": 3}, 2, '"n_layerz"'), ({"n_vocab": 10}, 2, "vocabulary"),
                ({"d_model": 1 << 20, "d_ff": 1 << 20}, 4, "stay free")):
            failed = self.synth("--spec", json.dumps(SHAPE | change), code=code)
            self.assertIn(word, failed.stderr)
            self.assertFalse(os.path.exists(self.out))
        self.assertIn("JSON", self.synth("--spec", "{", code=2).stderr)
        self.assertIn("Qwen3-4B", self.synth("--shape", "Qwen3-4X", code=2).stderr)
        self.assertIn("IQ4_XS", self.synth("--shape", "Qwen3-4B", "--type", "Q9", code=2).stderr)

    def test_a_full_disk_leaves_what_was_there(self):
        self.synth("--spec", json.dumps(SHAPE))
        with open(self.out, "rb") as f:
            before = f.read()
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        failed = self.synth("--spec", json.dumps(SHAPE), "--seed", "3", code=1, preexec_fn=limit)
        self.assertIn("cannot write", failed.stderr)
        with open(self.out, "rb") as f:
            self.assertEqual(f.read(), before)
        self.assertEqual(sorted(os.listdir(os.path.dirname(self.out)))[-1], "made.gguf")


if __name__ == "__main__":
    support.main()
