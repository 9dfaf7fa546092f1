// ridge bench: how fast a model runs here, and what the machine would allow.
#include <algorithm>

#include "base/error.h"
#include "base/utc.h"
#include "cli/bench/machine_check.h"
#include "cli/bench/measure.h"
#include "cli/bench/rows.h"
#include "cli/bench/run_against.h"
#include "cli/bench/tables.h"
#include "cli/commands/bench_commands.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/options/model_options.h"
#include "cli/ui/format.h"
#include "cli/ui/interrupt.h"
#include "history/history.h"

namespace ridge::cli {
namespace {

struct BenchCommand {
  BenchLists lists;
  int n_repeat = 5;
  double delay_seconds = 0;
  bool no_warm_up = false;
  bool allow_paging = false;
  bool cold = false;
  bool progress = false;
  bool verbose = false;
  bool no_history = false;
  bool json = false;
  std::string against;  // a URL; empty: measure this engine
  std::string label;
  std::string page;  // an HTML file; empty: none
  std::string output = "table";
  std::vector<std::vector<std::string>> ignored;  // words behind the options of kIgnored
};

// llama-bench's options that choose what is not chosen here.
struct Ignored {
  const char* names;
  const char* why;
};
constexpr Ignored kIgnored[] = {
    {"--n-gpu-layers,--gpu-layers", "ridge runs on the CPU"},
    {"--flash-attn", "attention is always fused"},
    {"--mmap", "weights are always repacked into memory"},
    {"--direct-io", "weights are always repacked into memory"},
    {"--split-mode", "ridge runs on the CPU"},
    {"--main-gpu", "ridge runs on the CPU"},
    {"--no-kv-offload", "ridge runs on the CPU"},
    {"--no-op-offload", "ridge runs on the CPU"},
    {"--tensor-split", "ridge runs on the CPU"},
    {"--device", "ridge runs on the CPU"},
    {"--n-cpu-moe", "ridge runs on the CPU"},
    {"--embeddings", "bench measures generation"},
    {"--poll", "waiting threads always spin, then sleep"},
    {"--prio", "set it with nice(1)"},
    {"--numa", "set it with numactl(8)"},
    {"-C,--cpu-mask", "set it with taskset(1)"},
    {"--cpu-strict", "each thread has a core of its own"},
};

void note_ignored(const BenchCommand& options, Context& context) {
  for (size_t i = 0; i < options.ignored.size(); ++i) {
    if (options.ignored[i].empty()) continue;
    const std::string names = kIgnored[i].names;
    context.err.line(
        cat("note: ", names.substr(0, names.find(',')), " is ignored: ", kIgnored[i].why));
  }
}

std::string formatted(const BenchReport& report, const std::string& format) {
  if (format == "json") return rows_json(report);
  if (format == "jsonl") return rows_jsonl(report);
  if (format == "csv") return rows_csv(report);
  return format == "md" ? bench_markdown(report) : bench_text(report);
}

// Into the history, and as a page.
void keep(history::RunRecord run, const BenchCommand& options, Context& context) {
  if (run.results.empty()) return;
  if (!options.no_history) run.id = history::History(history_file(context)).add(run);
  if (!options.page.empty()) write_page(options.page, {run});
  if (options.no_history) return;
  context.err.line(context.err.palette().dim(
      cat("kept as run ", run.id,
          "; 'ridge bench history' lists them, 'ridge bench compare' compares")));
}

MeasureOptions measure_options(const BenchCommand& options, const InterruptScope& interrupt) {
  return {.n_repeat = options.n_repeat,
          .delay = std::chrono::milliseconds(int64_t(options.delay_seconds * 1000)),
          .warm_up = options.no_warm_up ? WarmUp::kNo : WarmUp::kYes,
          .starts = options.cold ? Starts::kMeasure : Starts::kSkip,
          .progress = options.progress ? ProgressLines::kYes : ProgressLines::kNo,
          .paging = options.allow_paging ? Paging::kAllowed : Paging::kRefused,
          .keep_going = [&interrupt] { return !interrupt.interrupted(); }};
}

int run_against_command(const BenchCommand& options, Context& context) {
  if (options.output != "table" && options.output != "json") {
    fail(ErrorCode::kInvalidArgument, "-o ", options.output, ": --against knows table and json");
  }
  const ExclusiveRun alone = measure_alone(context);
  const InterruptScope interrupt;
  const MeasureOptions protocol = measure_options(options, interrupt);
  history::RunRecord run =
      run_against({.url = options.against,
                   .model = options.lists.models.empty() ? "" : options.lists.models.front(),
                   .tests = plan_tests(options.lists),
                   .n_repeat = protocol.n_repeat,
                   .delay = protocol.delay,
                   .json = options.json || options.output == "json",
                   .keep_going = protocol.keep_going},
                  context);
  run.label = options.label;
  keep(std::move(run), options, context);
  return kExitOk;
}

int run_bench_command(const BenchCommand& options, Context& context) {
  if (!options.against.empty()) return run_against_command(options, context);
  const BenchPlan plan = plan_bench(options.lists);
  const Needs needs = needs_of(plan, context);
  const ExclusiveRun alone = measure_alone(context);
  note_ignored(options, context);
  BenchReport report{.time = utc_time(), .label = options.label, .machine = describe_machine()};
  report.warnings = check_machine(needs, context);
  const InterruptScope interrupt;
  report.groups = measure_plan(plan, measure_options(options, interrupt), context);
  for (const BenchGroup& group : report.groups) {
    for (const std::string& sentence : sample_warnings(group)) {
      context.err.line(cat(context.err.palette().red("warning: "), sentence));
      report.warnings.push_back(sentence);
    }
  }
  context.out.write(formatted(report, options.json ? "json" : options.output));
  context.out.flush();
  keep(to_record(report), options, context);
  if (interrupt.interrupted()) {
    fail(ErrorCode::kCancelled, "stopped; the figures are of the samples up to then");
  }
  return kExitOk;
}

void declare_tests(OptionSet& set, BenchLists& lists) {
  constexpr const char* kGroup = "What to measure (lists: 512,1024 or 128-512+128 or 64-1024*2)";
  set.repeated("-p,--n-prompt", lists.prompts, "Prompt tokens to read (default 512; 0: none)")
      .group(kGroup);
  set.repeated("-n,--n-gen", lists.generations, "Tokens to decode (default 128; 0: none)")
      .group(kGroup);
  set.repeated("--prompt-and-gen", lists.pairs, "Both, one after the other: 512,128 (also -pg)")
      .group(kGroup);
  set.repeated("-d,--n-depth", lists.depths, "Tokens in the cache before (default 0)")
      .group(kGroup);
  set.repeated("--columns", lists.columns, "Sequences that decode together (default 1; also -npl)")
      .group(kGroup);
}

void declare_setups(OptionSet& set, BenchLists& lists) {
  constexpr const char* kGroup = "How to run it (lists too)";
  set.repeated("MODEL,-m,--model", lists.models, "A GGUF file, or a name that 'ridge list' shows");
  set.repeated("-t,--threads", lists.threads, "Threads (default: one per core)").group(kGroup);
  set.repeated("--isa", lists.isas, "CPU kernels up to: " + isa_levels()).group(kGroup);
  set.repeated("-b,--batch-size", lists.batches, "Most prompt tokens at once (default 2048)")
      .group(kGroup);
  set.repeated("--ubatch-size", lists.ubatches,
               "Most prompt tokens of a forward pass (default 512; also -ub)")
      .group(kGroup);
  set.repeated("--cache-type-k", lists.k_types, "Types of cached keys: f16, q8_0 (also -ctk)")
      .group(kGroup);
  set.repeated("--cache-type-v", lists.v_types, "Types of cached values: f16, q8_0 (also -ctv)")
      .group(kGroup);
}

void declare_protocol(OptionSet& set, BenchCommand& options) {
  constexpr const char* kGroup = "Protocol";
  set.value("-r,--repetitions", options.n_repeat, "Runs of each test (default 5)")
      .within(1, 1000)
      .group(kGroup);
  set.value("--delay", options.delay_seconds, "Seconds of rest before each run, to cool down")
      .within(0, 3600)
      .group(kGroup);
  declare_paging(set, options.allow_paging);
  set.flag("--no-warmup", options.no_warm_up, "Leave the warm-up out").group(kGroup);
  set.flag("--cold", options.cold,
           "Also measure starts, with the file dropped from memory and with it there")
      .group(kGroup);
}

void declare_server(OptionSet& set, BenchCommand& options) {
  set.value("--against", options.against,
            "Measure the OpenAI-compatible server at this URL; MODEL is what to ask it for")
      .group("Servers");
}

void declare_output(OptionSet& set, BenchCommand& options) {
  constexpr const char* kGroup = "Output";
  set.value("-o,--output", options.output, "table, md, csv, json or jsonl (default table)")
      .one_of({"table", "md", "csv", "json", "jsonl"})
      .group(kGroup);
  set.flag("--json", options.json, "The same as -o json").group(kGroup);
  set.flag("--progress", options.progress, "A line on standard error for each run").group(kGroup);
  set.value("--html", options.page, "Also write this file: plots over depth, the roofline")
      .group(kGroup);
  set.value("--label", options.label, "A name for this run in the history").group(kGroup);
  set.flag("--no-history", options.no_history, "Do not keep this run in the history").group(kGroup);
}

void declare_ignored(OptionSet& set, BenchCommand& options) {
  options.ignored.resize(std::size(kIgnored));
  for (size_t i = 0; i < std::size(kIgnored); ++i) {
    set.repeated(kIgnored[i].names, options.ignored[i], "").group("");
  }
  set.flag("-v,--verbose", options.verbose, "").group("");
}

}  // namespace

std::filesystem::path history_file(const Context& context) {
  return context.environment.data / "bench.sqlite";
}

void add_bench(CommandLine& line, Action& chosen) {
  const CommandText text{
      "bench", "Measure how fast a model runs here",
      R"(ppN is prefill: tokens per second over a prompt of N tokens. tgN is decode: N tokens one after
another. Figures are medians of -r rounds; in each round every test runs once. Beside a decode rate
stand the bytes it read per second, what a plain read loop over 1 GiB got just before, and the share
(BUE). Beside a prefill rate stands what matmul alone reaches. docs/bench.md explains the protocol.

  ridge bench smollm2-135m
  ridge bench -m model.gguf -p 512,8192 -n 128,1024 -d 0,4096 -r 3
  ridge bench smollm2-135m -p 0 -n 64 -npl 1,2,4,8 -ctk f16,q8_0
  ridge bench smollm2-135m --cold -t 1,2 -o json
  ridge bench smollm2-135m --label before; ridge bench compare before last
  ridge bench --against http://localhost:8080 -p 512,4096 -n 128 -r 3

llama-bench's options have their meaning there; those about GPUs, loading and scheduling are taken
and ignored, with a note. -o md, csv, json and jsonl have its columns and fields.)"};
  const auto options = std::make_shared<BenchCommand>();
  OptionSet set = line.add_command(text, [&chosen, options] {
    chosen = [options](Context& context) { return run_bench_command(*options, context); };
  });
  declare_setups(set, options->lists);
  declare_tests(set, options->lists);
  declare_protocol(set, *options);
  declare_server(set, *options);
  declare_output(set, *options);
  declare_ignored(set, *options);
  add_bench_history(set, chosen);
  add_bench_compare(set, chosen);
  add_bench_import(set, chosen);
  add_bench_page(set, chosen);
  add_bench_machine(set, chosen);
}

}  // namespace ridge::cli
