// ridge bench page: runs of the history as an HTML page.
#include "cli/html/bench_page.h"

#include "base/atomic_file.h"
#include "cli/commands/bench_commands.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "history/history.h"

namespace ridge::cli {
namespace {

struct PageOptions {
  std::vector<std::string> runs;
  std::string output = "bench.html";
};

int run_page(const PageOptions& options, Context& context) {
  history::History history(history_file(context));
  std::vector<history::RunRecord> runs;
  for (const std::string& name : options.runs) runs.push_back(history.find(name));
  if (runs.empty()) runs.push_back(history.find("last"));
  write_page(options.output, runs);
  context.err.line(cat("wrote ", options.output));
  return kExitOk;
}

}  // namespace

void write_page(const std::filesystem::path& path, const std::vector<history::RunRecord>& runs) {
  const std::string page = bench_page(runs);
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(page)));
  file.commit();
}

void add_bench_page(OptionSet& bench, Action& chosen) {
  const CommandText text{
      "page", "Write runs of the history as an HTML page",
      "One file, without scripts: rates over depth, prompt and columns, the roofline, the "
      "table.\n\n"
      "  ridge bench page\n  ridge bench page before after --output compare.html"};
  add_command<PageOptions>(
      bench, chosen, text,
      [](OptionSet& set, PageOptions& options) {
        set.arguments("RUN", options.runs, "Runs of the history (default: the last)");
        set.value("-o,--output", options.output, "The file to write (default bench.html)");
      },
      run_page);
}

}  // namespace ridge::cli
