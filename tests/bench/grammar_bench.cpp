// usage: grammar_bench VOCABULARY.gguf [Google Benchmark's flags]
// For schemas as requests bring them: milliseconds to compile one, KiB that it takes, and
// microseconds for the mask of a token along a valid answer: half of the masks, 99 of 100 and all
// of them are made within median_us, p99_us and worst_us. Masks depend on the size of the
// vocabulary: Qwen's has 152k.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "base/strcat.h"
#include "chat/vocabulary.h"
#include "gguf/file.h"
#include "grammar/compiler.h"
#include "text/tokenizer/tokenizer.h"

namespace {

using ridge::cat;
using ridge::grammar::AnyJson;
using ridge::grammar::GrammarCompiler;
using ridge::grammar::JsonSchema;
using ridge::grammar::Source;
using ridge::text::SpecialTokens;
using ridge::text::Tokenizer;

struct Case {
  std::string name;
  Source source;
  std::string answer;
};

std::string text_of(int64_t n) {
  static const std::string words = "The quick brown fox jumps over 13 lazy dogs, née Müller. ";
  std::string out;
  while (int64_t(out.size()) < n) out += words;
  while ((out[size_t(n)] & 0xc0) == 0x80) ++n;
  return out.substr(0, size_t(n));
}

std::string counted(int64_t max) {
  return cat(R"({"type":"object","properties":{"text":{"type":"string","maxLength":)", max,
             R"(}},"required":["text"]})");
}

std::vector<Case> cases() {
  std::vector<Case> out;
  const auto add = [&](std::string name, std::string schema, std::string answer) {
    out.push_back({std::move(name), JsonSchema{std::move(schema)}, std::move(answer)});
  };
  const std::string list = R"([1, "two", {"three": [null, true, 4.5e6]}, "f\u00fcnf\n"])";
  out.push_back(
      {"any_json", AnyJson{}, cat(R"({"a": )", list, R"(, "b c": ")", text_of(300), "\"}")});
  for (const int64_t max : {64, 200, 1000, 10000}) {
    add(cat("max_length/", max), counted(max), cat("{\"text\": \"", text_of(max - 8), "\"}"));
  }
  add("pattern",
      R"({"type":"object","properties":{"id":{"type":"string","pattern":"^[a-z_][a-z0-9_]{0,63}$"},
      "at":{"type":"string","format":"date-time"},"who":{"type":"string","format":"email"}},"required":["id","at","who"]})",
      R"({"id": "some_name_of_a_function_42", "at": "2024-02-29T23:59:59.5+01:00", "who": "ann.lee@mail.example.org"})");
  add("max_items/1000", R"({"type":"array","items":{"type":"integer"},"maxItems":1000})",
      "[1, 22, 333, 4444, 55555, 6, 7, 8, 9, 10, 11, 12]");
  add("agent_edit",
      R"({"type":"object","properties":{"path":{"type":"string"},"edits":{"type":"array","items":
      {"type":"object","properties":{"old":{"type":"string","minLength":1},"new":{"type":"string"},
      "all":{"type":"boolean"}},"required":["old","new"],"additionalProperties":false}},
      "mode":{"enum":["dry-run","apply","apply-and-commit"]}},"required":["path","edits"],"additionalProperties":false})",
      R"({"path": "src/main.cpp", "edits": [{"old": "int main() {\n  return 0;\n}", "new": "int main(int argc, char** argv) {\n  return run(argc, argv);\n}", "all": false}, {"old": "a", "new": "\t"}], "mode": "apply"})");
  add("open_object",
      R"({"type":"object","properties":{"name":{"type":"string"}},"additionalProperties":{"type":"string"}})",
      R"({"name": "x", "names": "y", "other key": "Some words, and more."})");
  add("any_of_objects", R"({"type":"array","items":{"anyOf":[
      {"type":"object","properties":{"kind":{"const":"circle"},"r":{"type":"number","minimum":0}},"required":["kind","r"]},
      {"type":"object","properties":{"kind":{"const":"rect"},"w":{"type":"number"},"h":{"type":"number"}},"required":["kind","w","h"]},
      {"type":"object","properties":{"kind":{"const":"label"},"text":{"type":"string","maxLength":40}},"required":["kind","text"]}]}})",
      R"([{"kind": "circle", "r": 1.5}, {"kind": "rect", "w": 10, "h": 0.25}, {"kind": "label", "text": "Some words here"}])");
  add("tree",
      R"({"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"name":{"type":"string"},
      "children":{"type":"array","items":{"$ref":"#/$defs/node"}}},"required":["name","children"]}}})",
      R"({"name": "root", "children": [{"name": "left", "children": []}, {"name": "right one", "children": [{"name": "leaf", "children": []}]}]})");
  add("slug",
      R"({"type":"object","properties":{"slug":{"type":"string","pattern":"^[a-z0-9]+(-[a-z0-9]+)*$"},
      "tail":{"type":"string","pattern":"[.]cpp$"},"url":{"type":"string","format":"uri"}},"required":["slug","tail","url"]})",
      R"({"slug": "a-name-of-some-words-2", "tail": "src/engine/batch.cpp", "url": "https://example.org/a/b?c=d#e"})");
  std::string ways;
  for (int i = 0; i < 40; ++i) {
    ways += cat(i > 0 ? "," : "", R"({"type":"object","properties":{"operation":{"const":"number_)",
                i, R"("},"value":{"type":"string"},"note":{"type":"string","maxLength":)", 20 + i,
                R"(}},"required":["operation","value"]})");
  }
  add("any_of/40", cat(R"({"anyOf":[)", ways, "]}"),
      R"({"operation": "number_27", "value": "Some words, and more.", "note": "A short one."})");
  std::string deep = "1";
  for (int i = 0; i < 12; ++i) deep = cat(R"({"a": [)", deep, R"(, "x y"], "b": null})");
  out.push_back({"any_json/deep", AnyJson{}, deep});
  return out;
}

