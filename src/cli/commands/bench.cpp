// ridge bench: how fast a model runs here, and what the machine would allow.
#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/thread_pool.h"
#include "bench/measure.h"
#include "cli/bench_report.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/options/model_options.h"
#include "cli/ui/interrupt.h"
#include "cli/ui/progress.h"
#include "cpu/cpu_backend.h"

namespace ridge::cli {
namespace {

constexpr int64_t kMaxTokens = 1 << 24;

struct BenchCommand {
  ModelOptions model;
  std::string prompts = "512";
  std::string generations = "128";
  std::string depths = "0";
  int n_repeat = 5;
  std::string output = "md";
};

// "512,1024" as numbers. llama-bench's lists, so that its command lines work.
std::vector<int64_t> numbers(const std::string& list, const char* option) {
  std::vector<int64_t> values;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    int64_t value = -1;
    const auto read = std::from_chars(list.data() + begin, list.data() + end, value);
    if (read.ec != std::errc() || read.ptr != list.data() + end || value < 0 ||
        value > kMaxTokens) {
      fail(ErrorCode::kInvalidArgument, option, " ", list, ": '", list.substr(begin, end - begin),
           "' is no number from 0 to ", kMaxTokens);
    }
    values.push_back(value);
    begin = end + 1;
  }
  return values;
}

std::vector<BenchTest> tests_of(const BenchCommand& options) {
  std::vector<BenchTest> tests;
  for (int64_t depth : numbers(options.depths, "-d")) {
    for (int64_t n : numbers(options.prompts, "-p")) {
      if (n > 0) tests.push_back({.n_prompt = n, .n_depth = depth});
    }
    for (int64_t n : numbers(options.generations, "-n")) {
      if (n > 0) tests.push_back({.n_gen = n, .n_depth = depth});
    }
  }
  if (tests.empty()) fail(ErrorCode::kInvalidArgument, "nothing to measure: -p and -n are both 0");
  return tests;
}

int64_t context_for(const std::vector<BenchTest>& tests) {
  int64_t most = 0;
  for (const BenchTest& test : tests) {
    most = std::max(most, test.n_depth + test.n_prompt + test.n_gen);
  }
  return most;
}

int run_bench_command(const BenchCommand& options, Context& context) {
  const std::vector<BenchTest> tests = tests_of(options);
  const auto path = find_model(options.model.model, context);
  const auto backend =
      cpu::make_backend({.n_threads = options.model.n_threads, .isa = options.model.isa});
  Progress loading(context.err, {.label = "loading " + path.stem().string()});
  const BenchModel model(path, *backend,
                         [&](uint64_t done, uint64_t total) { loading.update(done, total); });
  loading.clear();
  const int64_t n_context = context_for(tests);
  Session session(model.transformer, *backend,
                  {.k_dtype = cache_dtype(options.model.k_type, "-ctk"),
                   .v_dtype = cache_dtype(options.model.v_type, "-ctv"),
                   .n_tokens = n_context,
                   .max_batch = std::min(options.model.n_batch, n_context)});
  const int n_threads = options.model.n_threads;
  const BenchSetup setup{.model = path.filename().string(),
                         .backend = backend->description(),
                         .k_type = options.model.k_type,
                         .v_type = options.model.v_type,
                         .n_batch = options.model.n_batch,
                         .n_threads = n_threads > 0 ? n_threads : available_cores(),
                         .n_parameters = model.n_parameters,
                         .file_bytes = model.file_bytes};
  InterruptScope interrupt;
  Progress progress(context.err, {.label = "measuring", .unit = Progress::Unit::kCount});
  std::vector<BenchResult> results;
  for (const BenchTest& test : tests) {
    results.push_back(run_bench(test, options.n_repeat, model, session,
                                [&] { return !interrupt.interrupted(); }));
    if (interrupt.interrupted()) fail(ErrorCode::kCancelled, "stopped");
    progress.update(results.size(), tests.size());
  }
  progress.clear();
  if (options.output == "md") {
    context.out.write(bench_table(setup, results));
    return kExitOk;
  }
  const bool is_array = options.output == "json";
  for (size_t i = 0; i < results.size(); ++i) {
    const bool last = i + 1 == results.size();
    context.out.line(cat(is_array && i == 0 ? "[" : "", bench_json(setup, results[i]),
                         is_array ? (last ? "]" : ",") : ""));
  }
  return kExitOk;
}

}  // namespace

void add_bench(CommandLine& line, Action& chosen) {
  const CommandText text{
      "bench", "Measure how fast a model runs here",
      "ppN is prefill: tokens per second over a prompt of N tokens. tgN is decode: N tokens one "
      "by\n"
      "one; beside it stand the bytes it read per second, what a plain read loop gets on this\n"
      "machine at the same moment, and BUE, the one over the other. Figures are medians of -r "
      "runs.\n"
      "Lists are separated by commas.\n\n"
      "  ridge bench smollm2-135m\n"
      "  ridge bench -m model.gguf -p 512,4096 -n 128 -d 0,4096 -r 3\n"
      "  ridge bench smollm2-135m -p 0 -n 64 -ctk q8_0 -ctv q8_0 -o json"};
  add_command<BenchCommand>(
      line, chosen, text,
      [](OptionSet& set, BenchCommand& options) {
        declare_model(set, options.model.model);
        declare_machine(set, options.model);
        set.value("-p,--n-prompt", options.prompts, "Prompt tokens to read (default 512)");
        set.value("-n,--n-gen", options.generations, "Tokens to decode (default 128)");
        set.value("-d,--n-depth", options.depths, "Tokens in the cache before (default 0)");
        set.value("-r,--repetitions", options.n_repeat, "Runs of each test (default 5)")
            .within(1, 1000);
        set.value("-o,--output", options.output, "md, json (an array) or jsonl (default md)")
            .one_of({"md", "json", "jsonl"});
      },
      run_bench_command);
}

}  // namespace ridge::cli
