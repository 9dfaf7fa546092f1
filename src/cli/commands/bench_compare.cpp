// ridge bench compare: two runs of the history side by side.
#include "base/error.h"
#include "cli/bench/compare.h"
#include "cli/commands/bench_commands.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/ui/format.h"
#include "history/history.h"

namespace ridge::cli {
namespace {

struct CompareOptions {
  std::string a;
  std::string b;
  bool across_machines = false;
  bool json = false;
};

std::string heading(const char* letter, const history::RunRecord& run) {
  return cat(letter, ": run ", run.id, "  ", run.time, "  ", run.engine,
             run.build.empty() ? "" : " ", run.build, run.label.empty() ? "" : "  ", run.label,
             "\n");
}

void warn_of_warnings(const char* letter, const history::RunRecord& run, Context& context) {
  for (const std::string& warning : run.warnings) {
    context.err.line(cat(context.err.palette().red("warning: "), letter, ": ", printable(warning)));
  }
}

int run_compare(const CompareOptions& options, Context& context) {
  history::History history(history_file(context));
  const history::RunRecord a = history.find(options.a);
  const history::RunRecord b = history.find(options.b);
  const std::string difference = machine_difference(a, b);
  if (!difference.empty() && !options.across_machines) {
    fail(ErrorCode::kInvalidArgument, difference,
         ": a ratio between them would compare machines; --across-machines does so");
  }
  const Comparison comparison = compare_runs(a, b);
  if (comparison.tests.empty()) {
    fail(ErrorCode::kInvalidArgument, "runs ", a.id, " and ", b.id, " have no test in common");
  }
  if (!difference.empty()) {
    context.err.line(cat(context.err.palette().red("warning: "), printable(difference)));
  }
  if (options.json) {
    context.out.line(comparison_json(comparison, a, b));
    return kExitOk;
  }
  context.out.write(
      printable(cat(heading("A", a), heading("B", b), "\n", comparison_text(comparison))));
  warn_of_warnings("A", a, context);
  warn_of_warnings("B", b, context);
  return kExitOk;
}

}  // namespace

void add_bench_compare(OptionSet& bench, Action& chosen) {
  const CommandText text{
      "compare", "Compare two runs of the history",
      R"(A and B are numbers of 'ridge bench history', 'last', 'last~1' (the one before), or labels. The ratio
is that of the medians; its 95 % interval comes from resampling the runs (bootstrap), and only when
it lies to one side of 1 is one called faster. Runs of different machines are refused.

  ridge bench compare last~1 last
  ridge bench compare before after --json)"};
  add_command<CompareOptions>(
      bench, chosen, text,
      [](OptionSet& set, CompareOptions& options) {
        set.value("A", options.a, "The run to compare with").required();
        set.value("B", options.b, "The run to compare").required();
        set.flag("--across-machines", options.across_machines,
                 "Compare also what was measured on different machines");
        set.flag("--json", options.json, "One JSON object on standard output");
      },
      run_compare);
}

}  // namespace ridge::cli
