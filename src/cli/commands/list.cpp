// ridge list: the models of the store.
#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/report.h"
#include "cli/ui/format.h"
#include "cli/ui/table.h"
#include "gguf/describe.h"

namespace ridge::cli {
namespace {

struct ListOptions {
  bool json = false;
};

ListedModel describe(const hub::StoredModel& stored) {
  ListedModel model{.name = stored.name,
                    .path = stored.files.front().string(),
                    .n_bytes = stored.n_bytes,
                    .complete = stored.complete};
  if (!stored.complete) {
    model.problem = "incomplete: pull it again";
    return model;
  }
  try {
    const gguf::File file = gguf::File::open(stored.files.front());
    model.architecture = gguf::architecture_name(file);
    model.quant = gguf::quant_name(file);
  } catch (const Error& error) {
    model.problem = error.what();
  }
  return model;
}

std::string kind_of(const ListedModel& model) {
  if (!model.problem.empty()) return cat("(", shorten(printable(model.problem), 48), ")");
  return model.quant.empty() ? model.architecture : cat(model.architecture, " ", model.quant);
}

int run_list(const ListOptions& options, Context& context) {
  std::vector<ListedModel> models;
  for (const auto& stored : context.store().list()) models.push_back(describe(stored));
  if (options.json) {
    context.out.line(list_json(models));
    return kExitOk;
  }
  if (models.empty()) {
    context.err.line(cat("No models in ", context.store().root().string(),
                         ". 'ridge pull OWNER/REPO:QUANT' downloads one."));
    return kExitOk;
  }
  Table table({{"NAME"}, {"SIZE", Align::kRight}, {"KIND"}, {"PATH"}});
  for (const ListedModel& model : models) {
    table.add({model.name, human_bytes(double(model.n_bytes)), kind_of(model), model.path});
  }
  context.out.write(table.str());
  return kExitOk;
}

}  // namespace

void add_list(CommandLine& line, Action& chosen) {
  const CommandText text{"list", "List the models of the store",
                         "  ridge list\n  ridge list --json | jq -r '.[].name'"};
  add_command<ListOptions>(
      line, chosen, text,
      [](OptionSet& set, ListOptions& options) {
        set.flag("--json", options.json, "One JSON array on standard output");
      },
      run_list);
}

}  // namespace ridge::cli
