// ridge bench history: the runs that were kept.
#include <nlohmann/json.hpp>

#include "bench/statistics.h"
#include "cli/commands/bench_commands.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/json_text.h"
#include "cli/ui/format.h"
#include "cli/ui/table.h"
#include "history/history.h"

namespace ridge::cli {
namespace {

using Json = nlohmann::ordered_json;

struct HistoryOptions {
  std::string run;  // empty: the list
  std::string remove;
  int64_t limit = 20;
  bool json = false;
};

std::string models_of(const history::RunRecord& run) {
  std::string names;
  for (const auto& result : run.results) {
    if (names.find(result.model) == std::string::npos) {
      names += cat(names.empty() ? "" : " ", result.model);
    }
  }
  return names;
}

std::string list_text(const std::vector<history::RunRecord>& runs) {
  Table table({{"RUN", Align::kRight},
               {"TIME"},
               {"ENGINE"},
               {"BUILD"},
               {"MODEL"},
               {"TESTS", Align::kRight},
               {"LABEL"},
               {""}});
  for (const history::RunRecord& run : runs) {
    table.add({std::to_string(run.id), run.time, shorten(run.engine, 24), run.build,
               shorten(models_of(run), 36), std::to_string(run.results.size()), run.label,
               run.warnings.empty() ? "" : plural(int64_t(run.warnings.size()), "warning")});
  }
  return table.str();
}

std::string run_text(const history::RunRecord& run) {
  Table table({{"model"},
               {"test"},
               {"tok/s", Align::kRight},
               {"spread", Align::kRight},
               {"samples", Align::kRight},
               {"cache"},
               {"back end"}});
  for (const auto& result : run.results) {
    const Summary rate = summarise(result.rates());
    table.add({result.model, result.test(), significant(rate.median),
               cat("±", fixed(100 * rate.relative_spread(), 1), " %"), std::to_string(rate.n),
               cat(result.type_k, "/", result.type_v), result.backend});
  }
  std::string text = cat("run ", run.id, "  ", run.time, "  ", run.engine, " ", run.build, "  ",
                         run.label, "\n", run.machine, "\n\n", table.str());
  for (const std::string& warning : run.warnings) text += cat("warning: ", warning, "\n");
  return text;
}

Json result_json(const history::ResultRecord& r) {
  Json samples = Json::array();
  for (const auto& sample : r.samples) {
    samples.push_back({{"seconds", sample.seconds}, {"bandwidth", sample.bandwidth}});
  }
  return {{"model", r.model},
          {"model_type", r.model_type},
          {"model_size", r.model_size},
          {"model_n_params", r.model_n_params},
          {"backend", r.backend},
          {"n_threads", r.n_threads},
          {"n_ubatch", r.n_ubatch},
          {"type_k", r.type_k},
          {"type_v", r.type_v},
          {"n_prompt", r.n_prompt},
          {"n_gen", r.n_gen},
          {"n_depth", r.n_depth},
          {"n_columns", r.n_columns},
          {"n_tokens", r.n_tokens},
          {"median_ts", median(r.rates())},
          {"samples", std::move(samples)}};
}

Json run_json(const history::RunRecord& run) {
  Json results = Json::array();
  for (const auto& result : run.results) results.push_back(result_json(result));
  return {{"run", run.id},
          {"time", run.time},
          {"label", run.label},
          {"engine", run.engine},
          {"build", run.build},
          {"machine", run.machine},
          {"machine_id", run.machine_id},
          {"warnings", run.warnings},
          {"results", std::move(results)}};
}

int run_history(const HistoryOptions& options, Context& context) {
  history::History history(history_file(context));
  if (!options.remove.empty()) {
    const int64_t id = history.find(options.remove).id;
    history.remove(id);
    context.err.line(cat("removed run ", id));
    return kExitOk;
  }
  if (!options.run.empty()) {
    const history::RunRecord run = history.find(options.run);
    context.out.write(options.json ? dump(run_json(run)) + "\n" : printable(run_text(run)));
    return kExitOk;
  }
  const auto runs = history.list(options.limit);
  if (options.json) {
    Json list = Json::array();
    for (const auto& run : runs) list.push_back(run_json(run));
    context.out.line(dump(list));
  } else if (runs.empty()) {
    context.err.line("No runs yet: 'ridge bench MODEL' keeps one.");
  } else {
    context.out.write(printable(list_text(runs)));
  }
  return kExitOk;
}

}  // namespace

void add_bench_history(OptionSet& bench, Action& chosen) {
  const CommandText text{"history", "List the runs that were kept, or show one",
                         "  ridge bench history\n  ridge bench history last\n"
                         "  ridge bench history --json | jq '.[0].results[].median_ts'"};
  add_command<HistoryOptions>(
      bench, chosen, text,
      [](OptionSet& set, HistoryOptions& options) {
        set.value("RUN", options.run, "A number, 'last', 'last~1' or a label: show that run");
        set.value("--remove", options.remove, "Forget this run");
        set.value("--limit", options.limit, "Most runs to list (default 20)").within(1, 1e9);
        set.flag("--json", options.json, "JSON on standard output, with every sample");
      },
      run_history);
}

}  // namespace ridge::cli
