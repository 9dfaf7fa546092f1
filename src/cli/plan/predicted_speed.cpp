#include "cli/plan/predicted_speed.h"

#include "base/strcat.h"
#include "cli/plan/local_machine.h"
#include "cli/plan/question.h"
#include "cli/ui/format.h"

namespace ridge::cli {

planner::Plan plan_here(const std::filesystem::path& model, const planner::RunSetup& setup,
                        int64_t depth, const Context& context) {
  const planner::Catalogues catalogues = catalogues_for({}, context);
  const planner::PlannedModel planned =
      planner::planned_model(gguf::File::open(model), model.stem().string());
  planner::PlanQuestion question{
      .machine = this_machine(context), .engine = "ridge", .setup = planner::on_this_engine(setup)};
  question.speed.depth = depth;
  return make_plan(catalogues, planned, question);
}

std::optional<PredictedSpeed> predict_speed(const std::filesystem::path& model,
                                            const planner::RunSetup& setup, int64_t depth,
                                            Context& context) {
  try {
    const planner::Plan empty = plan_here(model, setup, 0, context);
    const planner::Plan deep = plan_here(model, setup, depth, context);
    return PredictedSpeed{
        .decode = empty.decode,
        .decode_deep = deep.decode,
        .depth = depth,
        .prefill = empty.prefill,
        .provenance =
            cat(empty.provenance, "; bandwidth: ", this_machine(context).hardware.source)};
  } catch (const std::exception& error) {
    context.err.line(cat("note: no speed is predicted: ", error.what()));
    return std::nullopt;
  }
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
