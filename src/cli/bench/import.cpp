#include "cli/bench/import.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "base/error.h"

namespace ridge::cli {
namespace {

using nlohmann::json;

constexpr double kMostNumber = 1e18;  // beyond, a count would not fit

// One row, and what to call it in an error.
class Row {
 public:
  Row(const json& object, size_t number) : object_(object), number_(number) {
    if (!object.is_object()) refuse("is no object");
  }

  std::string text(const char* name) const {
    const auto found = object_.find(name);
    if (found == object_.end() || found->is_null()) return "";
    if (!found->is_string()) refuse(cat(name, " is no text"));
    return found->get<std::string>();
  }
  double number(const char* name, double fallback = 0) const {
    const auto found = object_.find(name);
    if (found == object_.end() || found->is_null()) return fallback;
    if (!found->is_number()) refuse(cat(name, " is no number"));
    const auto value = found->get<double>();
    if (!(value >= 0 && value <= kMostNumber)) refuse(cat(name, " is ", value));
    return value;
  }
  int64_t count(const char* name, double fallback = 0) const {
    return int64_t(number(name, fallback));
  }
  std::vector<double> numbers(const char* name) const {
    const auto found = object_.find(name);
    std::vector<double> values;
    if (found == object_.end()) return values;
    if (!found->is_array()) refuse(cat(name, " is no list"));
    for (const json& item : *found) {
      if (!item.is_number()) refuse(cat(name, " holds what is no number"));
      values.push_back(item.get<double>());
    }
    return values;
  }
  [[noreturn]] void refuse(const std::string& why) const {
    fail(ErrorCode::kInvalidFile, "row ", number_, ": ", why);
  }

 private:
  const json& object_;
  size_t number_;
};

std::string base_name(const std::string& path) {
  return path.substr(path.find_last_of("/\\") + 1);
}

std::vector<history::SampleRecord> samples_of(const Row& row) {
  std::vector<double> times = row.numbers("samples_ns");
  if (times.empty() && row.number("avg_ns") > 0) times.push_back(row.number("avg_ns"));
  const std::vector<double> bandwidths = row.numbers("samples_bandwidth");
  std::vector<history::SampleRecord> samples;
  for (size_t i = 0; i < times.size(); ++i) {
    if (!(times[i] > 0)) row.refuse("a sample took no time");
    samples.push_back(
        {.seconds = times[i] * 1e-9, .bandwidth = i < bandwidths.size() ? bandwidths[i] : 0});
  }
  if (samples.empty()) row.refuse("neither samples_ns nor avg_ns");
  return samples;
}

history::ResultRecord read_row(const Row& row) {
  history::ResultRecord result{.model = base_name(row.text("model_filename")),
                               .model_type = row.text("model_type"),
                               .model_size = row.count("model_size"),
                               .model_n_params = row.count("model_n_params"),
                               .backend = row.text("backend"),
                               .n_threads = row.count("n_threads"),
                               .n_ubatch = row.count("n_ubatch"),
                               .type_k = row.text("type_k"),
                               .type_v = row.text("type_v"),
                               .n_prompt = row.count("n_prompt"),
                               .n_gen = row.count("n_gen"),
                               .n_depth = row.count("n_depth"),
                               .n_columns = row.count("n_columns", 1),
                               .bytes_per_token = row.number("bytes_per_token")};
  if (result.backend.empty()) result.backend = row.text("backends");
  result.n_tokens = double(result.n_prompt + result.n_gen) * double(result.n_columns);
  if (result.n_tokens <= 0) row.refuse("n_prompt and n_gen are both 0");
  result.samples = samples_of(row);
  return result;
}

// An array, or an object a line.
std::vector<json> parse_rows(std::string_view text) {
  const json whole = json::parse(text, nullptr, false);
  if (whole.is_array()) return whole.get<std::vector<json>>();
  if (whole.is_object()) return {whole};
  std::vector<json> rows;
  size_t number = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    json row = json::parse(line, nullptr, false);
    if (row.is_discarded()) {
      fail(ErrorCode::kInvalidFile, "neither JSON nor JSON lines: line ", number,
           " does not parse (llama-bench writes both with -o json and -o jsonl)");
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

history::RunRecord read_bench_rows(std::string_view text) {
  history::RunRecord run;
  const std::vector<json> rows = parse_rows(text);
  for (size_t i = 0; i < rows.size(); ++i) {
    const Row row(rows[i], i + 1);
    run.results.push_back(read_row(row));
    if (i > 0) continue;
    run.time = row.text("test_time");
    run.engine = row.text("engine");
    run.build = row.text("build_commit");
    run.machine = row.text("machine");
    run.machine_id = row.text("machine_id");
    if (run.engine.empty()) run.engine = "llama.cpp";
    if (run.machine.empty()) run.machine = row.text("cpu_info");
  }
  if (run.results.empty()) fail(ErrorCode::kInvalidFile, "no results in it");
  return run;
}

}  // namespace ridge::cli
