#include "cli/report.h"

#include <nlohmann/json.hpp>

#include "cli/json_text.h"

namespace ridge::cli {
namespace {

using nlohmann::ordered_json;

const char* finish_name(FinishReason finish) {
  switch (finish) {
    case FinishReason::kEnd:
      return "end";
    case FinishReason::kStop:
      return "stop";
    case FinishReason::kLength:
      return "length";
    case FinishReason::kCancelled:
      return "cancelled";
  }
  return "end";
}

ordered_json speculation_value(const RunStats& stats) {
  const SpeculationStats& speculation = stats.engine.speculation;
  ordered_json value{
      {"drafter", speculation.drafter},   {"passes", speculation.n_passes},
      {"drafted", speculation.n_drafted}, {"accepted", speculation.n_accepted},
      {"acceptance", stats.acceptance()}, {"tokens_per_pass", stats.tokens_per_pass()}};
  if (stats.speed_up() > 0) value["speed_up"] = stats.speed_up();
  return value;
}

ordered_json stats_value(const RunStats& stats) {
  const GenerateStats& engine = stats.engine;
  return {{"prompt_tokens", engine.n_prompt},
          {"cached_tokens", engine.n_reused},
          {"generated_tokens", engine.n_generated},
          {"prompt_tokens_per_second", stats.prompt_rate()},
          {"decode_tokens_per_second", stats.decode_rate()},
          {"active_bytes_per_token", engine.active_bytes},
          {"read_bytes_per_second", stats.read_rate()},
          {"bandwidth_bytes_per_second", stats.bandwidth},
          {"bue", stats.bue()},
          {"first_token_seconds", engine.first_token_seconds},
          {"load_seconds", stats.load_seconds},
          {"peak_memory_bytes", stats.peak_memory}};
}

ordered_json logprob_value(const TokenLogprob& logprob, const text::Tokenizer& tokenizer) {
  return {{"token", logprob.token},
          {"text", tokenizer.piece(logprob.token, text::SpecialTokens::kParse)},
          {"logprob", logprob.logprob}};
}

ordered_json logprobs_value(const GenerateResult& result, const text::Tokenizer& tokenizer) {
  ordered_json all = ordered_json::array();
  for (const GeneratedLogprob& generated : result.logprobs) {
    ordered_json entry = logprob_value(generated.chosen, tokenizer);
    ordered_json& top = entry["top"] = ordered_json::array();
    for (const TokenLogprob& other : generated.top) top.push_back(logprob_value(other, tokenizer));
    all.push_back(std::move(entry));
  }
  return all;
}

}  // namespace

std::string list_json(const std::vector<ListedModel>& models) {
  ordered_json all = ordered_json::array();
  for (const ListedModel& model : models) {
    ordered_json entry{
        {"name", model.name},   {"size", model.n_bytes}, {"architecture", model.architecture},
        {"quant", model.quant}, {"path", model.path},    {"complete", model.complete}};
    if (!model.problem.empty()) entry["problem"] = model.problem;
    all.push_back(std::move(entry));
  }
  return dump(all);
}

std::string run_json(const RunReport& report) {
  const GenerateResult& result = *report.result;
  ordered_json value{
      {"model", report.model}, {"text", report.text},     {"finish", finish_name(result.finish)},
      {"seed", report.seed},   {"tokens", result.tokens}, {"stats", stats_value(report.stats)}};
  if (!result.stats.speculation.drafter.empty()) {
    value["stats"]["speculation"] = speculation_value(report.stats);
  }
  if (!result.logprobs.empty()) value["logprobs"] = logprobs_value(result, *report.tokenizer);
  return dump(value);
}

std::string perplexity_json(const std::string& model, const PerplexityResult& result) {
  return dump(ordered_json{{"model", model},
                           {"perplexity", result.perplexity},
                           {"standard_error", result.standard_error},
                           {"mean_nll", result.mean_nll},
                           {"tokens_scored", result.n_scored},
                           {"tokens", result.n_tokens},
                           {"chunks", result.n_chunks},
                           {"ctx", result.n_context},
                           {"seconds", result.seconds}});
}

}  // namespace ridge::cli
