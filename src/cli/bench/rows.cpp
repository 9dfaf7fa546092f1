#include "cli/bench/rows.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/build_info.h"
#include "cli/json_text.h"

namespace ridge::cli {
namespace {

using Json = nlohmann::ordered_json;

std::vector<double> nanoseconds(const BenchResult& result) {
  std::vector<double> values;
  for (const BenchSample& sample : result.samples) values.push_back(sample.seconds * 1e9);
  return values;
}

Json whole(const std::vector<double>& values) {
  Json list = Json::array();
  for (double value : values) list.push_back(std::llround(value));
  return list;
}

template <class Field>
Json list_of(const BenchResult& result, const Field& field) {
  Json list = Json::array();
  for (const BenchSample& sample : result.samples) list.push_back(field(sample));
  return list;
}

// Names, order and types of llama-bench; what has no meaning here says what its CPU build says.
Json llama_bench_fields(const BenchReport& report, const BenchGroup& group,
                        const BenchResult& result) {
  const Summary rate = result.summary();
  const std::vector<double> times = nanoseconds(result);
  const Summary time = summarise(times);
  return {{"build_commit", build_commit()},
          {"build_number", build_number()},
          {"cpu_info", report.machine.cpu},
          {"gpu_info", ""},
          {"backends", "CPU"},
          {"model_filename", group.model_path},
          {"model_type", group.model_type},
          {"model_size", group.tensor_bytes},
          {"model_n_params", group.n_parameters},
          {"n_batch", group.cache.n_batch},
          {"n_ubatch", group.cache.n_ubatch},
          {"n_threads", group.n_threads},
          {"cpu_mask", "0x0"},
          {"cpu_strict", false},
          {"poll", 50},
          {"type_k", group.cache.k_type},
          {"type_v", group.cache.v_type},
          {"n_gpu_layers", 0},
          {"n_cpu_moe", 0},
          {"split_mode", "layer"},
          {"main_gpu", 0},
          {"no_kv_offload", false},
          {"flash_attn", true},
          {"devices", "auto"},
          {"tensor_split", "0.00"},
          {"tensor_buft_overrides", "none"},
          {"use_mmap", false},
          {"use_direct_io", false},
          {"embeddings", false},
          {"no_op_offload", 0},
          {"no_host", false},
          {"n_prompt", result.test.n_prompt},
          {"n_gen", result.test.n_gen},
          {"n_depth", result.test.n_depth},
          {"test_time", report.time},
          {"avg_ns", std::llround(time.mean)},
          {"stddev_ns", std::llround(time.deviation)},
          {"avg_ts", rate.mean},
          {"stddev_ts", rate.deviation},
          {"samples_ns", whole(times)},
          {"samples_ts", result.rates()}};
}

// Its own, or, for what bandwidth does not bound, that of the other tests.
double bandwidth_beside(const BenchGroup& group, const BenchResult& result) {
  std::vector<double> values = result.bandwidths();
  if (!values.empty()) return median(values);
  for (const BenchResult& other : group.results) {
    for (double value : other.bandwidths()) values.push_back(value);
  }
  return median(values);
}

void add_rate_fields(Json& row, const BenchGroup& group, const BenchResult& result) {
  const Summary rate = result.summary();
  const bool is_decode = result.test.is_decode();
  row["engine"] = "ridge";
  row["test"] = name_of(result.test);
  row["n_columns"] = result.test.n_columns;
  row["backend"] = group.backend;
  row["median_ts"] = rate.median;
  row["mad_ts"] = rate.mad;
  row["q1_ts"] = rate.q1;
  row["q3_ts"] = rate.q3;
  row["min_ts"] = rate.min;
  row["max_ts"] = rate.max;
  row["active_bytes"] = group.active_bytes;
  row["bytes_per_token"] = is_decode ? result.bytes_per_token() : 0.0;
  row["read_bytes_per_second"] = is_decode ? result.read_rate() : 0.0;
  row["bandwidth_bytes_per_second"] = bandwidth_beside(group, result);
  row["bue"] = result.bue();
  row["macs_per_second"] = result.mac_rate();
  row["macs_per_second_roof"] = group.mac_roof;
  row["intensity_macs_per_byte"] = result.work.intensity();
  row["samples_bandwidth"] = list_of(result, [](const BenchSample& s) { return s.bandwidth; });
  row["samples_other_cores"] =
      list_of(result, [](const BenchSample& s) { return s.activity.others; });
  row["samples_stolen_cores"] =
      list_of(result, [](const BenchSample& s) { return s.activity.stolen; });
  row["samples_celsius"] = list_of(result, [](const BenchSample& s) { return s.activity.celsius; });
  row["samples_mhz"] = list_of(result, [](const BenchSample& s) { return s.activity.mhz; });
}

const char* field_name(DerivedKind kind) {
  switch (kind) {
    case DerivedKind::kRetention:
      return "csr";
    case DerivedKind::kDecay:
      return "decay";
    case DerivedKind::kDepth:
      return "depth_retention";
    case DerivedKind::kColumnCost:
      return "column_cost";
  }
  return "ratio";
}

void add_derived_fields(Json& row, const BenchGroup& group, const BenchResult& result) {
  for (const Derived& derived : derive(group.results)) {
    if (derived.of != result.test) continue;
    const std::string name = field_name(derived.kind);
    row[name] = derived.value;
    row[cat(name, "_over")] = name_of(derived.over);
    if (derived.expected > 0) row[cat(name, "_expected")] = derived.expected;
  }
}

Json start_seconds(const std::vector<StartSample>& starts, double StartSample::* field) {
  Json list = Json::array();
  for (const StartSample& start : starts) list.push_back(start.*field);
  return list;
}

void add_run_fields(Json& row, const BenchReport& report, const BenchGroup& group) {
  row["load_seconds"] = group.load_seconds;
  row["load_cached_share"] = group.load_cached;
  if (!group.cold.empty()) {
    row["cold_load_seconds"] = start_seconds(group.cold, &StartSample::load_seconds);
    row["cold_first_token_seconds"] = start_seconds(group.cold, &StartSample::first_token_seconds);
    row["cold_cached_share"] = start_seconds(group.cold, &StartSample::cached_before);
    row["warm_load_seconds"] = start_seconds(group.warm, &StartSample::load_seconds);
    row["warm_first_token_seconds"] = start_seconds(group.warm, &StartSample::first_token_seconds);
  }
  row["kv_bytes"] = group.kv_bytes;
  row["machine"] = report.machine.summary();
  row["machine_id"] = report.machine.identity;
  row["os"] = report.machine.kernel;
  row["warnings"] = report.warnings;
}

enum class Derivations { kWith, kWithout };

std::vector<Json> rows_of(const BenchReport& report, Derivations derivations = Derivations::kWith) {
  std::vector<Json> rows;
  for (const BenchGroup& group : report.groups) {
    for (const BenchResult& result : group.results) {
      if (result.samples.empty()) continue;
      Json row = llama_bench_fields(report, group, result);
      add_rate_fields(row, group, result);
      if (derivations == Derivations::kWith) add_derived_fields(row, group, result);
      add_run_fields(row, report, group);
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

// RFC 4180, every value in quotes, as llama-bench writes it.
std::string quoted(const Json& value) {
  const std::string text = value.is_string() ? value.get<std::string>() : dump(value);
  std::string out = "\"";
  for (char c : text) out.append(c == '"' ? 2 : 1, c);
  out += '"';
  return out;
}

}  // namespace

std::string rows_json(const BenchReport& report) {
  Json rows = Json::array();
  for (Json& row : rows_of(report)) rows.push_back(std::move(row));
  return dump(rows, 2) + "\n";
}

std::string rows_jsonl(const BenchReport& report) {
  std::string out;
  for (const Json& row : rows_of(report)) out += cat(dump(row), "\n");
  return out;
}

std::string rows_csv(const BenchReport& report) {
  std::string names;
  std::string out;
  // Only some rows have the derived figures, and a column is for all.
  for (const Json& row : rows_of(report, Derivations::kWithout)) {
    std::string line;
    names.clear();
    for (const auto& [name, value] : row.items()) {
      if (value.is_array()) continue;  // has no place in a cell
      names += cat(names.empty() ? "" : ",", name);
      line += cat(line.empty() ? "" : ",", quoted(value));
    }
    out += cat(line, "\n");
  }
  return cat(names, "\n", out);
}

}  // namespace ridge::cli
