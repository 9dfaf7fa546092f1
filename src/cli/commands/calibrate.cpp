// ridge calibrate: short measurements that fix the planner's constants for this machine.
#include <filesystem>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/utc.h"
#include "bench/machine/machine.h"
#include "bench/roof.h"
#include "bench/rounds.h"
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
  int n_repeat = 3;
  bool json = false;
};

// Those that models are kept in.
constexpr DType kTypes[] = {DType::kQ4_0, DType::kQ4_K,   DType::kQ5_K,  DType::kQ6_K,
                            DType::kQ8_0, DType::kIQ4_XS, DType::kMXFP4, DType::kF16};
constexpr const char* kShape = "SmolLM2-135M";
constexpr int64_t kDepth = 2048;

// A small model that is there for the measurement alone.
class SmallModel {
 public:
  explicit SmallModel(const Context& context)
      : path_(context.environment.cache / "tmp" / "calibrate.gguf") {
    fs::create_directories(path_.parent_path());
    const auto catalogue = planner::parse_catalogue(planner::builtin_models());
    const ModelShape shape = find_shape(catalogue, kShape).shape;
    gguf::Metadata metadata = shape_metadata(shape);
    text::set_synthetic_vocabulary(metadata, shape.n_vocab);
    write_random_model(
        path_, metadata,
        {.file_type = file_type_from_name("Q8_0"), .has_tensor = shape_tensors(shape)});
  }
  ~SmallModel() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  SmallModel(const SmallModel&) = delete;
  SmallModel& operator=(const SmallModel&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// Seconds a token, of each test.
struct SmallTimes {
  double decode = 0, decode_deep = 0, prompt = 0, prompt_deep = 0;
};

SmallTimes measure_small(const gguf::File& file, Backend& backend, int n_repeat) {
  const BenchModel model(file, backend, {});
  const std::vector<BenchTest> tests{{.n_gen = 64},
                                     {.n_gen = 64, .n_depth = kDepth},
                                     {.n_prompt = 512},
                                     {.n_prompt = 512, .n_depth = kDepth}};
  Runner runner(model, cache_for(tests));
  const auto results = run_rounds(tests, runner, {.n_repeat = n_repeat});
  const auto seconds = [&](size_t i) { return 1 / results.at(i).summary().median; };
  return {seconds(0), seconds(1), seconds(2), seconds(3)};
}

// What the layers of the small model take beyond its bytes, and what each position costs.
void fix_model_constants(const planner::Work& work, const SmallTimes& times,
                         planner::LocalSpeed& speed) {
  const double rate = speed.type_rates.at(DType::kQ8_0);
  const double cache = work.kv_bytes_read(kDepth) - work.kv_bytes_read(1);
  const double attention = work.attention_flops(double(kDepth)) - work.attention_flops(1);
  const double deeper = times.decode_deep - times.decode;
  const double prompt_deeper = times.prompt_deep - times.prompt;
  if (deeper <= 0 || prompt_deeper <= 0) {
    fail(ErrorCode::kBusy,
         "a deep context was not slower than an empty one: something else used "
         "the processors; run it again when the machine is quiet");
  }
  speed.cache_rate = cache / deeper;
  speed.attention_flops = attention / deeper;
  const double rest = times.decode - work.active_bytes() / rate;
  speed.layer_s = std::max(rest / double(work.n_layers), 1e-7);
  speed.prompt_attention_flops = work.attention_flops(double(kDepth)) / prompt_deeper;
  const double in_matrices =
      times.prompt - work.attention_flops(256) / speed.prompt_attention_flops;
  // What prompts reach of what products alone do, of all types alike.
  const double reached = work.weight_flops / in_matrices / speed.type_flops.at(DType::kQ8_0);
  for (auto& [dtype, flops] : speed.type_flops) flops *= std::min(reached, 1.0);
}

planner::LocalSpeed measure(const CalibrateOptions& options, Context& context) {
  const auto backend = cpu::make_backend({.n_threads = options.n_threads});
  const ridge::Machine machine = describe_machine();
  planner::LocalSpeed speed{.time = utc_time(),
                            .build = build_commit(),
                            .engine = backend->description(),
                            .machine = machine.summary(),
                            .machine_id = machine.identity,
                            .memory_gb = std::max<int64_t>(1, machine.memory_bytes / 1'000'000'000),
                            .bandwidth = backend->measure_read_bandwidth(kBandwidthBytes)};
  for (const DType dtype : kTypes) {
    speed.type_rates[dtype] = measure_weight_rate(*backend, dtype);
    speed.type_flops[dtype] = 2 * measure_mac_roof(*backend, dtype);
  }
  const SmallModel small(context);
  const gguf::File file = gguf::File::open(small.path());
  const planner::Work work =
      work_of(planner::planned_model(file, kShape), DType::kF16, DType::kF16);
  fix_model_constants(work, measure_small(file, *backend, options.n_repeat), speed);
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
      R"(Products with weights of each type, and a small model with random weights at two depths: a
minute or two. The result is kept with build and date, and 'ridge plan' goes by it from then on.

  ridge calibrate
  ridge calibrate --json)"};
  add_command<CalibrateOptions>(
      line, chosen, text,
      [](OptionSet& set, CalibrateOptions& options) {
        set.value("-t,--threads", options.n_threads, "Threads (default: one per core)")
            .within(0, 1024);
        set.value("-r,--repetitions", options.n_repeat, "Runs of each test (default 3)")
            .within(1, 100);
        set.flag("--json", options.json, "JSON on standard output");
      },
      run_calibrate);
}

}  // namespace ridge::cli
