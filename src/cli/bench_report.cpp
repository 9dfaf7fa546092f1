#include "cli/bench_report.h"

#include <nlohmann/json.hpp>

#include "base/strcat.h"
#include "cli/ui/format.h"
#include "cli/ui/table.h"

namespace ridge::cli {

std::string test_name(const BenchTest& test) {
  std::string name = test.n_prompt ? cat("pp", test.n_prompt) : cat("tg", test.n_gen);
  return test.n_depth ? cat(name, " @ d", test.n_depth) : name;
}

std::string bench_json(const BenchSetup& setup, const BenchResult& result) {
  nlohmann::ordered_json rates = nlohmann::ordered_json::array();
  nlohmann::ordered_json times = nlohmann::ordered_json::array();
  for (const BenchSample& sample : result.samples) {
    rates.push_back(result.rate(sample));
    times.push_back(int64_t(sample.seconds * 1e9));
  }
  const nlohmann::ordered_json json = {{"engine", "ridge"},
                                       {"backends", setup.backend},
                                       {"model_filename", setup.model},
                                       {"model_size", setup.file_bytes},
                                       {"model_n_params", setup.n_parameters},
                                       {"n_batch", setup.n_batch},
                                       {"n_threads", setup.n_threads},
                                       {"type_k", setup.k_type},
                                       {"type_v", setup.v_type},
                                       {"n_prompt", result.test.n_prompt},
                                       {"n_gen", result.test.n_gen},
                                       {"n_depth", result.test.n_depth},
                                       {"avg_ts", result.mean_rate()},
                                       {"stddev_ts", result.rate_deviation()},
                                       {"samples_ns", times},
                                       {"samples_ts", rates},
                                       {"median_ts", result.median_rate()},
                                       {"bandwidth_bytes_per_second", result.median_bandwidth()},
                                       {"bytes_per_token", result.bytes_per_token},
                                       {"bue", result.bue()}};
  return json.dump();
}

std::string bench_table(const BenchSetup& setup, const std::vector<BenchResult>& results) {
  Table table({{"test"},
               {"tok/s", Align::kRight},
               {"±", Align::kRight},
               {"GB/s", Align::kRight},
               {"of", Align::kRight},
               {"BUE", Align::kRight}});
  for (const BenchResult& result : results) {
    const bool decode = result.bytes_per_token > 0;
    const double read = result.median_rate() * result.bytes_per_token / 1e9;
    table.add({test_name(result.test), significant(result.median_rate()),
               significant(result.rate_deviation()), decode ? significant(read) : "",
               decode ? significant(result.median_bandwidth() / 1e9) : "",
               decode ? cat(fixed(100 * result.bue(), 0), " %") : ""});
  }
  return cat(setup.model, "  ", human_bytes(double(setup.file_bytes)), "  ", setup.backend, "  KV ",
             setup.k_type, "/", setup.v_type, "\n", table.str());
}

}  // namespace ridge::cli
