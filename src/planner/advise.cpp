#include "planner/advise.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace ridge::planner {
namespace {

constexpr double kDuty = 0.25;
constexpr size_t kMostChoices = 3;
// Best first; below Q4_K_M models of this generation lose too much.
// Published in MXFP4: more bits hold nothing more.
constexpr std::string_view kBornSmall = "gpt-oss";
constexpr const char* kGoodQuants[] = {"Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M"};

Ownership ownership_of(const Machine& machine, const MachinePrice& price, double usd_per_kwh) {
  return {.usd = price.usd,
          .years = 3,
          .watts_idle = machine.hardware.watts_idle,
          .watts_load = machine.hardware.watts_load,
          .duty = kDuty,
          .usd_per_kwh = usd_per_kwh};
}

// With the best quantization that fits and is fast enough.
std::optional<Choice> try_machine(const Catalogues& catalogues, const Prices& prices,
                                  const Quality& quality, const std::vector<PlannedModel>& models,
                                  const Need& need, const MachinePrice& price) {
  PlanQuestion question{.machine = find_machine(catalogues.hardware, price.hardware)};
  question.machine.memory_gb = price.memory_gb;
  const int64_t n = need.n_streams();
  question.setup = {
      .context = need.context, .n_slots = n, .k_dtype = DType::kQ8_0, .v_dtype = DType::kQ8_0};
  question.speed = {.depth = need.context / 2, .n_streams = n};
  for (const PlannedModel& model : models) {
    const Plan plan = make_plan(catalogues, model, question);
    if (!plan.fits) continue;
    const SpeedModel speed(catalogues.calibration, question.machine.hardware, question.engine);
    const Rate each{plan.decode.value / double(n), plan.decode.low / double(n),
                    plan.decode.high / double(n)};
    const double prefill = speed.prefill(plan.work, {.depth = need.context}).value;
    if (each.value < need.least_decode || prefill < need.least_prefill) continue;
    const Ownership own = ownership_of(question.machine, price, prices.usd_per_kwh);
    return Choice{.machine = question.machine,
                  .price = price,
                  .quant = model.quant,
                  .quality_percent = std::max(0.0, quality.of(model.quant)),
                  .decode = each,
                  .prefill = prefill,
                  .first_token = speed.first_token_seconds(plan.work, {.pp_tokens = need.context}),
                  .usd_per_million = usd_per_million(own, plan.decode.value),
                  .fits_budget = need.budget == 0 || price.usd <= need.budget};
  }
  return std::nullopt;
}

// Cheaper or as cheap, at least as fast, at least as good, and no less portable where that counts:
// nobody would take b.
bool beats(const Choice& a, const Choice& b, Portability portability) {
  if (portability == Portability::kNice && b.price.portable && !a.price.portable) return false;
  const bool no_worse = a.price.usd <= b.price.usd && a.decode.value >= b.decode.value &&
                        a.quality_percent <= b.quality_percent;
  const bool better = a.price.usd < b.price.usd || a.decode.value > b.decode.value ||
                      a.quality_percent < b.quality_percent;
  return no_worse && better;
}

std::vector<Choice> undominated(const std::vector<Choice>& choices, Portability portability) {
  std::vector<Choice> left;
  for (const Choice& choice : choices) {
    const bool beaten = std::ranges::any_of(
        choices, [&](const Choice& other) { return beats(other, choice, portability); });
    if (!beaten) left.push_back(choice);
  }
  return left;
}

double speed_per_dollar(const Choice& choice) {
  return choice.decode.value / choice.price.usd;
}

// At most three, each with what speaks for it.
class Few {
 public:
  void take(const Choice& choice, const char* why) {
    for (Choice& taken : few_) {
      if (taken.price.hardware != choice.price.hardware ||
          taken.price.memory_gb != choice.price.memory_gb ||
          taken.price.what != choice.price.what) {
        continue;
      }
      taken.why += cat(", ", why);
      return;
    }
    if (few_.size() == kMostChoices) return;
    few_.push_back(choice);
    few_.back().why = why;
  }
  size_t size() const { return few_.size(); }
  std::vector<Choice> list() const { return few_; }

