// ridge rm: takes models out of the store.
#include <iostream>

#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/ui/format.h"
#include "cli/ui/terminal.h"

namespace ridge::cli {
namespace {

struct RmOptions {
  std::vector<std::string> names;
  bool yes = false;
};

std::vector<hub::StoredModel> find_all(const RmOptions& options, const Context& context) {
  const hub::ModelStore store = context.store();
  std::vector<hub::StoredModel> models;
  for (const std::string& name : options.names) {
    auto model = store.find(name);
    if (!model) {
      const auto near = store.near_matches(name);
      fail(ErrorCode::kNotFound, "no model '", name, "' in ", store.root().string(),
           near.empty() ? "" : cat("; did you mean ", near.front(), "?"));
    }
    models.push_back(std::move(*model));
  }
  return models;
}

bool confirmed(const hub::StoredModel& model, Context& context) {
  context.err.write(
      cat("Remove ", model.name, " (", human_bytes(double(model.n_bytes)), ")? [y/N] "));
  context.err.flush();
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

int run_rm(const RmOptions& options, Context& context) {
  const bool ask = !options.yes && is_terminal(0);
  for (const hub::StoredModel& model : find_all(options, context)) {
    if (ask && !confirmed(model, context)) {
      context.err.line("kept " + model.name);
      continue;
    }
    context.store().remove(model);
    context.out.line(cat("removed ", model.name, " (", human_bytes(double(model.n_bytes)), ")"));
  }
  return kExitOk;
}

}  // namespace

void add_rm(CommandLine& line, Action& chosen) {
  const CommandText text{"rm", "Remove models from the store",
                         "Asks first on a terminal. What a broken download left goes as well.\n\n"
                         "  ridge rm smollm2-135m\n  ridge rm -y gemma3-270m qwen2.5-coder-0.5b"};
  add_command<RmOptions>(
      line, chosen, text,
      [](OptionSet& set, RmOptions& options) {
        set.arguments("NAME", options.names, "Names that 'ridge list' shows").required();
        set.flag("-y,--yes", options.yes, "Do not ask");
      },
      run_rm);
}

}  // namespace ridge::cli