double quantile(const std::vector<double>& sorted, double q) {
  return sorted[std::min(sorted.size() - 1, size_t(q * double(sorted.size())))];
}

void masks(benchmark::State& state, GrammarCompiler& compiler, const Tokenizer& tokenizer,
           size_t n_vocab, const Case& c) {
  using Clock = std::chrono::steady_clock;
  const auto micros = [](Clock::duration d) {
    return std::chrono::duration<double, std::micro>(d).count();
  };
  const auto begun = Clock::now();
  const auto grammar = compiler.compile(c.source);
  state.counters["compile_ms"] = micros(Clock::now() - begun) / 1000;
  state.counters["KiB"] = double(grammar->bytes()) / 1024;
  const auto tokens = tokenizer.encode(c.answer, SpecialTokens::kAsText);
  std::vector<uint32_t> bits((n_vocab + 31) / 32);
  std::vector<double> times;
  for (auto _ : state) {
    const auto constraint = make_constraint(grammar);
    for (const auto token : tokens) {
      const auto before = Clock::now();
      const bool binds = constraint->allowed(bits);
      times.push_back(micros(Clock::now() - before));
      if (binds && !((bits[size_t(token) / 32] >> (token % 32)) & 1)) {
        state.SkipWithError("the answer is not one of the schema's, token by token");
        return;
      }
      constraint->accept(token);
    }
  }
  std::sort(times.begin(), times.end());
  state.counters["tokens"] = double(tokens.size());
  state.counters["median_us"] = quantile(times, 0.5);
  state.counters["p99_us"] = quantile(times, 0.99);
  state.counters["worst_us"] = times.back();
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc < 2) {
    std::fprintf(stderr, "usage: grammar_bench VOCABULARY.gguf\n");
    return 2;
  }
  const auto file = ridge::gguf::File::open(argv[1]);
  const auto tokenizer = Tokenizer::from_metadata(file.metadata());
  const auto vocabulary = ridge::chat::vocabulary_of(*tokenizer);
  const size_t n_vocab = vocabulary.bytes.size();
  GrammarCompiler compiler(vocabulary);
  const std::vector<Case> all = cases();
  for (const Case& c : all) {
    benchmark::RegisterBenchmark(
        c.name.c_str(),
        [&](benchmark::State& state) { masks(state, compiler, *tokenizer, n_vocab, c); })
        ->Unit(benchmark::kMillisecond)
        ->Iterations(20);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
