// ridge calibrate: short measurements that fix the planner's constants for this machine.
#include <algorithm>
#include <filesystem>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/utc.h"
#include "bench/machine/machine.h"
#include "bench/roof.h"
#include "bench/runner.h"
#include "bench/statistics.h"
#include "cli/bench/machine_check.h"
#include "cli/build_info.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/plan/local_machine.h"
#include "cli/plan/question.h"
#include "cli/ui/format.h"
#include "cli/ui/table.h"
#include "cpu/cpu_backend.h"
#include "planner/data.h"
#include "planner/local.h"
#include "synth/random_model.h"
#include "text/tokenizer/synthetic_vocabulary.h"

namespace ridge::cli {
namespace {

namespace fs = std::filesystem;

struct CalibrateOptions {
  int n_threads = 0;
  int n_repeat = 5;
  bool json = false;
};

// Those that models are kept in.
constexpr DType kTypes[] = {DType::kQ4_0,   DType::kQ4_1,  DType::kQ5_0, DType::kQ8_0,
                            DType::kQ3_K,   DType::kQ4_K,  DType::kQ5_K, DType::kQ6_K,
                            DType::kIQ4_XS, DType::kMXFP4, DType::kF16};
constexpr int64_t kDepth = 2048;
// Rows of whole blocks of 256, which models this small do not have otherwise.
constexpr const char* kSmall =
    R"({"name": "small", "architecture": "llama", "n_layers": 30, "d_model": 512, "n_heads": 8,
        "n_kv_heads": 4, "head_dim": 64, "d_ff": 1536, "n_vocab": 49152, "context": 8192,
        "tied": true, "rope_base": 10000, "norm_eps": 1e-05})";

// A model with random weights that is there for the measurement alone.
class RandomModel {
 public:
  RandomModel(const Context& context, const ModelShape& shape, const char* file_type)
      : path_(context.environment.cache / "tmp" / cat("calibrate-", shape.name, ".gguf")) {
    fs::create_directories(path_.parent_path());
    gguf::Metadata metadata = shape_metadata(shape);
    text::set_synthetic_vocabulary(metadata, shape.n_vocab);
    write_random_model(
        path_, metadata,
        {.file_type = file_type_from_name(file_type), .has_tensor = shape_tensors(shape)});
    file_.emplace(gguf::File::open(path_));
    work_ = work_of(planner::planned_model(*file_, shape.name), DType::kF16, DType::kF16);
  }
  ~RandomModel() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  RandomModel(const RandomModel&) = delete;
  RandomModel& operator=(const RandomModel&) = delete;
  const gguf::File& file() const { return *file_; }
  const planner::Work& work() const { return work_; }

 private:
  fs::path path_;
  std::optional<gguf::File> file_;
  planner::Work work_;
};

// A random model in memory, and what each of its tests took.
class Measured {
 public:
  Measured(const RandomModel& random, std::vector<BenchTest> tests, Backend& backend)
      : work_(random.work()),
        model_(random.file(), backend, {}),
        tests_(std::move(tests)),
        runner_(model_, cache_for(tests_)),
        taken_(tests_.size()) {
    for (const BenchTest& test : tests_) runner_.warm_up(test);
  }
  void run_once() {
    for (size_t i = 0; i < tests_.size(); ++i) taken_[i].push_back(*runner_.run(tests_[i]));
  }
  // Seconds a token.
  double seconds(size_t test) const {
    return median(taken_[test]) / double(tests_[test].n_tokens());
  }
  const planner::Work& work() const { return work_; }

 private:
  planner::Work work_;
  BenchModel model_;
  std::vector<BenchTest> tests_;
  Runner runner_;
  std::vector<std::vector<double>> taken_;
};

