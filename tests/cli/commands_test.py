"""The commands that read models, on the default model; and what holds for every command."""

import json
import math
import os
import struct
import subprocess

import support
from support import RIDGE, ProgramTest, model, tiny_gguf

COMMANDS = ["pull", "list", "rm", "inspect", "perplexity", "logits", "tokenize", "detokenize"]


class UsageTest(ProgramTest):
    def test_help_of_every_command_has_options_and_examples(self):
        overview = self.run_ridge("--help").stdout
        for command in COMMANDS:
            self.assertIn(f"\n  {command} ", overview)
            text = self.run_ridge(command, "--help").stdout
            self.assertIn(f"ridge {command}", text)
            self.assertIn("--help", text)

    def test_no_line_of_help_is_wider_than_100_columns(self):
        for command in COMMANDS:
            for line in self.run_ridge(command, "--help").stdout.splitlines():
                self.assertLessEqual(len(line), 120, line)

    def test_what_is_wrong_on_the_command_line_gives_2_and_the_next_step(self):
        for arguments in ([], ["nonsense"], ["inspect"], ["inspect", "--nonsense", "x"],
                          ["perplexity", "x", "-f", "x", "-t", "y"], ["rm"], ["list", "extra"]):
            self.assertIn("error: ", self.run_ridge(*arguments, code=2).stderr)
        self.assertIn("See 'ridge inspect --help'", self.run_ridge("inspect", "--nonsense", code=2).stderr)

    def test_version(self):
        self.assertRegex(self.run_ridge("--version").stdout, r"^ridge \d+\.\d+\.\d+\n$")

    def test_a_damaged_file_gives_6(self):
        path = self.put("bad.gguf", b"GGUF" + b"\xff" * 100)
        for command in ("inspect", "tokenize"):
            self.run_ridge(command, path, *(["-p", "x"] if command != "inspect" else []), code=6)

    def test_terminal_escapes_of_a_file_are_not_passed_on(self):
        data = tiny_gguf().replace(b"llama", b"a\x1b[1m")
        text = self.run_ridge("inspect", self.put("esc.gguf", data)).stdout
        self.assertNotIn("\x1b", text)

    def test_a_full_disk_is_an_error_and_a_closed_pipe_is_not(self):
        for i in range(3):
            self.put(f"m{i}.gguf", tiny_gguf())
        with open("/dev/full", "w") as full:
            done = subprocess.run([RIDGE, "list"], env=self.env, stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left", done.stderr)
        read_end, write_end = os.pipe()
        os.close(read_end)
        done = subprocess.run([RIDGE, "list"], env=self.env, stdout=write_end, stderr=subprocess.PIPE)
        os.close(write_end)
        self.assertEqual((done.returncode, done.stderr), (0, b""))


class ProbeTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.model = model("smollm2-135m")

    def lines(self, command, *arguments, stdin, code=0):
        done = self.run_ridge(command, self.model, "--jsonl", *arguments, stdin=stdin, code=code)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_detokenize_undoes_tokenize(self):
        texts = ["Hello, world", "", " spaces  ", "línea\nnueva\t", "日本語 🙂", "<|im_end|>", "a" * 5000]
        ids = self.lines("tokenize", stdin="".join(json.dumps(t) + "\n" for t in texts))
        self.assertEqual(len(ids), len(texts))
        self.assertEqual(ids[1], [])
        back = self.lines("detokenize", stdin="".join(json.dumps(i) + "\n" for i in ids))
        self.assertEqual(back, texts)

    def test_special_tokens_only_on_request(self):
        text = '"<|im_end|>"\n'
        plain = self.lines("tokenize", stdin=text)[0]
        special = self.lines("tokenize", "--special", stdin=text)[0]
        self.assertEqual(len(special), 1)
        self.assertGreater(len(plain), 1)
        self.assertEqual(self.lines("detokenize", stdin=f"{special}\n"), [""])
        self.assertEqual(self.lines("detokenize", "--special", stdin=f"{special}\n"), ["<|im_end|>"])
        self.assertEqual(len(self.lines("tokenize", "--bos", stdin='"a"\n')[0]), 2)

    def test_a_bad_line_is_answered_and_the_rest_goes_on(self):
        answers = self.lines("tokenize", stdin='"a"\nnope\n"a"\n', code=1)
        self.assertEqual(answers[0], answers[2])
        self.assertIn("error", answers[1])
        answers = self.lines("detokenize", stdin="[999999999]\n[1]\n", code=1)
        self.assertIn("not in the vocabulary", answers[0]["error"])

    def test_the_human_view_shows_ids_and_pieces(self):
        done = self.run_ridge("tokenize", self.model, "-p", "Hello\n")
        self.assertIn("'Hello'", done.stdout)
        self.assertIn("'\\n'", done.stdout)
        self.assertIn("2 tokens, 6 bytes", done.stderr)

    def test_inspect_accounts_for_every_byte(self):
        report = json.loads(self.run_ridge("inspect", self.model, "--json").stdout)
        tensors = sum(t["bytes"] for t in report["tensors"])
        self.assertEqual(sum(c["bytes"] for c in report["bytes_by_class"].values()), tensors)
        self.assertEqual(sum(t["bytes"] for t in report["bytes_by_type"]), tensors)
        self.assertEqual(report["spec"]["n_layers"], 30)
        self.assertEqual(report["spec"]["layers"][0]["mixer"]["kv_heads"], 3)
        # f16: 30 layers x 3 heads x 64 x (K and V) x 2 bytes.
        self.assertEqual(report["kv"][0]["bytes_per_token"], 30 * 3 * 64 * 2 * 2)
        self.assertEqual(report["tokenizer"]["n_vocab"], 49152)
        text = self.run_ridge("inspect", self.model, "--tensors").stdout
        for word in ("Bytes by class", "attention", "9/3 heads of 64", "blk.29.", "chat template"):
            self.assertIn(word, text)

    def test_inspect_and_tokenize_work_on_a_vocabulary_alone(self):
        path = support.CACHE / "material/llama.cpp/models/ggml-vocab-qwen2.gguf"
        if not path.exists():
            self.skipTest(f"{path} is not there")
        self.assertIn("a vocabulary only", self.run_ridge("inspect", path).stdout)
        done = self.run_ridge("tokenize", path, "--jsonl", stdin='"Hello"\n')
        self.assertEqual(done.stdout, "[9707]\n")

    def test_perplexity_is_that_of_its_logits(self):
        text = "The quick brown fox jumps over the lazy dog. " * 12
        path = self.cache / "text"
        path.write_text(text)
        done = json.loads(self.run_ridge("perplexity", self.model, "-f", path, "--ctx", "32", "--chunks", "2",
                                         "--json").stdout)
        self.assertEqual(done["tokens_scored"], 2 * (32 - 1 - 16))
        ids = json.loads(self.run_ridge("tokenize", self.model, "--jsonl",
                                        stdin=json.dumps(text)).stdout)
        nll = []
        for chunk in range(2):  # this model adds no BOS
            window = ids[32 * chunk:32 * chunk + 32]
            (self.cache / "ids").write_text(" ".join(map(str, window)))
            self.run_ridge("logits", self.model, "--ids", self.cache / "ids", "-o", self.cache / "out")
            data = (self.cache / "out").read_bytes()
            for i in range(16, 31):
                row = struct.unpack_from("<49152f", data, 4 * 49152 * i)
                top = max(row)
                nll.append(math.log(sum(math.exp(x - top) for x in row)) + top - row[window[i + 1]])
        self.assertAlmostEqual(done["perplexity"], math.exp(sum(nll) / len(nll)), places=4)
        self.run_ridge("perplexity", self.model, "-f", path, "--ctx", "4096", code=2)


if __name__ == "__main__":
    support.main()
