#include "cli/plan/predicted_speed.h"

#include "base/strcat.h"
#include "cli/plan/local_machine.h"
#include "cli/plan/question.h"
#include "cli/ui/format.h"

namespace ridge::cli {

PlansHere::PlansHere(const std::filesystem::path& model, const planner::RunSetup& setup,
                     const Context& context)
    : catalogues_(catalogues_for({}, context)),
      model_(planner::planned_model(gguf::File::open(model), model.stem().string())),
      question_{.machine = this_machine(context),
                .engine = std::string(planner::kHere),
                .setup = planner::on_this_engine(setup)} {}

planner::Plan PlansHere::at(int64_t depth) const {
  planner::PlanQuestion question = question_;
  question.speed.depth = depth;
  return make_plan(catalogues_, model_, question);
}

std::optional<PlansHere> plans_here(const std::filesystem::path& model,
                                    const planner::RunSetup& setup, Context& context) {
  try {
    PlansHere plans(model, setup, context);
    plans.at(0);  // what cannot be planned says so
    return plans;
  } catch (const std::exception& error) {
    context.err.line(
        cat("note: no speed is predicted, and this load is not kept for 'ridge plan --check': ",
            error.what()));
    return std::nullopt;
  }
}

PredictedSpeed predict_speed(const PlansHere& plans, int64_t depth) {
  const planner::Plan empty = plans.at(0);
  return {.decode = empty.decode,
          .decode_deep = plans.at(depth).decode,
          .depth = depth,
          .prefill = empty.prefill,
          .provenance = cat(empty.provenance, "; bandwidth: ", plans.bandwidth_source())};
}

std::string speed_text(const PredictedSpeed& speed) {
  const auto interval = [](const planner::Rate& rate) {
    return cat(" (", significant(rate.low), " to ", significant(rate.high), ")");
  };
  return cat("decode ", significant(speed.decode.value), " tok/s", interval(speed.decode), ", ",
             significant(speed.decode_deep.value), " after ", human_count(speed.depth),
             " tokens; prompts ", significant(speed.prefill.value), interval(speed.prefill));
}

}  // namespace ridge::cli