// Everything in turns, so that a slow minute of the machine does not fall on one of them alone:
// medians.
planner::LocalSpeed measure(const CalibrateOptions& options, Context& context) {
  const auto backend = cpu::make_backend({.n_threads = options.n_threads});
  const ridge::Machine machine = describe_machine();
  planner::LocalSpeed speed{
      .time = utc_time(),
      .build = build_commit(),
      .engine = backend->description(),
      .machine = machine.summary(),
      .machine_id = machine.identity,
      .memory_gb = std::max<int64_t>(1, machine.memory_bytes / 1'000'000'000)};
  const auto catalogue = planner::parse_catalogue(planner::builtin_models());
  const auto random = [&](const ModelShape& shape, const char* file_type) {
    return RandomModel(context, shape, file_type);
  };
  const std::vector<BenchTest> all{{.n_gen = 64},
                                   {.n_gen = 64, .n_depth = kDepth},
                                   {.n_prompt = 512},
                                   {.n_prompt = 512, .n_depth = kDepth}};
  // Many small layers, where each costs more than its bytes; larger ones of the same types; and
  // one of types with small blocks.
  Measured small(random(planner::parse_shape(kSmall).shape, "Q4_K_M"), all, *backend);
  Measured larger(random(find_shape(catalogue, "Qwen3-0.6B").shape, "Q4_K_M"),
                  {{.n_gen = 64}, {.n_prompt = 512}}, *backend);
  Measured in_blocks(random(find_shape(catalogue, "SmolLM2-135M").shape, "Q8_0"), {{.n_gen = 64}},
                     *backend);
  std::vector<double> bandwidths;
  std::map<DType, std::vector<double>> rates;
  for (int i = 0; i < options.n_repeat; ++i) {
    bandwidths.push_back(backend->measure_read_bandwidth(kBandwidthBytes));
    for (const DType dtype : kTypes) {
      rates[dtype].push_back(measure_weight_rate(*backend, dtype));
    }
    for (Measured* model : {&small, &larger, &in_blocks}) model->run_once();
  }
  speed.bandwidth = median(bandwidths);
  for (const auto& [dtype, measured] : rates) speed.type_rates[dtype] = median(measured);
  for (const DType dtype : kTypes) {
    speed.type_flops[dtype] = 2 * measure_mac_roof(*backend, dtype);
  }
  planner::fit_local(
      {.work = small.work(),
       .depth = kDepth,
       .decode = small.seconds(0),
       .decode_deep = small.seconds(1),
       .prompt = small.seconds(2),
       .prompt_deep = small.seconds(3)},
      {.work = larger.work(), .decode = larger.seconds(0), .prompt = larger.seconds(1)},
      {.work = in_blocks.work(), .decode = in_blocks.seconds(0)}, speed);
  return speed;
}

void keep(const planner::LocalSpeed& speed, const fs::path& path) {
  fs::create_directories(path.parent_path());
  const std::string text = local_json(speed);
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(text)));
  file.commit();
}

std::string text_of(const planner::LocalSpeed& speed) {
  Table table({{"type"}, {"GB/s a column", Align::kRight}, {"GFLOP/s of prompts", Align::kRight}});
  for (const auto& [dtype, rate] : speed.type_rates) {
    table.add({std::string(info(dtype).name), significant(rate / 1e9),
               significant(speed.type_flops.at(dtype) / 1e9)});
  }
  return cat(printable(speed.machine), "; ", speed.engine, "; reads ",
             significant(speed.bandwidth / 1e9), " GB/s\n\n", table.str(), "\neach layer ",
             significant(speed.layer_s * 1e6), " us, the cache ",
             significant(speed.cache_rate / 1e9), " GB/s\n");
}

int run_calibrate(const CalibrateOptions& options, Context& context) {
  const ExclusiveRun alone = measure_alone(context);
  const planner::LocalSpeed speed = measure(options, context);
  const fs::path path = local_speed_file(context);
  keep(speed, path);
  if (options.json) {
    context.out.line(local_json(speed));
    return kExitOk;
  }
  context.out.write(text_of(speed));
  context.err.line(context.err.palette().dim(
      cat("kept in ", path.string(), "; 'ridge plan' goes by it from now on")));
  return kExitOk;
}

}  // namespace

void add_calibrate(CommandLine& line, Action& chosen) {
  const CommandText text{
      "calibrate", "Measure what 'ridge plan' needs to know of this machine",
      R"(Products with weights of each type, and three models with random weights: a
minute or two. The result is kept with build and date, and 'ridge plan' goes by it from then on.

  ridge calibrate
  ridge calibrate --json)"};
  add_command<CalibrateOptions>(
      line, chosen, text,
      [](OptionSet& set, CalibrateOptions& options) {
        set.value("-t,--threads", options.n_threads, "Threads (default: one per core)")
            .within(0, 1024);
        set.value("-r,--repetitions", options.n_repeat, "Runs of each test (default 5)")
            .within(1, 100);
        set.flag("--json", options.json, "JSON on standard output");
      },
      run_calibrate);
}

}  // namespace ridge::cli
