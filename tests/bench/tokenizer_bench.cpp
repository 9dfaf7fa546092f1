// usage: tokenizer_bench VOCABULARY.gguf [TEXT] [Google Benchmark's flags]
// MB/s of one thread for TEXT and for a megabyte of one character; milliseconds of loading.
#include <benchmark/benchmark.h>

#include <fstream>
#include <iterator>
#include <string>

#include "gguf/file.h"
#include "text/tokenizer/tokenizer.h"

namespace {

using ridge::text::SpecialTokens;
using ridge::text::Tokenizer;

void encode(benchmark::State& state, const Tokenizer& tokenizer, const std::string& text) {
  size_t n_tokens = 0;
  for (auto _ : state) n_tokens = tokenizer.encode(text, SpecialTokens::kAsText).size();
  state.SetBytesProcessed(static_cast<int64_t>(text.size()) * state.iterations());
  state.counters["tokens"] = static_cast<double>(n_tokens);
}

void decode(benchmark::State& state, const Tokenizer& tokenizer, const std::string& text) {
  const auto tokens = tokenizer.encode(text, SpecialTokens::kAsText);
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer.decode(tokens, SpecialTokens::kAsText));
  state.SetBytesProcessed(static_cast<int64_t>(text.size()) * state.iterations());
}

std::string contents(const char* path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc < 2) {
    std::fprintf(stderr, "usage: tokenizer_bench VOCABULARY.gguf [TEXT]\n");
    return 2;
  }
  const auto file = ridge::gguf::File::open(argv[1]);
  benchmark::RegisterBenchmark("load", [&](benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(Tokenizer::from_metadata(file.metadata()));
  })->Unit(benchmark::kMillisecond);
  const auto tokenizer = Tokenizer::from_metadata(file.metadata());
  const std::string text = argc > 2 ? contents(argv[2]) : std::string(1 << 16, 'x');
  const std::string run(1'000'000, 'a');
  const auto add = [&](const char* name, auto function, const std::string& input) {
    benchmark::RegisterBenchmark(name, [&, function](benchmark::State& state) {
      function(state, *tokenizer, input);
    })->Unit(benchmark::kMillisecond);
  };
  add("encode/text", encode, text);
  add("encode/one_character", encode, run);
  add("decode/text", decode, text);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
