// ridge plan: does a model fit a machine, how fast is it there, before anything is downloaded.
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/commands/plan_commands.h"
#include "cli/exit_code.h"
#include "cli/json_text.h"
#include "cli/jsonl.h"
#include "cli/plan/load_record.h"
#include "cli/plan/plan_report.h"
#include "cli/plan/question.h"
#include "cli/ui/format.h"
#include "cli/ui/table.h"
#include "planner/data.h"
#include "planner/jsonl.h"

namespace ridge::cli {
namespace {

using Json = nlohmann::ordered_json;

struct PlanOptions {
  PlanArguments arguments;
  bool jsonl = false;
  bool hardware = false;
  bool models = false;
  bool check = false;
  bool json = false;
};

int run_jsonl(const planner::Catalogues& catalogues, Context& context) {
  answer_lines(std::cin, context.out,
               [&](const std::string& line) { return planner::answer_line(catalogues, line); });
  return kExitOk;  // a question without an answer has its error in its line
}

std::string sizes_of(const planner::Hardware& hardware) {
  std::string sizes;
  for (const int64_t gb : hardware.memory_gb) sizes += cat(sizes.empty() ? "" : ", ", gb);
  return sizes;
}

int list_hardware(const planner::Catalogues& catalogues, bool json, Context& context) {
  Table table({{"machine"},
               {"memory GB"},
               {"GB/s", Align::kRight},
               {"TFLOP/s of prompts", Align::kRight},
               {"from"},
               {"date"},
               {"confidence"}});
  Json array = Json::array();
  for (const planner::Hardware& h : catalogues.hardware) {
    const double tflops = h.usable_flops() / 1e12;
    table.add({h.name, sizes_of(h), significant(h.bandwidth / 1e9), significant(tflops),
               h.prefill_flops > 0 ? "measured" : "peak", h.date, h.confidence});
    array.push_back({{"name", h.name},
                     {"aliases", h.aliases},
                     {"memory_gb", h.memory_gb},
                     {"bandwidth_gbs", h.bandwidth / 1e9},
                     {"prefill_tflops", tflops},
                     {"prefill_measured", h.prefill_flops > 0},
                     {"portable", h.portable},
                     {"source", h.source},
                     {"date", h.date},
                     {"confidence", h.confidence},
                     {"note", h.note}});
  }
  json ? context.out.line(dump(array)) : context.out.write(table.str());
  return kExitOk;
}

int list_models(const planner::Catalogues& catalogues, bool json, Context& context) {
  Table table({{"model"},
               {"architecture"},
               {"parameters", Align::kRight},
               {"read for a token", Align::kRight},
               {"context", Align::kRight},
               {"Q4_K_M", Align::kRight}});
  Json array = Json::array();
  for (const planner::CatalogueEntry& entry : catalogues.models) {
    const planner::Work work =
        work_of(planned_model(entry, planner::quant_from_name("Q4_K_M")), DType::kF16, DType::kF16);
    const auto billions = [](int64_t n) { return cat(significant(double(n) / 1e9), " B"); };
    table.add({entry.shape.name, entry.shape.architecture, billions(work.n_parameters),
               billions(work.active_parameters), human_count(entry.shape.context),
               human_bytes(work.weight_bytes)});
    array.push_back({{"name", entry.shape.name},
                     {"aliases", entry.aliases},
                     {"architecture", entry.shape.architecture},
                     {"parameters", work.n_parameters},
                     {"active_parameters", work.active_parameters},
                     {"context", entry.shape.context},
                     {"q4_k_m_bytes", work.weight_bytes},
                     {"note", entry.note}});
  }
  json ? context.out.line(dump(array)) : context.out.write(table.str());
  return kExitOk;
}

int run_plan(const PlanOptions& options, Context& context) {
  if (options.check) {
    const std::vector<LoadRecord> loads = kept_loads(context);
    options.json ? context.out.line(loads_json(loads)) : context.out.write(loads_text(loads));
    return kExitOk;
  }
  const planner::Catalogues catalogues = catalogues_for(options.arguments, context);
  if (options.jsonl) return run_jsonl(catalogues, context);
  if (options.hardware) return list_hardware(catalogues, options.json, context);
  if (options.models) return list_models(catalogues, options.json, context);
  const planner::Quality quality = planner::parse_quality(planner::builtin_quality());
  std::vector<PlanDetail> details;
  for (const AskedModel& asked : asked_models(options.arguments, catalogues, context)) {
    for (const planner::PlanQuestion& question :
         asked_machines(options.arguments, catalogues, context)) {
      details.push_back(plan_detail(catalogues, quality, asked.model, asked.entry, question));
    }
  }
  const bool one = details.size() == 1;
  if (options.json) {
    context.out.line(one ? detail_json(details.front()) : comparison_json(details));
  } else {
    context.out.write(one ? detail_text(details.front()) : comparison_text(details));
  }
  return one && !details.front().plan.fits ? kExitDoesNotFit : kExitOk;
}

constexpr const char* kDetails =
    R"(Bytes come from the model's tensors and from the code that allocates its cache; speed from constants
that were fitted to published measurements, with 80 % intervals. Nothing is downloaded: of a remote
model the header is read. docs/planning.md has the formulas and how well they predict.

  ridge plan Qwen3-30B-A3B                         on this machine
  ridge plan gpt-oss-120b --quant MXFP4 --on "DGX Spark,M4 Max 128GB,Strix Halo" -c 32768
  ridge plan Llama-3.3-70B --on "2x RTX 4090" --quant Q3_K_M,Q4_K_M --kv-type q8_0
  ridge plan unsloth/Qwen3-14B-GGUF:Q5_K_M --on "M5 Max 64GB"
  ridge plan --hardware; ridge plan --models
  ridge plan --check                               how well it did so far, on this machine
  ridge plan --jsonl < questions.jsonl)";

}  // namespace

void add_plan(CommandLine& line, Action& chosen) {
  const CommandText text{"plan", "Tell fit, speed and cost before the download", kDetails};
  const auto options = std::make_shared<PlanOptions>();
  OptionSet set = line.add_command(text, [&chosen, options] {
    chosen = [options](Context& context) { return run_plan(*options, context); };
  });
  declare_plan_arguments(set, options->arguments);
  set.flag("--hardware", options->hardware, "List the machines that are known");
  set.flag("--models", options->models, "List the models that are known");
  set.flag("--check", options->check,
           "Show what loads here took and how fast they were, beside what was planned");
  set.flag("--jsonl", options->jsonl,
           "Questions on standard input, answers on standard output, one JSON object a line");
  set.flag("--json", options->json, "JSON on standard output");
  add_plan_cluster(set, chosen);
  add_plan_cost(set, chosen);
  add_plan_advise(set, chosen);
}

}  // namespace ridge::cli
