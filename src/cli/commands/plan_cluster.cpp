// ridge plan cluster: several machines for one model.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/commands/plan_commands.h"
#include "cli/exit_code.h"
#include "cli/json_text.h"
#include "cli/plan/question.h"
#include "cli/ui/format.h"
#include "cli/ui/table.h"
#include "planner/cluster.h"

namespace ridge::cli {
namespace {

using Json = nlohmann::ordered_json;
using planner::ClusterPlan;
using planner::Parallel;

struct ClusterOptions {
  PlanArguments arguments;
  std::string nodes;
  std::string link = "tb5-rdma";
  bool json = false;
};

std::string verdict(const ClusterPlan& plan) {
  if (!plan.problem.empty()) return plan.problem;
  if (!plan.fits) return "does not fit";
  if (plan.n_nodes == 1) return "";
  if (plan.helps()) return cat(significant(plan.decode / plan.alone), "x one node");
  return plan.parallel == Parallel::kPipeline ? "capacity and prompts, not one stream"
                                              : "no faster than one node";
}

Json to_json(const ClusterPlan& plan) {
  return {{"parallel", plan.parallel == Parallel::kPipeline ? "pipeline" : "tensor"},
          {"nodes", plan.n_nodes},
          {"possible", plan.problem.empty()},
          {"fits", plan.fits},
          {"bytes_a_node", plan.bytes_a_node},
          {"limit_a_node", plan.limit_a_node},
          {"decode_tok_s", plan.decode},
          {"one_node_tok_s", plan.alone},
          {"prefill_tok_s", plan.prefill},
          {"helps", plan.helps()},
          {"verdict", verdict(plan)}};
}

std::vector<ClusterPlan> plans_of(const ClusterOptions& options, Context& context) {
  PlanArguments arguments = options.arguments;
  arguments.machines = {options.nodes};
  const planner::Catalogues catalogues = catalogues_for(arguments, context);
  const auto models = asked_models(arguments, catalogues, context);
  const auto machines = asked_machines(arguments, catalogues, context);
  if (models.size() != 1 || machines.size() != 1) {
    fail(ErrorCode::kInvalidArgument, "a cluster is planned for one quantization and one --nodes");
  }
  const planner::Link& link = planner::link_from_name(options.link);
  std::vector<ClusterPlan> plans;
  planner::PlanQuestion question = machines.front();
  const int most = question.machine.n_devices;
  for (int n = 1; n <= most; n *= 2) {
    question.machine.n_devices = n;
    for (const Parallel parallel : {Parallel::kPipeline, Parallel::kTensor}) {
      if (n == 1 && parallel == Parallel::kTensor) continue;
      plans.push_back(plan_cluster(catalogues, models.front().model, question, link, parallel));
    }
    if (n < most && n * 2 > most) n = (most + 1) / 2;  // the last step is all of them
  }
  return plans;
}

int run_cluster(const ClusterOptions& options, Context& context) {
  const std::vector<ClusterPlan> plans = plans_of(options, context);
  if (options.json) {
    Json array = Json::array();
    for (const ClusterPlan& plan : plans) array.push_back(to_json(plan));
    context.out.line(dump(array));
    return kExitOk;
  }
  Table table({{"nodes", Align::kRight},
               {"parallel"},
               {"a node needs", Align::kRight},
               {"of", Align::kRight},
               {"decode tok/s", Align::kRight},
               {"prefill tok/s", Align::kRight},
               {""}});
  for (const ClusterPlan& plan : plans) {
    const bool possible = plan.problem.empty();
    table.add({cat(plan.n_nodes),
               plan.n_nodes == 1                      ? ""
               : plan.parallel == Parallel::kPipeline ? "pipeline"
                                                      : "tensor",
               human_bytes(double(plan.bytes_a_node)), human_bytes(double(plan.limit_a_node)),
               possible ? significant(plan.decode) : "", possible ? significant(plan.prefill) : "",
               verdict(plan)});
  }
  context.out.write(table.str());
  context.out.line("One stream over " + options.link +
                   "; nominal, ±30 %: links were measured by others, and not with this engine.");
  return kExitOk;
}

}  // namespace

void add_plan_cluster(OptionSet& plan, Action& chosen) {
  const CommandText text{
      "cluster", "What several machines together would do",
      R"(A pipeline gives each node some layers: room, and speed for prompts, but none for one stream. Tensor
parallel gives each a part of every matrix, and pays two all-reduces a layer.

  ridge plan cluster Qwen3-235B-A22B --quant MLX-8bit --nodes "4x M3 Ultra 512GB" --link tb5-rdma
  ridge plan cluster Llama-3.3-70B --nodes "4x Mac mini M4 Pro 64GB" --link 10gbe)"};
  add_command<ClusterOptions>(
      plan, chosen, text,
      [](OptionSet& set, ClusterOptions& options) {
        declare_plan_arguments(set, options.arguments);
        set.value("--nodes", options.nodes, "So many of a machine: \"4x DGX Spark\"").required();
        set.value("--link", options.link, "tb5-rdma, tb5, 10gbe or 200gbe (default tb5-rdma)");
        set.flag("--json", options.json, "JSON on standard output");
      },
      run_cluster);
}

}  // namespace ridge::cli
