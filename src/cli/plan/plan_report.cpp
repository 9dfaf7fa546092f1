#include "cli/plan/plan_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/strcat.h"
#include "cli/json_text.h"
#include "cli/ui/format.h"
#include "cli/ui/table.h"

namespace ridge::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kDepths[] = {0, 4096, 16384, 32768, 65536, 131072};
constexpr int64_t kStreams[] = {1, 2, 4, 8, 16, 32};
constexpr int64_t kCachedSuffix = 500;

std::string title_of(const PlanDetail& detail) {
  const std::string quant = detail.model.quant.empty() ? "" : cat(" ", detail.model.quant);
  return cat(detail.model.name, quant, " on ", detail.question.machine.hardware.name, " (",
             detail.question.machine.memory_gb, " GB)");
}

std::string verdict(const PlanDetail& detail) {
  const planner::Plan& plan = detail.plan;
  const std::string needs = cat(human_bytes(double(plan.bytes.total())), " of ",
                                human_bytes(double(plan.limit.bytes)), ", ", plan.limit.rule);
  return cat(plan.fits ? "fits: " : "does not fit: ", needs);
}

void add_bytes(const planner::Footprint& bytes, Table& table) {
  const auto add = [&](const std::string& what, int64_t n) {
    if (n > 0) table.add({cat("  ", what), human_bytes(double(n))});
  };
  add("weights", bytes.weights);
  for (const KvKindMemory& kind : bytes.kv) add(cat("KV cache, ", kind.kind), kind.n_bytes);
  add("recurrent state", bytes.state);
  add("to compute", bytes.compute);
  add("reserve", bytes.reserve);
}

std::string seconds_text(double seconds) {
  return human_seconds(seconds);
}

std::string depths_text(const PlanDetail& detail) {
  Table table({{"  depth", Align::kLeft},
               {"decode tok/s", Align::kRight},
               {"prefill tok/s", Align::kRight},
               {"first token, cold", Align::kRight},
               {cat("all but ", kCachedSuffix, " cached"), Align::kRight}});
  for (const PlanDetail::AtDepth& at : detail.depths) {
    table.add({cat("  ", human_count(at.depth)), rate_text(at.decode), rate_text(at.prefill),
               at.depth > 0 ? seconds_text(at.first_cold) : "",
               at.depth > 0 ? seconds_text(at.first_cached) : ""});
  }
  return table.str();
}

std::string streams_text(const PlanDetail& detail) {
  Table table(
      {{"  streams", Align::kLeft}, {"tok/s together", Align::kRight}, {"each", Align::kRight}});
  for (const PlanDetail::WithStreams& with : detail.streams) {
    table.add({cat("  ", with.n_streams), rate_text(with.decode),
               significant(with.decode.value / double(with.n_streams))});
  }
  return table.str();
}

std::string percent_text(double share) {
  return cat(fixed(100 * share, 0), " %");
}

std::string metrics_text(const planner::Metrics& metrics) {
  const std::string csr = metrics.csr ? cat(percent_text(*metrics.csr), ", ",
                                            name(planner::retention_band(*metrics.csr)))
                                      : std::string("none, the context is too short");
  return cat("  BUE ", percent_text(metrics.bue), " (of the bandwidth), CSR ", csr,
             " (pp65536 / pp512), tg decay ", fixed(metrics.tg_decay, 2), " (tg1024 / tg128)\n");
}

std::string changes_text(const PlanDetail& detail) {
  if (detail.plan.fits) return "";
  if (!detail.changes) return "\nNo smaller context, cache or quantization makes it fit.\n";
  std::string text = "\nIt would fit with:\n";
  for (const planner::Change& change : detail.changes->made) {
    text += cat("  ", change.what, " (", change.price, ")\n");
  }
  return text;
}

std::string offload_text(const PlanDetail& detail) {
  if (!detail.offload) return "";
  return cat("\nWith ", human_bytes(double(detail.offload->host_bytes)),
             " of its weights in the computer's memory, computed by its processor: ",
             rate_text(detail.offload->decode), " tok/s\n");
}

