#include "cli/bench/tables.h"

#include "cli/build_info.h"
#include "cli/ui/format.h"
#include "cli/ui/table.h"

namespace ridge::cli {
namespace {

std::string percent(double share) {
  return cat(fixed(100 * share, share < 0.1 ? 1 : 0), " %");
}

std::string spread(const Summary& summary) {
  return summary.n > 1 ? cat("±", percent(summary.relative_spread())) : "";
}

void add_row(Table& table, const BenchGroup& group, const BenchResult& result) {
  const Summary rate = result.summary();
  const std::string name = name_of(result.test);
  if (result.test.is_decode() && result.work.bytes > 0) {
    const double bandwidth = median(result.bandwidths());
    table.add({name, significant(rate.median), spread(rate),
               cat(significant(result.read_rate() / 1e9), " GB/s"),
               cat("of ", significant(bandwidth / 1e9)), percent(result.bue())});
    return;
  }
  if (result.test.is_prefill() && group.mac_roof > 0) {
    table.add({name, significant(rate.median), spread(rate),
               cat(significant(result.mac_rate() / 1e9), " GMAC/s"),
               cat("of ", significant(group.mac_roof / 1e9)),
               percent(result.mac_rate() / group.mac_roof)});
    return;
  }
  table.add({name, significant(rate.median), spread(rate), "", "", ""});
}

std::string rate_table(const BenchGroup& group) {
  Table table({{"test"},
               {"tok/s", Align::kRight},
               {"spread", Align::kRight},
               {"uses", Align::kRight},
               {"machine", Align::kRight},
               {"share", Align::kRight}});
  for (const BenchResult& result : group.results) {
    if (!result.samples.empty()) add_row(table, group, result);
  }
  return table.str();
}

std::string derived_lines(const BenchGroup& group) {
  Table table({{""}, {"", Align::kRight}, {""}});
  for (const Derived& derived : derive(group.results)) {
    const bool is_cost = derived.kind == DerivedKind::kColumnCost;
    const auto shown = [&](double value) {
      return is_cost ? cat(fixed(value, 2), "x") : percent(value);
    };
    table.add({derived.name(), shown(derived.value),
               derived.expected > 0 ? cat("(", shown(derived.expected), " by bytes alone)") : ""});
  }
  return table.str();
}

std::string start_line(const char* name, const std::vector<StartSample>& starts) {
  std::vector<double> load;
  std::vector<double> first;
  std::vector<double> cached;
  for (const StartSample& start : starts) {
    load.push_back(start.load_seconds);
    first.push_back(start.first_token_seconds);
    cached.push_back(start.cached_before);
  }
  return cat(name, ": loaded in ", human_seconds(median(load)), ", first token after ",
             human_seconds(median(first)), " (", percent(median(cached)),
             " of the file was in memory)\n");
}

std::string start_lines(const BenchGroup& group) {
  std::string text;
  if (!group.cold.empty()) {
    const bool cold = std::all_of(group.cold.begin(), group.cold.end(),
                                  [](const StartSample& start) { return start.is_cold(); });
    text += start_line(cold ? "cold start" : "start meant to be cold, but it is not", group.cold);
  }
  if (!group.warm.empty()) text += start_line("warm start", group.warm);
  return text;
}

std::string heading(const BenchGroup& group) {
  const bool plain = group.cache.k_type == "f16" && group.cache.v_type == "f16";
  std::string text = cat(group.model_name(), "  ", group.model_type, "  ", group.backend);
  if (!plain) text += cat("  cache ", group.cache.k_type, "/", group.cache.v_type);
  if (group.cache.chunk() != CacheSetup{}.chunk()) text += cat("  ub ", group.cache.chunk());
  return cat(text, "\n", "weights ", human_bytes(double(group.tensor_bytes)), ", a token reads ",
             human_bytes(double(group.active_bytes)), " of them; cache ",
             human_bytes(double(group.kv_bytes)), "; loaded in ", human_seconds(group.load_seconds),
             " (", percent(group.load_cached), " of the file was in memory)\n");
}

std::string gib(int64_t n_bytes) {
  return cat(fixed(double(n_bytes) / double(1 << 30), 2), " GiB");
}

std::string markdown_params(int64_t n) {
  const bool billions = n >= 1'000'000'000;
  return billions ? cat(fixed(double(n) / 1e9, 2), " B") : cat(fixed(double(n) / 1e6, 2), " M");
}

struct MarkdownColumns {
  bool batches = false;
  bool ubatches = false;
  bool k_types = false;
  bool v_types = false;
};

// llama-bench shows what differs from its defaults.
MarkdownColumns columns_needed(const BenchReport& report) {
  MarkdownColumns needed;
  const CacheSetup standard;
  for (const BenchGroup& group : report.groups) {
    needed.batches = needed.batches || group.cache.n_batch != standard.n_batch;
    needed.ubatches = needed.ubatches || group.cache.n_ubatch != standard.n_ubatch;
    needed.k_types = needed.k_types || group.cache.k_type != standard.k_type;
    needed.v_types = needed.v_types || group.cache.v_type != standard.v_type;
  }
  return needed;
}

std::string markdown_line(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += cat(" ", cell, " |");
  return line + "\n";
}

std::string markdown_head(const MarkdownColumns& needed) {
  std::vector<std::string> names{"model", "size", "params", "backend", "threads"};
  if (needed.batches) names.push_back("n_batch");
  if (needed.ubatches) names.push_back("n_ubatch");
  if (needed.k_types) names.push_back("type_k");
  if (needed.v_types) names.push_back("type_v");
  names.insert(names.end(), {"test", "t/s"});
  std::vector<std::string> rules;
  for (const std::string& name : names) {
    const bool is_text = name == "model" || name == "backend";
    rules.push_back(is_text ? "---" : "---:");
  }
  return markdown_line(names) + markdown_line(rules);
}

}  // namespace

std::string bench_text(const BenchReport& report) {
  std::string text;
  for (const BenchGroup& group : report.groups) {
    text += cat(text.empty() ? "" : "\n", heading(group), "\n", rate_table(group));
    const std::string derived = derived_lines(group);
    if (!derived.empty()) text += cat("\n", derived);
    const std::string starts = start_lines(group);
    if (!starts.empty()) text += cat("\n", starts);
  }
  return text;
}

std::string bench_markdown(const BenchReport& report) {
  const MarkdownColumns needed = columns_needed(report);
  std::string text = markdown_head(needed);
  for (const BenchGroup& group : report.groups) {
    for (const BenchResult& result : group.results) {
      if (result.samples.empty()) continue;
      std::vector<std::string> cells{group.model_type, gib(group.tensor_bytes),
                                     markdown_params(group.n_parameters), "CPU",
                                     std::to_string(group.n_threads)};
      if (needed.batches) cells.push_back(std::to_string(group.cache.n_batch));
      if (needed.ubatches) cells.push_back(std::to_string(group.cache.n_ubatch));
      if (needed.k_types) cells.push_back(group.cache.k_type);
      if (needed.v_types) cells.push_back(group.cache.v_type);
      const Summary rate = result.summary();
      cells.push_back(name_of(result.test));
      cells.push_back(cat(fixed(rate.mean, 2), " ± ", fixed(rate.deviation, 2)));
      text += markdown_line(cells);
    }
  }
  return cat(text, "\nbuild: ", build_commit(), " (", build_number(), ")\n");
}

}  // namespace ridge::cli
