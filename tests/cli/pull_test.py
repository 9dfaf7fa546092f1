"""ridge pull, list and rm against a hub on this machine."""

import fcntl
import json
import resource
import signal
import subprocess
import time

import support
from support import RIDGE, Hub, ProgramTest, sha256, tiny_gguf

REPO = "owner/repo-GGUF"
FILE = "model-Q4_K_M.gguf"
NAME = "model-q4_k_m"


class PullTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.hub = Hub()
        self.addCleanup(self.hub.close)
        self.env["HF_ENDPOINT"] = self.hub.url
        self.data = tiny_gguf(3_000_000)
        self.base = self.hub.add_repo(REPO, {FILE: self.data, "model-Q8_0.gguf": tiny_gguf(10),
                                             "README.md": b"hello"})
        self.path = self.base + FILE

    def pull(self, source=REPO, *arguments, code=0, **options):
        return self.run_ridge("pull", source, "--retry-delay", "0.01", *arguments, code=code, **options)

    def stored(self, name=NAME):
        return (self.store / f"{name}.gguf").read_bytes()

    def leftovers(self):
        return sorted(p.name for p in self.store.iterdir() if ".part" in p.name)

    def asked(self, path=None):
        return [headers for p, headers in self.hub.requests if p == (path or self.path)]

    def test_a_repository_gives_its_usual_quantisation_checked_and_whole(self):
        done = self.pull()
        self.assertEqual(self.stored(), self.data)
        self.assertIn("sha256 as the source gives it", done.stdout)
        self.assertEqual(self.leftovers(), [])
        again = self.pull()
        self.assertIn("is there already", again.stdout)
        self.assertEqual(len(self.asked()), 1)

    def test_a_quantisation_can_be_named_and_a_wrong_one_lists_those_there_are(self):
        self.pull(REPO + ":q8_0")
        self.assertEqual(self.stored("model-q8_0"), tiny_gguf(10))
        wrong = self.pull(REPO + ":Q2_K", code=3)
        self.assertIn("it has Q4_K_M, Q8_0", wrong.stderr)

    def test_a_cut_connection_goes_on_where_it_ended(self):
        self.hub.cut[self.path] = [1_000_000, 500_000]
        self.pull()
        self.assertEqual(self.stored(), self.data)
        ranges = [headers.get("Range") for headers in self.asked()]
        self.assertEqual(ranges[0], None)
        self.assertEqual(len(ranges), 3)
        self.assertTrue(all(r.startswith("bytes=") and r != "bytes=0-" for r in ranges[1:]), ranges)
        self.assertEqual(self.asked()[1]["If-Range"], self.hub.etag(self.path))

    def test_a_later_run_goes_on_where_an_earlier_one_gave_up(self):
        self.hub.cut[self.path] = [1_000_000, 0, 0, 0]
        failed = self.pull(REPO, "--retries", "2", code=5)
        self.assertIn("gave up", failed.stderr)
        self.assertEqual(self.leftovers(), [f"{NAME}.gguf.part", f"{NAME}.gguf.part.info"])
        self.assertIn("incomplete", self.run_ridge("list").stdout)
        self.assertIn("not complete", self.run_ridge("inspect", NAME, code=3).stderr)

        self.hub.cut.clear()
        self.hub.requests.clear()
        done = self.pull()
        self.assertEqual(self.asked()[0]["Range"], "bytes=1000000-")
        self.assertIn("continuing after 1000000 bytes", done.stderr)
        self.assertEqual(self.stored(), self.data)
        self.assertEqual(self.leftovers(), [])

    def test_a_file_that_changed_meanwhile_is_started_over(self):
        url = self.hub.url + "/plain/" + FILE
        path = "/plain/" + FILE
        for honours in (True, False):  # a server that ignores If-Range shows another ETag
            self.hub.honours_if_range = honours
            self.hub.files[path] = self.data
            self.hub.cut[path] = [1_000_000, 0, 0]
            self.pull(url, "--retries", "2", code=5)
            self.hub.cut.clear()
            changed = self.data[:-10] + b"y" * 10
            self.hub.files[path] = changed
            done = self.pull(url)
            self.assertIn("starting over", done.stderr)
            self.assertEqual(self.stored(), changed)
            self.run_ridge("rm", "-y", NAME)

    def test_a_listing_with_another_digest_starts_over(self):
        self.hub.cut[self.path] = [1_000_000, 0, 0]
        self.pull(REPO, "--retries", "2", code=5)
        self.hub.cut.clear()
        changed = b"GGUF" + self.data[4:-4] + b"zzzz"
        self.hub.add_repo(REPO, {FILE: changed})
        self.assertIn("starting over", self.pull().stderr)
        self.assertEqual(self.stored(), changed)

    def test_a_wrong_hash_is_refused_and_nothing_stays(self):
        self.hub.files[self.path] = self.data[:-1] + b"!"
        failed = self.pull(code=5)
        self.assertIn(f"wanted {sha256(self.data)}", failed.stderr)
        self.assertEqual(list(self.store.iterdir()), [])

    def test_a_damaged_beginning_is_found_and_fetched_again(self):
        self.hub.cut[self.path] = [1_000_000, 0, 0]
        self.pull(REPO, "--retries", "2", code=5)
        self.hub.cut.clear()
        part = self.store / f"{NAME}.gguf.part"
        part.write_bytes(b"#" * part.stat().st_size)
        self.assertIn("starting over", self.pull().stderr)
        self.assertEqual(self.stored(), self.data)

    def test_sizes_that_disagree_with_the_listing_are_refused(self):
        self.hub.files[self.path] = self.data + b"more"
        self.assertIn("the hub lists it with", self.pull(code=5).stderr)

    def test_a_server_that_announces_more_than_it_has_does_not_hold_us_for_ever(self):
        path = "/plain/" + FILE
        self.hub.files[path] = self.data
        self.hub.announce[path] = len(self.data) + 100
        failed = self.pull(self.hub.url + path, code=5)
        self.assertIn("does not keep to what it announces", failed.stderr)

    def test_a_body_without_a_size_is_refused_even_if_it_never_ends(self):
        path = "/plain/" + FILE
        self.hub.files[path] = self.data
        self.hub.endless.add(path)
        failed = self.pull(self.hub.url + path, code=5)
        self.assertIn("does not announce its size", failed.stderr)

    def test_an_endless_listing_is_cut(self):
        path = f"/api/models/{REPO}/revision/main"
        self.hub.endless.add(path)
        self.assertIn("longer than", self.pull(code=5).stderr)

    def test_a_file_larger_than_the_disk_is_refused_before_it_starts(self):
        path = "/plain/" + FILE
        self.hub.files[path] = self.data
        self.hub.announce[path] = 1 << 60
        failed = self.pull(self.hub.url + path, code=4)
        self.assertIn("stay free", failed.stderr)

    def test_a_full_disk_keeps_what_is_there(self):
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        failed = self.pull(code=1, preexec_fn=limit)
        self.assertIn("cannot write", failed.stderr)
        self.assertEqual((self.store / f"{NAME}.gguf.part").stat().st_size, 1_000_000)
        self.pull()
        self.assertEqual(self.asked()[-1]["Range"], "bytes=1000000-")
        self.assertEqual(self.stored(), self.data)

    def test_temporary_failures_are_tried_again_and_lasting_ones_not(self):
        self.hub.status[self.path] = [(503, {"Retry-After": "0"}), (429, {}), (500, {})]
        done = self.pull()
        self.assertEqual(self.stored(), self.data)
        self.assertIn("HTTP 503; trying again", done.stderr)
        self.assertEqual(self.pull("owner/none", code=3).stderr.count("404"), 1)
        for status in (401, 403):
            self.hub.status[f"/api/models/{REPO}/revision/main"] = [(status, {})]
            self.assertIn("token", self.pull(REPO + ":Q8_0", code=5).stderr)

    def test_no_server_at_all_is_a_network_error(self):
        self.env["HF_ENDPOINT"] = "http://127.0.0.1:1"
        self.assertIn("gave up after 2 tries", self.pull(REPO, "--retries", "2", code=5).stderr)

    def test_the_token_goes_to_the_hub_and_to_nobody_else(self):
        other = Hub()
        self.addCleanup(other.close)
        other.files["/cdn/x"] = self.data
        self.hub.redirect[self.path] = other.url + "/cdn/x"
        self.env["HF_TOKEN"] = "secret"
        self.pull()
        self.assertEqual(self.stored(), self.data)
        self.assertEqual(self.asked()[0]["Authorization"], "Bearer secret")
        self.assertEqual([h.get("Authorization") for _, h in other.requests], [None])
        self.run_ridge("rm", "-y", NAME)
        other.files["/plain/" + FILE] = self.data
        self.pull(other.url + "/plain/" + FILE)
        self.assertNotIn("Authorization", other.requests[-1][1])

    def test_the_digest_of_a_linked_file_is_checked(self):
        path = "/owner/repo/resolve/main/" + FILE
        self.hub.files["/cdn/x"] = self.data
        self.hub.redirect[path] = self.hub.url + "/cdn/x"
        self.hub.extra_headers[path] = {"X-Linked-ETag": '"' + "0" * 64 + '"'}
        self.assertIn("wanted " + "0" * 64, self.pull(self.hub.url + path, code=5).stderr)
        self.hub.extra_headers[path] = {"X-Linked-ETag": '"' + sha256(self.data) + '"'}
        self.assertIn("sha256 as the source", self.pull(self.hub.url + path).stdout)

    def test_redirects_that_lead_astray_are_refused(self):
        path = "/plain/" + FILE
        for target, words in (("ftp://127.0.0.1/x.gguf", "neither http nor https"),
                              ("file:///etc/passwd", "neither http nor https"),
                              (self.hub.url + path, "more than 8 times")):
            self.hub.redirect[path] = target
            self.assertIn(words, self.pull(self.hub.url + path, code=5).stderr)

    def test_a_split_model_is_pulled_whole(self):
        parts = {f"big-Q8_0-0000{i}-of-00002.gguf": tiny_gguf(1000 * i) for i in (1, 2)}
        self.hub.add_repo("owner/big", parts)
        self.pull("owner/big", code=6)  # these parts are no split set inside, and that is said
        for name, data in parts.items():
            self.assertEqual((self.store / name.lower()).read_bytes(), data)

    def test_a_page_that_is_no_model_is_deleted(self):
        path = "/plain/" + FILE
        self.hub.files[path] = b"<html>not here</html>" * 10
        failed = self.pull(self.hub.url + path, code=6)
        self.assertIn("is not a model", failed.stderr)
        self.assertFalse((self.store / f"{NAME}.gguf").exists())

    def test_what_is_no_source_or_no_name_is_a_usage_error(self):
        for source in ("nonsense", "../x/y", "ftp://x/y.gguf", self.hub.url + "/page.html"):
            self.pull(source, code=2)
        self.pull(REPO, "--name", "../evil", code=2)
        self.pull(REPO, "--sha256", "../x", code=5)

    def test_ctrl_c_keeps_the_part(self):
        path = "/plain/" + FILE
        big = tiny_gguf(200_000_000)
        self.hub.files[path] = big
        process = subprocess.Popen([RIDGE, "pull", self.hub.url + path], env=self.env,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        part = self.store / f"{NAME}.gguf.part"
        while process.poll() is None and not (part.exists() and part.stat().st_size > 0):
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=support.PATIENCE)
        self.assertEqual(process.returncode, 130)
        self.assertTrue(part.exists())

    def test_two_at_once_do_not_write_the_same_part(self):
        path = "/plain/" + FILE
        self.hub.files[path] = self.data
        self.store.mkdir(parents=True)
        with open(self.store / f"{NAME}.gguf.part", "wb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            failed = self.pull(self.hub.url + path, code=1)
        self.assertIn("another process", failed.stderr)


class StoreTest(ProgramTest):
    def test_list_is_a_table_or_json(self):
        self.assertIn("No models", self.run_ridge("list").stderr)
        self.put("b.gguf", tiny_gguf(1000))
        self.put("a-long-name.gguf", b"junk")
        lines = self.run_ridge("list").stdout.splitlines()
        self.assertEqual(lines[0].split(), ["NAME", "SIZE", "KIND", "PATH"])
        self.assertTrue(lines[1].startswith("a-long-name"))
        self.assertEqual(lines[2].split()[0], "b")
        self.assertEqual(lines[2].index("llama"), lines[0].index("KIND"))
        found = {m["name"]: m for m in json.loads(self.run_ridge("list", "--json").stdout)}
        self.assertEqual(found["b"]["architecture"], "llama")
        self.assertEqual(found["b"]["size"], len(tiny_gguf(1000)))
        self.assertIn("problem", found["a-long-name"])

    def test_rm_removes_what_is_named_or_nothing(self):
        self.put("one.gguf", b"1")
        two = self.put("two.gguf", b"2")
        self.run_ridge("rm", "-y", "two", "tree", code=3)
        self.assertTrue(two.exists())
        self.run_ridge("rm", "two")
        self.assertEqual([p.name for p in self.store.iterdir()], ["one.gguf"])
        self.run_ridge("rm", "-y", "../models/one", code=3)

    def test_an_unknown_model_names_its_neighbours_and_the_next_step(self):
        self.put("smollm2-135m.gguf", tiny_gguf())
        failed = self.run_ridge("inspect", "smolm2", code=3)
        self.assertIn("did you mean smollm2-135m?", failed.stderr)
        self.assertIn("ridge pull", failed.stderr)
        self.assertIn("make models", failed.stderr)
        self.assertIn("no file ./x.gguf", self.run_ridge("inspect", "./x.gguf", code=3).stderr)


if __name__ == "__main__":
    support.main()