Json rate_json(const planner::Rate& rate) {
  return {{"tok_s", rate.value}, {"low", rate.low}, {"high", rate.high}};
}

Json bytes_json(const planner::Footprint& bytes) {
  Json kinds = Json::object();
  for (const KvKindMemory& kind : bytes.kv) kinds[kind.kind] = kind.n_bytes;
  return {{"weights", bytes.weights}, {"kv", bytes.cache()},      {"kv_kinds", kinds},
          {"state", bytes.state},     {"compute", bytes.compute}, {"reserve", bytes.reserve},
          {"total", bytes.total()}};
}

Json metrics_json(const planner::Metrics& metrics) {
  Json json{{"BUE", metrics.bue}, {"CSR", nullptr}, {"CSR_band", nullptr}};
  if (metrics.csr) {
    json["CSR"] = *metrics.csr;
    json["CSR_band"] = name(planner::retention_band(*metrics.csr));
  }
  json["tg_decay"] = metrics.tg_decay;
  return json;
}

Json to_json(const PlanDetail& detail) {
  const planner::Plan& plan = detail.plan;
  Json depths = Json::array(), streams = Json::array();
  for (const PlanDetail::AtDepth& at : detail.depths) {
    depths.push_back({{"depth", at.depth},
                      {"decode", rate_json(at.decode)},
                      {"prefill", rate_json(at.prefill)},
                      {"first_token_cold_s", at.first_cold},
                      {"first_token_cached_s", at.first_cached}});
  }
  for (const PlanDetail::WithStreams& with : detail.streams) {
    streams.push_back({{"streams", with.n_streams}, {"decode", rate_json(with.decode)}});
  }
  Json json{{"model", detail.model.name},
            {"quant", detail.model.quant},
            {"hardware", detail.question.machine.hardware.name},
            {"memory_gb", detail.question.machine.memory_gb},
            {"devices", detail.question.machine.n_devices},
            {"context", detail.question.setup.context},
            {"slots", detail.question.setup.n_slots},
            {"kv_type", info(detail.question.setup.k_dtype).name},
            {"fits", plan.fits},
            {"bytes", bytes_json(plan.bytes)},
            {"limit_bytes", plan.limit.bytes},
            {"limit_rule", plan.limit.rule},
            {"longest_context", plan.longest_context},
            {"decode_ceiling_tok_s", plan.ceiling},
            {"depths", depths},
            {"by_streams", streams},
            {"metrics", metrics_json(detail.metrics)},
            {"provenance", plan.provenance}};
  if (detail.quality_percent >= 0) json["perplexity_over_f16_percent"] = detail.quality_percent;
  if (!detail.model.note.empty()) json["model_note"] = detail.model.note;
  if (plan.fits) return json;
  Json changes = Json::array();
  if (detail.changes) {
    for (const planner::Change& change : detail.changes->made) {
      changes.push_back({{"change", change.what}, {"price", change.price}});
    }
  }
  json["changes_that_fit"] = detail.changes ? changes : Json(nullptr);
  if (detail.offload) {
    json["offload"] = {{"host_bytes", detail.offload->host_bytes},
                       {"decode", rate_json(detail.offload->decode)}};
  }
  return json;
}

PlanDetail::AtDepth at_depth(const planner::SpeedModel& speed, const planner::Work& work,
                             int64_t depth) {
  const int64_t suffix = std::min(kCachedSuffix, depth);
  return {.depth = depth,
          .decode = speed.decode(work, {.depth = depth}),
          .prefill = speed.prefill(work, {.depth = depth}),
          .first_cold = depth == 0 ? 0 : speed.first_token_seconds(work, {.pp_tokens = depth}),
          .first_cached = depth == 0 ? 0
                                     : speed.first_token_seconds(
                                           work, {.depth = depth - suffix, .pp_tokens = suffix})};
}

}  // namespace

