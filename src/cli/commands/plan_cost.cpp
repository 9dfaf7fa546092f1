// ridge plan cost: tokens on an own machine against tokens of a service.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/commands/plan_commands.h"
#include "cli/exit_code.h"
#include "cli/json_text.h"
#include "cli/plan/question.h"
#include "cli/ui/format.h"
#include "cli/ui/table.h"
#include "planner/cost.h"
#include "planner/data.h"

namespace ridge::cli {
namespace {

using Json = nlohmann::ordered_json;
using planner::ApiPrice;

struct CostOptions {
  PlanArguments arguments;
  planner::Load load{.input = 2e6, .output = 0.5e6};
  planner::Ownership own;
  double cached_percent = 80;
  double duty_percent = 25;
  double residual_percent = 0;
  std::string against = "Claude Sonnet 5";
  std::string date;
  bool prices = false;
  bool json = false;
};

std::string dollars(double usd) {
  return cat("$", fixed(usd, usd < 10 ? 2 : 0));
}

std::string dated(const planner::Dated& price, const std::string& today) {
  return cat(price.date, planner::is_stale(price, today) ? " (stale)" : "");
}

int list_prices(const planner::Prices& prices, const std::string& today, bool json,
                Context& context) {
  Table table({{"service"},
               {"input", Align::kRight},
               {"output", Align::kRight},
               {"cached", Align::kRight},
               {"date"},
               {"source"}});
  Json array = Json::array();
  for (const ApiPrice& p : prices.api) {
    table.add({p.model, dollars(p.input), dollars(p.output), dollars(p.cached),
               dated(p.dated, today), p.dated.source});
    array.push_back({{"model", p.model},
                     {"input_usd_per_million", p.input},
                     {"output_usd_per_million", p.output},
                     {"cached_usd_per_million", p.cached},
                     {"date", p.dated.date},
                     {"stale", planner::is_stale(p.dated, today)},
                     {"source", p.dated.source}});
  }
  json ? context.out.line(dump(array)) : context.out.write(table.str());
  return kExitOk;
}

// The same model hosted, where somebody does: the comparison that is left out most often.
std::vector<const ApiPrice*> services(const planner::Prices& prices, const std::string& against,
                                      const std::string& model) {
  std::vector<const ApiPrice*> found{&prices.find_api(against)};
  for (const ApiPrice& price : prices.api) {
    if (price.open_model == model) found.push_back(&price);
  }
  return found;
}

struct Costs {
  planner::Ownership own;
  planner::Load load;
  planner::Speeds speeds;
  std::string machine, model, price_note;
  std::vector<const ApiPrice*> services;
};

Costs costs_of(const CostOptions& options, const planner::Prices& prices, const std::string& today,
               Context& context) {
  const planner::Catalogues catalogues = catalogues_for(options.arguments, context);
  const auto models = asked_models(options.arguments, catalogues, context);
  const auto machines = asked_machines(options.arguments, catalogues, context);
  if (models.size() != 1 || machines.size() != 1 || options.arguments.machines.empty()) {
    fail(ErrorCode::kInvalidArgument, "name one machine (--on) and one quantization");
  }
  planner::PlanQuestion question = machines.front();
  question.speed.depth = options.arguments.context / 2;
  const planner::Plan plan = make_plan(catalogues, models.front().model, question);
  if (!plan.fits) {
    fail(ErrorCode::kOutOfMemory, models.front().model.name, " ", models.front().model.quant,
         " does not fit ", question.machine.hardware.name, ": it needs ",
         human_bytes(double(plan.bytes.total())), " of ", human_bytes(double(plan.limit.bytes)));
  }
  Costs costs{.own = options.own, .load = options.load};
  costs.speeds = {.prefill = plan.prefill.value, .decode = plan.decode.value};
  costs.machine = question.machine.hardware.name;
  costs.model = models.front().model.name;
  costs.load.cached_share = options.cached_percent / 100;
  costs.own.duty = options.duty_percent / 100;
  costs.own.residual_share = options.residual_percent / 100;
  if (costs.own.usd_per_kwh == 0) costs.own.usd_per_kwh = prices.usd_per_kwh;
  if (costs.own.watts_load == 0) costs.own.watts_load = question.machine.hardware.watts_load;
  if (costs.own.watts_idle == 0) costs.own.watts_idle = question.machine.hardware.watts_idle;
  costs.price_note = "as given";
  if (costs.own.usd == 0) {
    const planner::MachinePrice* price = prices.find_machine(question.machine);
    if (price == nullptr) {
      fail(ErrorCode::kInvalidArgument, "no price is known of ", question.machine.hardware.name,
           " with ", question.machine.memory_gb, " GB; give one with --price");
    }
    costs.own.usd = price->usd;
    costs.price_note = cat(price->what, ", ", dated(price->dated, today));
  }
  costs.services = services(prices, options.against, costs.model);
  return costs;
}

std::string break_even_text(const Costs& costs, double service) {
  const auto months = planner::break_even_months(costs.own, service);
  return months ? cat(fixed(*months, 1), " months") : "never";
}

void refuse_infeasible(const Costs& costs) {
  if (planner::is_feasible(costs.load, costs.speeds)) return;
  fail(ErrorCode::kInvalidArgument, "this load keeps ", costs.machine, " busy for ",
       fixed(planner::busy_hours(costs.load, costs.speeds), 1), " hours a day of ",
       fixed(costs.load.working_hours, 0),
       ": not on one stream. Fewer tokens, more hours (--hours) or a faster machine");
}

Json to_json(const Costs& costs, const std::string& today) {
  Json list = Json::array();
  for (const ApiPrice* service : costs.services) {
    const double month = planner::service_month(costs.load, *service);
    const auto months = planner::break_even_months(costs.own, month);
    list.push_back({{"service", service->model},
                    {"usd_a_month", month},
                    {"break_even_months", months ? Json(*months) : Json(nullptr)},
                    {"price_date", service->dated.date},
                    {"stale", planner::is_stale(service->dated, today)}});
  }
  return {{"machine", costs.machine},
          {"model", costs.model},
          {"usd", costs.own.usd},
          {"price", costs.price_note},
          {"busy_hours_a_day", planner::busy_hours(costs.load, costs.speeds)},
          {"power_usd_a_month", planner::power_month(costs.own)},
          {"own_usd_a_month", planner::own_month(costs.own)},
          {"usd_per_million_output", planner::usd_per_million(costs.own, costs.speeds.decode)},
          {"tok_s_per_1000_usd", costs.speeds.decode / costs.own.usd * 1000},
          {"services", list}};
}

int run_cost(const CostOptions& options, Context& context) {
  const planner::Prices prices = planner::parse_prices(planner::builtin_prices());
  const std::string day = options.date.empty() ? today() : options.date;
  if (options.prices) return list_prices(prices, day, options.json, context);
  const Costs costs = costs_of(options, prices, day, context);
  refuse_infeasible(costs);
  if (options.json) {
    context.out.line(dump(to_json(costs, day)));
    return kExitOk;
  }
  context.out.line(cat(costs.model, " on ", costs.machine, ": ", dollars(costs.own.usd), " (",
                       costs.price_note, "), ", fixed(costs.own.years, 0), " years"));
  context.out.line(cat("  own: ", dollars(planner::own_month(costs.own)), " a month, of that ",
                       dollars(planner::power_month(costs.own)), " power; ",
                       dollars(planner::usd_per_million(costs.own, costs.speeds.decode)),
                       " for a million output tokens at ", fixed(100 * costs.own.duty, 0),
                       " % duty; ", significant(costs.speeds.decode / costs.own.usd * 1000),
                       " tok/s for $1000"));
  context.out.line(cat("  busy ", fixed(planner::busy_hours(costs.load, costs.speeds), 1), " of ",
                       fixed(costs.load.working_hours, 0), " hours a day\n"));
  Table table({{"service"},
               {"a month", Align::kRight},
               {"the machine has paid for itself after", Align::kRight},
               {"price of"}});
  for (const ApiPrice* service : costs.services) {
    const double month = planner::service_month(costs.load, *service);
    table.add({service->model, dollars(month), break_even_text(costs, month),
               dated(service->dated, day)});
  }
  context.out.write(table.str());
  return kExitOk;
}

void declare_load(OptionSet& set, CostOptions& options) {
  constexpr const char* kGroup = "The load";
  constexpr double kMostTokens = 1e12;
  set.value("--input", options.load.input, "Input tokens a day (default 2 million)")
      .within(0, kMostTokens)
      .group(kGroup);
  set.value("--output", options.load.output, "Output tokens a day (default 500,000)")
      .within(1, kMostTokens)
      .group(kGroup);
  set.value("--cached", options.cached_percent, "Percent of input that was read before (80)")
      .within(0, 100)
      .group(kGroup);
  set.value("--hours", options.load.working_hours, "Hours of a day that it may take (8)")
      .within(0.1, 24)
      .group(kGroup);
}

void declare_ownership(OptionSet& set, CostOptions& options) {
  constexpr const char* kGroup = "The machine";
  options.own.usd_per_kwh = 0;
  set.value("--price", options.own.usd, "What it costs in $ (default: the cheapest known)")
      .within(0, 1e9)
      .group(kGroup);
  set.value("--years", options.own.years, "Years that it is used (3)")
      .within(0.1, 20)
      .group(kGroup);
  set.value("--residual", options.residual_percent, "Percent of the price left at the end (0)")
      .within(0, 100)
      .group(kGroup);
  set.value("--duty", options.duty_percent, "Percent of all hours at load (25)")
      .within(0.1, 100)
      .group(kGroup);
  set.value("--watts", options.own.watts_load, "At load (default: the catalogue's)")
      .within(0, 1e6)
      .group(kGroup);
  set.value("--kwh", options.own.usd_per_kwh, "$ for a kWh (default: data/prices.json)")
      .within(0, 100)
      .group(kGroup);
}

}  // namespace

void add_plan_cost(OptionSet& plan, Action& chosen) {
  const CommandText text{
      "cost", "Own machine against service: months, break-even, $ for a million tokens",
      R"(Besides the service that is asked for stand those that host the same open model. A load that the
machine cannot carry in the hours of a day is refused. Prices have their dates, and are stale after 60
days.

  ridge plan cost Qwen3.6-35B-A3B --on "M5 Max 128GB"
  ridge plan cost gpt-oss-120b --quant MXFP4 --on "DGX Spark" --input 5000000 --output 1000000 --against GPT-5.5
  ridge plan cost --prices)"};
  add_command<CostOptions>(
      plan, chosen, text,
      [](OptionSet& set, CostOptions& options) {
        declare_plan_arguments(set, options.arguments);
        declare_load(set, options);
        declare_ownership(set, options);
        set.value("--against", options.against, "A service of --prices (Claude Sonnet 5)");
        set.value("--date", options.date, "The day of the question (default: today)");
        set.flag("--prices", options.prices, "List the services that are known");
        set.flag("--json", options.json, "JSON on standard output");
      },
      run_cost);
}

}  // namespace ridge::cli