 private:
  std::vector<Choice> few_;
};

// The cheapest, a portable one where that is nice, the fastest for its price, the fastest; and
// where they are one and the same, what comes next.
std::vector<Choice> few_of(std::vector<Choice> choices, Portability portability) {
  Few few;
  if (choices.empty()) return {};
  std::ranges::stable_sort(choices, {}, [](const Choice& c) { return c.price.usd; });
  few.take(choices.front(), "the cheapest");
  if (portability == Portability::kNice) {
    const auto portable = std::ranges::max_element(
        choices, {}, [](const Choice& c) { return c.price.portable ? speed_per_dollar(c) : 0.0; });
    if (portable->price.portable) few.take(*portable, "can be carried");
  }
  few.take(*std::ranges::max_element(choices, {}, [](const Choice& c) { return c.decode.value; }),
           "the fastest");
  few.take(*std::ranges::max_element(choices, {}, speed_per_dollar), "most speed for its price");
  if (few.size() == 1 && choices.size() > 1) few.take(choices[1], "next in price");
  return few.list();
}

std::string named(const Choice& choice) {
  const std::string rate = cat(std::llround(choice.decode.value), " tok/s each");
  return cat(choice.price.hardware, " with ", choice.price.memory_gb, " GB (", choice.price.what,
             ", $", int64_t(choice.price.usd), ", ", rate, ")");
}

const Choice* cheapest_of(const std::vector<Choice>& choices, bool portable) {
  const Choice* cheapest = nullptr;
  for (const Choice& choice : choices) {
    if (choice.price.portable != portable) continue;
    if (cheapest == nullptr || choice.price.usd < cheapest->price.usd) cheapest = &choice;
  }
  return cheapest;
}

// all: that meet the need but for budget and portability.
std::vector<std::string> turning_points(const Prices& prices, const Need& need,
                                        const std::vector<Choice>& allowed,
                                        const std::vector<Choice>& all) {
  std::vector<std::string> points;
  const Choice* next = nullptr;
  for (const Choice& choice : all) {
    if (choice.fits_budget || (need.portability == Portability::kMust && !choice.price.portable)) {
      continue;
    }
    if (next == nullptr || choice.price.usd < next->price.usd) next = &choice;
  }
  if (next != nullptr) points.push_back(cat("a larger budget: the ", named(*next)));
  if (allowed.empty()) {
    points.push_back("fewer users, a shorter context, a slower answer or a smaller model");
  }
  if (need.portability == Portability::kMust) {
    const Choice* desktop = cheapest_of(all, false);
    if (desktop != nullptr) points.push_back(cat("if a desktop does: the ", named(*desktop)));
  } else if (need.portability == Portability::kNo) {
    const Choice* laptop = cheapest_of(all, true);
    if (laptop != nullptr) points.push_back(cat("if it must be carried: the ", named(*laptop)));
  }
  if (need.n_users > 10) points.push_back("ten users or fewer: machines without a card join in");
  points.push_back(cat("prices: the newest here are of ",
                       std::ranges::max_element(prices.machines, {}, [](const MachinePrice& p) {
                         return p.dated.date;
                       })->dated.date));
  return points;
}

void check(const Need& need) {
  const auto refuse = [](const char* what) { fail(ErrorCode::kInvalidArgument, what); };
  if (need.budget < 0) refuse("the budget is below zero");
  if (need.n_users < 1) refuse("there must be one user at least");
  if (need.context < 1) refuse("the context must be one token at least");
}

}  // namespace

int64_t Need::n_streams() const {
  return std::max<int64_t>(1, int64_t(std::ceil(double(n_users) * kDuty)));
}

Advice advise(const Catalogues& catalogues, const Prices& prices, const Quality& quality,
              const CatalogueEntry& model, const Need& need) {
  check(need);
  std::vector<PlannedModel> models;
  if (model.shape.architecture == kBornSmall) {
    models.push_back(planned_model(model, quant_from_name("MXFP4")));
  } else {
    for (const char* quant : kGoodQuants) {
      models.push_back(planned_model(model, quant_from_name(quant)));
    }
  }
  std::vector<Choice> all, allowed;
  for (const MachinePrice& price : prices.machines) {
    const auto choice = try_machine(catalogues, prices, quality, models, need, price);
    if (!choice) continue;
    all.push_back(*choice);
    const bool carried = need.portability != Portability::kMust || price.portable;
    if (choice->fits_budget && carried) allowed.push_back(*choice);
  }
  return {.choices = few_of(undominated(allowed, need.portability), need.portability),
          .would_change = turning_points(prices, need, allowed, all)};
}

}  // namespace ridge::planner
