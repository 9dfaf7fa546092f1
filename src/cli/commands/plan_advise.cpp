// ridge plan advise: four questions, and two or three machines that answer them.
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/commands/plan_commands.h"
#include "cli/exit_code.h"
#include "cli/json_text.h"
#include "cli/plan/plan_report.h"
#include "cli/plan/question.h"
#include "cli/ui/format.h"
#include "cli/ui/table.h"
#include "cli/ui/terminal.h"
#include "planner/advise.h"
#include "planner/data.h"

namespace ridge::cli {
namespace {

using Json = nlohmann::ordered_json;

struct AdviseOptions {
  std::string model;
  std::string portable;
  planner::Need need;
  double budget = -1;
  int64_t n_users = 0;
  bool json = false;
};

std::string ask(const std::string& question, const std::string& otherwise, Context& context) {
  context.err.write(cat(question, " [", otherwise, "] "));
  context.err.flush();
  std::string line;
  if (!std::getline(std::cin, line) || line.empty()) return otherwise;
  return line;
}

double number_from(const std::string& text, const char* what) {
  size_t n_read = 0;
  double value = 0;
  try {
    value = std::stod(text, &n_read);
  } catch (const std::exception&) {
    n_read = 0;
  }
  if (n_read == text.size() && !text.empty()) return value;
  fail(ErrorCode::kInvalidArgument, what, ": \"", text, "\" is no number");
}

planner::Portability portability_from(const std::string& text) {
  if (text == "must") return planner::Portability::kMust;
  if (text == "nice") return planner::Portability::kNice;
  if (text == "no") return planner::Portability::kNo;
  fail(ErrorCode::kInvalidArgument, "portable: \"", text, "\"; must, nice and no are answers");
}

// What was not said on the command line is asked for, at a terminal; elsewhere the default holds.
AdviseOptions completed(AdviseOptions options, Context& context) {
  const bool asks = is_terminal(0) && !options.json;
  const auto answer = [&](const char* question, const char* otherwise) {
    return asks ? ask(question, otherwise, context) : std::string(otherwise);
  };
  if (options.budget < 0) {
    options.budget = number_from(answer("What may it cost, in $ (0: anything)?", "0"), "budget");
  }
  if (options.n_users == 0) {
    options.n_users = int64_t(number_from(answer("How many people use it?", "1"), "users"));
  }
  if (options.model.empty()) {
    options.model = answer("Which model (a name of 'ridge plan --models')?", "Qwen3-Coder-30B-A3B");
  }
  if (options.portable.empty()) {
    options.portable = answer("Must it be carried (must, nice, no)?", "no");
  }
  return options;
}

Json to_json(const planner::Advice& advice) {
  Json choices = Json::array();
  for (const planner::Choice& c : advice.choices) {
    choices.push_back({{"machine", c.machine.hardware.name},
                       {"memory_gb", c.machine.memory_gb},
                       {"usd", c.price.usd},
                       {"price_of", c.price.what},
                       {"price_date", c.price.dated.date},
                       {"quant", c.quant},
                       {"decode_tok_s_each", c.decode.value},
                       {"decode_low", c.decode.low},
                       {"decode_high", c.decode.high},
                       {"prefill_tok_s", c.prefill},
                       {"first_token_s", c.first_token},
                       {"usd_per_million_output", c.usd_per_million},
                       {"why", c.why}});
  }
  return {{"choices", choices}, {"would_change", advice.would_change}};
}

std::string to_text(const planner::Advice& advice, const std::string& today) {
  if (advice.choices.empty()) {
    std::string text = "No machine with a known price carries this. What would change it:\n";
    for (const std::string& point : advice.would_change) text += cat("  ", point, "\n");
    return text;
  }
  Table table({{"machine"},
               {"price", Align::kRight},
               {"quant"},
               {"tok/s each", Align::kRight},
               {"prefill", Align::kRight},
               {"first token, cold", Align::kRight},
               {"$ / M tokens", Align::kRight},
               {"why"}});
  for (const planner::Choice& c : advice.choices) {
    const bool stale = planner::is_stale(c.price.dated, today);
    table.add({cat(c.machine.hardware.name, ", ", c.machine.memory_gb, " GB, ", c.price.what),
               cat("$", int64_t(c.price.usd), stale ? " (stale)" : ""), c.quant,
               rate_text(c.decode), significant(c.prefill), human_seconds(c.first_token),
               fixed(c.usd_per_million, 2), c.why});
  }
  std::string text = table.str() + "\nWhat would change the answer:\n";
  for (const std::string& point : advice.would_change) text += cat("  ", point, "\n");
  return text;
}

int run_advise(const AdviseOptions& given, Context& context) {
  const AdviseOptions options = completed(given, context);
  planner::Need need = options.need;
  need.budget = options.budget;
  need.n_users = options.n_users;
  need.portability = portability_from(options.portable);
  const planner::Catalogues catalogues = catalogues_for({}, context);
  const planner::Advice advice =
      advise(catalogues, planner::parse_prices(planner::builtin_prices()),
             planner::parse_quality(planner::builtin_quality()),
             find_shape(catalogues.models, options.model), need);
  if (options.json) {
    context.out.line(dump(to_json(advice)));
  } else {
    context.out.write(to_text(advice, today()));
  }
  return kExitOk;
}

}  // namespace

void add_plan_advise(OptionSet& plan, Action& chosen) {
  const CommandText text{
      "advise", "Four questions, and the machines that answer them",
      R"(Budget, team size, model, portability: by options, or asked for at a terminal. Shown are machines on
which the model fits at that context for a quarter of the people at once, fast enough for each, and
that no other one beats in price, speed and quality together.

  ridge plan advise
  ridge plan advise --budget 4000 --users 3 --model gpt-oss-120b --portable no --least-decode 20)"};
  add_command<AdviseOptions>(
      plan, chosen, text,
      [](OptionSet& set, AdviseOptions& options) {
        set.value("--budget", options.budget, "$; 0: anything").within(0, 1e9);
        set.value("--users", options.n_users, "People").within(1, 1e6);
        set.value("--model", options.model, "A name of 'ridge plan --models'");
        set.value("--portable", options.portable, "must, nice or no")
            .one_of({"must", "nice", "no"});
        set.value("-c,--context", options.need.context, "Tokens of a request (default 32768)")
            .within(256, double(1 << 24));
        set.value("--least-decode", options.need.least_decode,
                  "Tokens/s that each must get: 10 is readable (default), 50 suits agents")
            .within(0, 1e6);
        set.value("--least-prefill", options.need.least_prefill,
                  "Tokens/s of prompts at that context; 500 suits agents (default 0)")
            .within(0, 1e9);
        set.flag("--json", options.json, "JSON on standard output");
      },
      run_advise);
}

}  // namespace ridge::cli