std::string rate_text(const planner::Rate& rate) {
  return cat(significant(rate.value), " (", significant(rate.low), " to ", significant(rate.high),
             ")");
}

PlanDetail plan_detail(const planner::Catalogues& catalogues, const planner::Quality& quality,
                       const planner::PlannedModel& model, const planner::CatalogueEntry* entry,
                       const planner::PlanQuestion& question) {
  PlanDetail detail{.model = model,
                    .question = question,
                    .plan = make_plan(catalogues, model, question),
                    .quality_percent = quality.of(model.quant)};
  const planner::SpeedModel speed(catalogues.calibration, question.machine.hardware,
                                  question.engine);
  for (const int64_t depth : kDepths) {
    if (depth > 0 && depth > model.spec.context_length) break;
    detail.depths.push_back(at_depth(speed, detail.plan.work, depth));
  }
  for (const int64_t n : kStreams) {
    detail.streams.push_back(
        {n, speed.decode(detail.plan.work, {.depth = question.speed.depth, .n_streams = n})});
  }
  detail.metrics = metrics_of(speed, detail.plan.work, model.spec.context_length);
  detail.offload = offload_of(question, detail.plan);
  if (!detail.plan.fits) detail.changes = cheapest_changes(quality, model, entry, question);
  return detail;
}

std::string detail_text(const PlanDetail& detail) {
  const planner::Plan& plan = detail.plan;
  const planner::RunSetup& setup = detail.question.setup;
  Table bytes({{"", Align::kLeft}, {"", Align::kRight}});
  add_bytes(plan.bytes, bytes);
  std::string text = cat(title_of(detail), "\n", verdict(detail), "\n\n", bytes.str());
  text += cat("  with ", setup.n_slots, setup.n_slots == 1 ? " slot" : " slots", " of ",
              human_count(setup.context), " tokens, KV cache in ", info(setup.k_dtype).name,
              "; the longest context that fits: ", human_count(plan.longest_context), "\n");
  if (detail.quality_percent >= 0) {
    text += cat("  quality: perplexity +", significant(detail.quality_percent),
                " % over F16 with Llama-3-70B\n");
  }
  text += changes_text(detail) + offload_text(detail);
  if (!plan.fits) text += "\nSpeed, if the memory were there:\n";
  text += cat("\n", depths_text(detail), "\n", streams_text(detail), "\n");
  text += cat("  at most ", significant(plan.ceiling), " tok/s by bandwidth; 80 % intervals; ",
              plan.provenance, "\n");
  text += metrics_text(detail.metrics);
  if (!detail.model.note.empty()) text += cat("  note: ", detail.model.note, "\n");
  return text;
}

std::string detail_json(const PlanDetail& detail) {
  return dump(to_json(detail));
}

std::string comparison_text(const std::vector<PlanDetail>& details) {
  Table table({{"model"},
               {"machine"},
               {"needs", Align::kRight},
               {"of", Align::kRight},
               {"fits"},
               {"decode tok/s", Align::kRight},
               {"prefill tok/s", Align::kRight},
               {"longest context", Align::kRight},
               {"provenance"}});
  for (const PlanDetail& d : details) {
    table.add({cat(d.model.name, " ", d.model.quant),
               cat(d.question.machine.n_devices > 1 ? cat(d.question.machine.n_devices, "x ") : "",
                   d.question.machine.hardware.name),
               human_bytes(double(d.plan.bytes.total())), human_bytes(double(d.plan.limit.bytes)),
               d.plan.fits ? "yes" : "no", rate_text(d.plan.decode), rate_text(d.plan.prefill),
               human_count(d.plan.longest_context), d.plan.provenance});
  }
  return cat(table.str(), "Rates of what does not fit are those of enough memory.\n");
}

std::string comparison_json(const std::vector<PlanDetail>& details) {
  Json json = Json::array();
  for (const PlanDetail& detail : details) json.push_back(to_json(detail));
  return dump(json);
}

}  // namespace ridge::cli
