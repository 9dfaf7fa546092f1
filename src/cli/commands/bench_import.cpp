// ridge bench import: llama-bench's results into the history.
#include <algorithm>

#include "base/error.h"
#include "base/utc.h"
#include "bench/machine/machine.h"
#include "cli/bench/import.h"
#include "cli/commands/bench_commands.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/input.h"
#include "cli/ui/format.h"
#include "history/history.h"

namespace ridge::cli {
namespace {

struct ImportOptions {
  std::string file;
  std::string label;
  bool here = false;
};

int run_import(const ImportOptions& options, Context& context) {
  const std::string text = read_text_file(options.file);
  history::RunRecord run = [&] {
    try {
      return read_bench_rows(text);
    } catch (const Error& error) {
      fail(error.code(), options.file, ": ", error.what());
    }
  }();
  run.label = options.label;
  if (run.time.empty()) run.time = utc_time();
  if (options.here) {
    const Machine machine = describe_machine();
    run.machine = machine.summary();
    run.machine_id = machine.identity;
  }
  const int64_t id = history::History(history_file(context)).add(run);
  context.err.line(cat("kept ", plural(int64_t(run.results.size()), "test"), " as run ", id));
  if (run.machine_id.empty()) {
    context.err.line(
        "note: the file does not say on which machine it was measured; --here says "
        "that it was this one, which 'ridge bench compare' wants to know");
  }
  return kExitOk;
}

}  // namespace

void add_bench_import(OptionSet& bench, Action& chosen) {
  const CommandText text{"import", "Read llama-bench's results (-o json, jsonl) into the history",
                         "  llama-bench -m model.gguf -o json | ridge bench import - --here\n"
                         "  ridge bench import results.jsonl --label peer"};
  add_command<ImportOptions>(
      bench, chosen, text,
      [](OptionSet& set, ImportOptions& options) {
        set.value("FILE", options.file, "The file; - is standard input").required();
        set.value("--label", options.label, "A name for this run in the history");
        set.flag("--here", options.here, "It was measured on this machine");
      },
      run_import);
}

}  // namespace ridge::cli
