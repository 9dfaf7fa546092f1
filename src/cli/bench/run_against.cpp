#include "cli/bench/run_against.h"

#include "base/error.h"
#include "base/random_seed.h"
#include "base/utc.h"
#include "cli/bench/against_report.h"
#include "cli/bench/machine_check.h"
#include "cli/bench/report.h"
#include "cli/ui/format.h"
#include "cli/ui/progress.h"

namespace ridge::cli {
namespace {

ChatServer server_of(const AgainstCommand& command, const Context& context) {
  ChatServer server{.url = completions_url(command.url),
                    .model = command.model,
                    .api_key = context.environment.api_key,
                    .keep_going = command.keep_going};
  if (server.model.empty()) server.model = first_model(server);
  return server;
}

void note_skipped(const AgainstCommand& command, Context& context) {
  for (const BenchTest& test : command.tests) {
    if (can_ask(test)) continue;
    context.err.line(cat("note: ", name_of(test),
                         " is left out: from outside, prefill at a depth "
                         "cannot be told from reading the whole prompt"));
  }
}

}  // namespace

history::RunRecord run_against(const AgainstCommand& command, Context& context) {
  const ChatServer server = server_of(command, context);
  note_skipped(command, context);
  std::vector<std::string> warnings;
  if (is_loopback(server.url)) warnings = check_machine({}, context);
  Progress bar(context.err, {.label = "measuring", .unit = Progress::Unit::kCount});
  AgainstOptions options{.n_repeat = command.n_repeat,
                         .delay = command.delay,
                         .seed = random_seed(),
                         .keep_going = command.keep_going};
  options.progress = [&](int64_t done, int64_t total, const BenchTest&) {
    bar.update(uint64_t(done), uint64_t(total));
  };
  const AgainstReport report = measure_server(server, command.tests, options);
  bar.clear();
  for (const std::string& sentence : against_warnings(report)) {
    context.err.line(cat(context.err.palette().red("warning: "), printable(sentence)));
  }
  const std::string time = utc_time();
  context.out.write(command.json ? against_json(report, time) : printable(against_text(report)));
  context.out.flush();
  history::RunRecord run = to_record(report, describe_machine());
  run.time = time;
  run.warnings.insert(run.warnings.begin(), warnings.begin(), warnings.end());
  return run;
}

}  // namespace ridge::cli
