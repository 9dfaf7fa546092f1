// ridge inspect: what a GGUF file holds.
#include "base/strcat.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/inspect/model_report.h"
#include "cli/options/model_options.h"

namespace ridge::cli {
namespace {

struct InspectOptions {
  std::string model;
  bool json = false;
  bool tensors = false;
};

int run_inspect(const InspectOptions& options, Context& context) {
  const ModelReport report = make_model_report(find_model(options.model, context));
  if (options.json) {
    context.out.line(report_json(report));
    return kExitOk;
  }
  context.out.write(report_text(report, context.out.palette()));
  if (options.tensors) context.out.write(cat("\n", tensors_text(report)));
  return kExitOk;
}

}  // namespace

void add_inspect(CommandLine& line, Action& chosen) {
  const CommandText text{"inspect", "Show what a model file holds and what it costs to run",
                         "Nothing is loaded: the header suffices, also of a file that holds only a "
                         "vocabulary.\n\n"
                         "  ridge inspect smollm2-135m\n"
                         "  ridge inspect model.gguf --tensors\n"
                         "  ridge inspect model.gguf --json | jq .active_bytes_per_token"};
  add_command<InspectOptions>(
      line, chosen, text,
      [](OptionSet& set, InspectOptions& options) {
        declare_model(set, options.model);
        set.flag("--tensors", options.tensors, "List every tensor as well");
        set.flag("--json", options.json, "One JSON object, with every tensor");
      },
      run_inspect);
}

}  // namespace ridge::cli
