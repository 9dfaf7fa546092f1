#include "cli/bench/report.h"

#include <algorithm>
#include <filesystem>

#include "cli/build_info.h"
#include "cli/ui/format.h"

namespace ridge::cli {
namespace {

constexpr double kCompany = 0.05;     // cores of others during a sample, a core of ours
constexpr double kWideSpread = 0.05;  // half the interquartile range over the median
constexpr double kBandwidthMoves = 0.15;

void warn_of_company(const BenchGroup& group, std::vector<std::string>& out) {
  int disturbed = 0;
  int stolen = 0;
  int n = 0;
  double worst = 0;
  for (const BenchResult& result : group.results) {
    for (const BenchSample& sample : result.samples) {
      ++n;
      disturbed += sample.activity.others > kCompany * group.n_threads;
      stolen += sample.activity.stolen > kCompany * group.n_threads;
      worst = std::max(worst, sample.activity.others);
    }
  }
  if (disturbed > 0) {
    out.push_back(cat("other processes ran during ", disturbed, " of ", plural(n, "sample"),
                      " (up to ", fixed(worst, 2), " cores)"));
  }
  if (stolen > 0) {
    out.push_back(
        cat("the hypervisor took processors away during ", stolen, " of ", plural(n, "sample")));
  }
}

void warn_of_spread(const BenchGroup& group, std::vector<std::string>& out) {
  for (const BenchResult& result : group.results) {
    const double spread = result.summary().relative_spread();
    if (spread > kWideSpread) {
      out.push_back(cat(name_of(result.test), " spreads ±", fixed(100 * spread, 0),
                        " %: more repetitions (-r) or a quieter machine would tell more"));
    }
  }
}

void warn_of_bandwidth(const BenchGroup& group, std::vector<std::string>& out) {
  std::vector<double> all;
  for (const BenchResult& result : group.results) {
    for (double value : result.bandwidths()) all.push_back(value);
  }
  const Summary summary = summarise(all);
  if (summary.n > 1 && summary.max - summary.min > kBandwidthMoves * summary.median) {
    out.push_back(cat("the machine's read bandwidth moved between ", significant(summary.min / 1e9),
                      " and ", significant(summary.max / 1e9), " GB/s meanwhile"));
  }
}

history::ResultRecord to_record(const BenchGroup& group, const BenchResult& result) {
  const auto n_tokens = double(result.test.n_tokens());
  history::ResultRecord record{.model = group.model_name(),
                               .model_type = group.model_type,
                               .model_size = group.tensor_bytes,
                               .model_n_params = group.n_parameters,
                               .backend = group.backend,
                               .n_threads = group.n_threads,
                               .n_ubatch = group.cache.chunk(),
                               .type_k = group.cache.k_type,
                               .type_v = group.cache.v_type,
                               .n_prompt = result.test.n_prompt,
                               .n_gen = result.test.n_gen,
                               .n_depth = result.test.n_depth,
                               .n_columns = result.test.n_columns,
                               .n_tokens = n_tokens,
                               .bytes_per_token = result.bytes_per_token(),
                               .macs_per_token = result.work.macs / n_tokens};
  for (const BenchSample& sample : result.samples) {
    record.samples.push_back({.seconds = sample.seconds, .bandwidth = sample.bandwidth});
  }
  return record;
}

}  // namespace

std::string BenchGroup::model_name() const {
  return std::filesystem::path(model_path).filename().string();
}

std::vector<std::string> sample_warnings(const BenchGroup& group) {
  std::vector<std::string> warnings;
  warn_of_company(group, warnings);
  warn_of_spread(group, warnings);
  warn_of_bandwidth(group, warnings);
  return warnings;
}

history::RunRecord to_record(const BenchReport& report) {
  history::RunRecord run{.time = report.time,
                         .label = report.label,
                         .engine = "ridge",
                         .build = build_commit(),
                         .machine = report.machine.summary(),
                         .machine_id = report.machine.identity,
                         .warnings = report.warnings};
  for (const BenchGroup& group : report.groups) {
    run.mac_roof = std::max(run.mac_roof, group.mac_roof);
    for (const BenchResult& result : group.results) {
      if (!result.samples.empty()) run.results.push_back(to_record(group, result));
    }
  }
  return run;
}

}  // namespace ridge::cli
