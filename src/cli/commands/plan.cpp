// ridge plan: does a model fit a machine, how fast is it there, before anything is downloaded.
#include <iostream>

#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/jsonl.h"
#include "planner/jsonl.h"

namespace ridge::cli {
namespace {

struct PlanOptions {
  bool jsonl = false;
};

int run_jsonl(Context& context) {
  const planner::Catalogues catalogues = planner::builtin_catalogues();
  answer_lines(std::cin, context.out,
               [&](const std::string& line) { return planner::answer_line(catalogues, line); });
  return kExitOk;  // a question without an answer has its error in its line
}

int run_plan(const PlanOptions& options, Context& context) {
  if (options.jsonl) return run_jsonl(context);
  fail(ErrorCode::kInvalidArgument, "give --jsonl and questions on standard input");
}

}  // namespace

void add_plan(CommandLine& line, Action& chosen) {
  const CommandText text{"plan", "Tell fit and speed before the download",
                         "  echo '{\"model\": \"Qwen3-30B-A3B\", \"quant\": \"Q4_K_M\", "
                         "\"hardware\": \"RTX 4090\"}' | ridge plan --jsonl"};
  add_command<PlanOptions>(
      line, chosen, text,
      [](OptionSet& set, PlanOptions& options) {
        set.flag("--jsonl", options.jsonl, "Questions on standard input, one JSON object a line");
      },
      run_plan);
}

}  // namespace ridge::cli
