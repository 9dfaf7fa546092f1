#include "cli/bench/against_report.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/strcat.h"
#include "cli/json_text.h"
#include "cli/ui/format.h"
#include "cli/ui/table.h"
#include "hub/http.h"

namespace ridge::cli {
namespace {

using Json = nlohmann::ordered_json;

std::vector<double> prompt_sizes(const AgainstResult& result) {
  std::vector<double> sizes;
  for (const AgainstSample& sample : result.samples) sizes.push_back(double(sample.n_prompt));
  return sizes;
}

std::vector<double> seconds_of(const AgainstResult& result) {
  std::vector<double> values;
  for (const AgainstSample& sample : result.samples) values.push_back(sample.seconds);
  return values;
}

Json nanoseconds(const std::vector<double>& seconds) {
  Json list = Json::array();
  for (double value : seconds) list.push_back(std::llround(value * 1e9));
  return list;
}

std::string cache_line(const PrefixCacheProbe& probe) {
  const std::string times =
      cat("a prompt of ", probe.n_prompt, " tokens took ", human_seconds(probe.new_seconds),
          " to the first token, the same again ", human_seconds(probe.repeated_seconds));
  if (!probe.is_detected()) return cat("no prefix cache seen: ", times, "\n");
  return cat("this server keeps prefixes: ", times,
             "; the figures above are of prompts that it had not seen\n");
}

}  // namespace

std::string against_text(const AgainstReport& report) {
  Table table({{"test"},
               {"tok/s", Align::kRight},
               {"spread", Align::kRight},
               {"first token", Align::kRight},
               {"prompt", Align::kRight}});
  for (const AgainstResult& result : report.results) {
    const Summary rate = summarise(result.rates());
    table.add({name_of(result.test), significant(rate.median),
               cat("±", fixed(100 * rate.relative_spread(), 1), " %"),
               human_seconds(median(result.first_tokens())),
               cat(fixed(median(prompt_sizes(result)), 0), " tokens")});
  }
  std::string text = cat(report.server.url, "  ", report.server.model, "\n\n", table.str(), "\n");
  if (report.cache) text += cache_line(*report.cache);
  return text;
}

std::string against_json(const AgainstReport& report, const std::string& time) {
  Json rows = Json::array();
  for (const AgainstResult& result : report.results) {
    const Summary rate = summarise(result.rates());
    const std::vector<double> seconds = seconds_of(result);
    const Summary spent = summarise(seconds);
    Json row{{"engine", report.server.url},
             {"model_filename", report.server.model},
             {"test", name_of(result.test)},
             {"n_prompt", result.test.n_prompt},
             {"n_gen", result.test.n_gen},
             {"n_depth", result.test.n_depth},
             {"n_columns", result.test.n_columns},
             {"test_time", time},
             {"avg_ns", std::llround(spent.mean * 1e9)},
             {"stddev_ns", std::llround(spent.deviation * 1e9)},
             {"avg_ts", rate.mean},
             {"stddev_ts", rate.deviation},
             {"samples_ns", nanoseconds(seconds)},
             {"samples_ts", result.rates()},
             {"median_ts", rate.median},
             {"mad_ts", rate.mad},
             {"q1_ts", rate.q1},
             {"q3_ts", rate.q3},
             {"first_token_ns", nanoseconds(result.first_tokens())},
             {"samples_n_prompt", prompt_sizes(result)},
             {"tokens_counted_by_server", report.counted},
             {"contaminated", result.is_contaminated()}};
    if (report.cache) {
      row["prefix_cache"] = report.cache->is_detected();
      row["new_prompt_first_token_ns"] = std::llround(report.cache->new_seconds * 1e9);
      row["repeated_prompt_first_token_ns"] = std::llround(report.cache->repeated_seconds * 1e9);
    }
    rows.push_back(std::move(row));
  }
  return dump(rows, 2) + "\n";
}

std::vector<std::string> against_warnings(const AgainstReport& report) {
  std::vector<std::string> warnings;
  if (!report.counted) {
    warnings.push_back(
        "the server does not count tokens (no usage): prompts are sized by a guess of "
        "1.3 tokens a word, and each piece of text counts as one token");
  }
  for (const AgainstResult& result : report.results) {
    if (result.is_contaminated()) {
      warnings.push_back(cat(name_of(result.test),
                             ": the server found prompts in a cache that were "
                             "never sent before; these figures do not count"));
    }
  }
  return warnings;
}

history::RunRecord to_record(const AgainstReport& report, const Machine& machine) {
  const bool is_here = is_loopback(report.server.url);
  history::RunRecord run{
      .engine = hub::url_origin(report.server.url),
      .machine = is_here ? machine.summary() : hub::url_origin(report.server.url),
      .machine_id = is_here ? machine.identity : "",
      .warnings = against_warnings(report)};
  for (const AgainstResult& result : report.results) {
    history::ResultRecord record{.model = report.server.model,
                                 .n_prompt = result.test.n_prompt,
                                 .n_gen = result.test.n_gen,
                                 .n_depth = result.test.n_depth,
                                 .n_columns = result.test.n_columns};
    // Samples differ in tokens by a few; the history keeps one count, and the rates.
    std::vector<double> tokens;
    for (const AgainstSample& sample : result.samples) tokens.push_back(sample.n_tokens);
    record.n_tokens = median(tokens);
    for (double rate : result.rates())
      record.samples.push_back({.seconds = record.n_tokens / rate});
    run.results.push_back(std::move(record));
  }
  return run;
}

bool is_loopback(const std::string& url) {
  const std::string origin = hub::url_origin(url);
  for (const char* host : {"://127.", "://localhost:", "://[::1]:"}) {
    if (origin.find(host) != std::string::npos) return true;
  }
  return false;
}

}  // namespace ridge::cli
