"""The commands that read models, on the default model; and what holds for every command."""

import json
import math
import os
import pathlib
import signal
import struct
import subprocess

import support
from support import RIDGE, ProgramTest, model, tiny_gguf

COMMANDS = ["run", "chat", "pull", "list", "rm", "inspect", "bench", "perplexity", "logits", "tokenize",
            "detokenize", "template", "synth"]


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
        for arguments in ([], ["nonsense"], ["run"], ["run", "--nonsense", "x"], ["run", "x", "-n", "y"],
                          ["run", "x", "--top-p", "2"], ["run", "x", "-ngl", "99"], ["rm"],
                          ["list", "extra"], ["template", "--jsonl"]):
            self.assertIn("error: ", self.run_ridge(*arguments, code=2).stderr)
        self.assertIn("See 'ridge run --help'", self.run_ridge("run", "--nonsense", code=2).stderr)

    def test_version(self):
        self.assertRegex(self.run_ridge("--version").stdout, r"^ridge \d+\.\d+\.\d+\n$")

    def test_a_damaged_file_gives_6(self):
        path = self.put("bad.gguf", b"GGUF" + b"\xff" * 100)
        for command in ("inspect", "tokenize", "run"):
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

    def test_template_renders_and_reports(self):
        case = {"messages": [{"role": "user", "content": "Hi"}], "add_generation_prompt": True}
        answers = self.lines("template", stdin=json.dumps(case) + "\n[]\n", code=1)
        self.assertIn("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", answers[0])
        self.assertIn("error", answers[1])
        path = self.cache / "t.jinja"
        path.write_text("{{ messages|length }}{% if x %}!{% endif %}")
        done = self.run_ridge("template", "--file", path, "--jsonl",
                              stdin=json.dumps({**case, "x": 1}) + "\n")
        self.assertEqual(done.stdout, '"1!"\n')
        self.assertIn("im_start", self.run_ridge("template", self.model).stdout)

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


class RunTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.model = model("smollm2-135m")

    def answer(self, *arguments, **options):
        return json.loads(self.run_ridge("run", self.model, "--temp", "0", "--json", *arguments,
                                         **options).stdout)

    def test_a_question_is_answered_and_figures_follow_on_one_line(self):
        done = self.run_ridge("run", self.model, "--temp", "0", "-n", "20", "-p",
                              "Write one sentence about the sea.")
        self.assertIn("sea", done.stdout)
        self.assertTrue(done.stdout.endswith("\n"))
        self.assertRegex(done.stderr,
                         r"^prompt \S+ tok/s \(\d+\) · decode \S+ tok/s \(\d+\) · \S+ GB/s of \S+ "
                         r"measured, BUE \d+ % · first token \S+ s · peak \S+ MB\n$")

    def test_prompts_come_from_every_source_alike(self):
        prompt = "List three colours."
        path = self.cache / "prompt.txt"
        path.write_text(prompt)
        texts = {self.answer("-n", "8", *arguments, stdin=stdin)["text"]
                 for arguments, stdin in ((["-p", prompt], ""), (["-f", path], ""),
                                          (["-f", "-"], prompt), ([], prompt))}
        self.assertEqual(len(texts), 1)

    def test_json_has_text_tokens_and_stats_that_agree(self):
        answer = self.answer("-n", "5", "-p", "Hi", "--logprobs", "2")
        self.assertEqual(len(answer["tokens"]), 5)
        self.assertEqual(answer["finish"], "length")
        stats = answer["stats"]
        self.assertEqual(stats["generated_tokens"], 5)
        self.assertAlmostEqual(stats["bue"], stats["decode_tokens_per_second"] *
                               stats["active_bytes_per_token"] / stats["bandwidth_bytes_per_second"])
        self.assertGreater(stats["active_bytes_per_token"], 90e6)
        for entry, token in zip(answer["logprobs"], answer["tokens"], strict=True):
            self.assertEqual(entry["token"], token)
            self.assertEqual(entry["top"][0]["token"], token)  # temperature 0
            self.assertLessEqual(entry["logprob"], 0)

    def test_stops_seeds_and_raw(self):
        stopped = self.answer("--raw", "-p", "1, 2, 3, 4,", "--stop", " 7", "-n", "30")
        self.assertEqual(stopped["finish"], "stop")
        self.assertTrue(stopped["text"].rstrip().endswith("6,"), stopped["text"])
        drawn = [self.run_ridge("run", self.model, "--raw", "-q", "-p", "Once", "-n", "12", "--temp",
                                "1.5", "--seed", seed).stdout for seed in (1, 1, 2)]
        self.assertEqual(drawn[0], drawn[1])
        self.assertNotEqual(drawn[0], drawn[2])

    def test_llama_cpp_spellings_are_understood(self):
        self.run_ridge("run", "-m", self.model, "-p", "Hi", "-n", "2", "-c", "256", "-t", "1", "--temp", "0.7",
                       "--top-k", "20", "--top-p", "0.9", "--min-p", "0.1", "--seed", "3", "-ctk", "q8_0",
                       "-ctv", "q8_0", "--repeat-penalty", "1.1", "-l", "5-inf", "-b", "64", "-q")

    def test_a_model_that_drafts_for_itself_is_always_right_and_changes_nothing(self):
        arguments = ["-n", "24", "-p", "Write one sentence about the sea."]
        plain = self.answer(*arguments)
        drafted = self.answer(*arguments, "--draft", self.model, "--draft-max", "3")
        self.assertEqual(drafted["tokens"], plain["tokens"])
        speculation = drafted["stats"]["speculation"]
        self.assertGreater(speculation["drafted"], 0)
        self.assertEqual(speculation["accepted"], speculation["drafted"])
        self.assertEqual(speculation["acceptance"], 1)
        self.assertAlmostEqual(speculation["tokens_per_pass"], 23 / speculation["passes"])
        self.assertNotIn("speculation", plain["stats"])
        done = self.run_ridge("run", self.model, *arguments, "--temp", "0", "-md", self.model)
        self.assertRegex(done.stderr, r" · draft model (\d+) of \1 accepted \(100 %\), ")

    def test_the_models_own_prediction_layer_guesses_and_changes_nothing(self):
        predicts = str(pathlib.Path(__file__).parents[1] / "models/fixtures/glm4moelite.gguf")
        arguments = ["run", predicts, "--raw", "-p", "ABCDE", "-n", "40", "--temp", "0", "-l", "47-inf",
                     "--dry-sequence-breaker", "A"]  # its few letters have no other
        plain = self.run_ridge(*arguments)
        guessed = self.run_ridge(*arguments, "--speculate", "mtp")
        self.assertEqual(guessed.stdout, plain.stdout)
        self.assertRegex(guessed.stderr, r" · prediction layer \d+ of \d+ accepted ")
        self.assertEqual(self.run_ridge(*arguments, "--speculate", "ngram").stdout, plain.stdout)
        self.assertIn("--speculate mtp guesses with it", self.run_ridge("inspect", predicts).stdout)
        self.assertNotIn("--speculate", self.run_ridge("inspect", self.model).stdout)

    def test_a_model_without_a_prediction_layer_says_so_and_the_way_out(self):
        done = self.run_ridge("run", self.model, "-p", "x", "--speculate", "mtp", code=2)
        self.assertIn("holds no layer that predicts further ahead", done.stderr)
        self.assertIn("--draft MODEL", done.stderr)
        self.answer("-p", "x", "-n", "1", "--speculate", "off")
        self.run_ridge("run", self.model, "-p", "x", "--speculate", "maybe", code=2)
        self.run_ridge("run", self.model, "-p", "x", "--speculate", "mtp", "--draft", self.model, code=2)

    def test_a_draft_of_another_vocabulary_is_refused_with_the_first_difference(self):
        other = model("qwen2.5-coder-0.5b")
        done = self.run_ridge("run", self.model, "-p", "x", "--draft", other, code=2)
        self.assertIn("vocabularies differ: token 0 is '<|endoftext|>' in the model and '!' in the "
                      "draft", done.stderr)
        self.run_ridge("run", self.model, "-p", "x", "--draft", "nothing-like-it", code=3)
        self.run_ridge("run", self.model, "-p", "x", "--draft-max", "16", code=2)

    def test_a_control_token_in_the_prompt_stays_text(self):
        plain = self.answer("-n", "1", "-p", "a")["stats"]["prompt_tokens"]
        marked = self.answer("-n", "1", "-p", "a<|im_end|>")["stats"]["prompt_tokens"]
        self.assertGreater(marked, plain + 2)

    def test_any_bytes_may_be_a_prompt(self):
        self.answer("-n", "2", stdin=bytes(range(256)))

    def test_a_prompt_beyond_the_context_is_refused_with_both_sizes(self):
        failed = self.run_ridge("run", self.model, "-c", "64", "-p", "word " * 200, code=2)
        self.assertIn("64", failed.stderr)

    def test_ctrl_c_ends_the_answer_with_130_and_its_figures(self):
        process = subprocess.Popen([RIDGE, "run", self.model, "--raw", "-p", "Once upon a time", "--temp", "0",
                                    "--logit-bias", "2-inf", "--logit-bias", "0-inf"],
                                   env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.read(20)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=support.PATIENCE)
        self.assertEqual(process.returncode, 130)
        self.assertIn(b"decode", err)

    def test_a_reader_that_leaves_early_ends_it_quietly(self):
        process = subprocess.Popen([RIDGE, "run", self.model, "--raw", "-p", "Once upon a time", "--temp", "0",
                                    "--logit-bias", "2-inf", "--logit-bias", "0-inf"],
                                   env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.read(5)
        process.stdout.close()
        self.assertEqual(process.wait(timeout=support.PATIENCE), 0)
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()

    def test_logits_predict_what_greedy_decoding_takes(self):
        answer = self.answer("--raw", "-n", "3", "-p", "The capital of France is")
        ids = json.loads(self.run_ridge("tokenize", self.model, "--jsonl",
                                        stdin='"The capital of France is"\n').stdout)
        ids_file, out = self.cache / "ids", self.cache / "out"
        ids_file.write_text(" ".join(map(str, ids + answer["tokens"][:2])))
        self.run_ridge("logits", self.model, "--ids", ids_file, "-o", out)
        data = out.read_bytes()
        self.assertEqual(len(data), 4 * 49152 * (len(ids) + 2))
        for i in range(3):
            row = struct.unpack_from("<49152f", data, 4 * 49152 * (len(ids) - 1 + i))
            self.assertEqual(max(range(49152), key=row.__getitem__), answer["tokens"][i])

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
