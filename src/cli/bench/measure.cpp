#include "cli/bench/measure.h"

#include <algorithm>

#include "base/thread_pool.h"
#include "bench/page_cache.h"
#include "bench/roof.h"
#include "cli/options/model_options.h"
#include "cli/ui/format.h"
#include "cli/ui/progress.h"
#include "cpu/cpu_backend.h"
#include "spec/build.h"

namespace ridge::cli {
namespace {

constexpr int kMostStarts = 3;

int threads_of(const ModelSetup& setup) {
  return setup.n_threads > 0 ? setup.n_threads : available_cores();
}

// One model of the plan, and what its groups share.
class ModelMeasurement {
 public:
  ModelMeasurement(const ModelSetup& setup, const BenchPlan& plan, const MeasureOptions& options,
                   Context& context)
      : setup_(setup),
        plan_(plan),
        options_(options),
        context_(context),
        path_(find_model(setup.model, context)) {}

  void run(std::vector<BenchGroup>& groups) {
    const auto backend = make_backend();
    const gguf::File file = gguf::File::open(path_);
    const MemoryPlan memory = plan_memory_for(file, *backend);
    warn_of_paging(memory, context_);
    if (options_.starts == Starts::kMeasure) measure_starts(memory.placement);
    if (!keeps_going()) return;
    const double cached = cached_share(file.parts()).share();
    Progress loading(context_.err, {.label = "loading " + path_.stem().string()});
    const auto start = std::chrono::steady_clock::now();
    const BenchModel model(
        file, *backend, [&](uint64_t done, uint64_t total) { loading.update(done, total); },
        memory.placement);
    loading.clear();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    BenchGroup group = describe(model);
    group.load_seconds = elapsed.count();
    group.load_cached = cached;
    if (has_prefill()) group.mac_roof = measure_mac_roof(*backend, main_weight_type(file));
    for (const CacheSetup& cache : plan_.caches) {
      if (!keeps_going()) return;
      groups.push_back(group);
      measure_cache(model, cache, groups.back());
    }
  }

 private:
  bool keeps_going() const { return !options_.keep_going || options_.keep_going(); }
  bool has_prefill() const {
    return std::any_of(plan_.tests.begin(), plan_.tests.end(),
                       [](const BenchTest& test) { return test.is_prefill(); });
  }
  std::unique_ptr<Backend> make_backend() const {
    return cpu::make_backend({.n_threads = setup_.n_threads, .isa = setup_.isa});
  }

  RunnerCache sizes_of(const CacheSetup& cache) const {
    RunnerCache sizes = cache_for(plan_.tests);
    sizes.k_dtype = cache_dtype(cache.k_type, "-ctk");
    sizes.v_dtype = cache_dtype(cache.v_type, "-ctv");
    sizes.chunk = cache.chunk();
    return sizes;
  }

  // With the cache that takes most.
  MemoryPlan plan_memory_for(const gguf::File& file, Backend& backend) const {
    const ModelSpec spec = build_spec(file);
    MemoryNeeds most;
    for (const CacheSetup& cache : plan_.caches) {
      const MemoryNeeds needs = memory_needs(spec, file, backend, sizes_of(cache).pool_options());
      if (needs.total() > most.total()) most = needs;
    }
    return plan_memory(most, memory_limit(), options_.paging);
  }

  void measure_starts(WeightPlacement placement) {
    const int n = std::min(options_.n_repeat, kMostStarts);
    Progress progress(context_.err, {.label = "starting", .unit = Progress::Unit::kCount});
    for (int i = 0; i < n && keeps_going(); ++i) {
      const auto make = [this] { return make_backend(); };
      progress.update(uint64_t(2 * i), uint64_t(2 * n));
      cold_.push_back(measure_start(path_, StartKind::kCold, make, placement));
      progress.update(uint64_t(2 * i + 1), uint64_t(2 * n));
      warm_.push_back(measure_start(path_, StartKind::kWarm, make, placement));
    }
  }

  BenchGroup describe(const BenchModel& model) const {
    return {.model_path = path_.string(),
            .model_type = model.type,
            .tensor_bytes = model.tensor_bytes,
            .n_parameters = model.n_parameters,
            .active_bytes = model.work.weight_bytes,
            .backend = model.backend.description(),
            .n_threads = threads_of(setup_),
            .cold = cold_,
            .warm = warm_};
  }

  void measure_cache(const BenchModel& model, const CacheSetup& cache, BenchGroup& group) const {
    Runner runner(model, sizes_of(cache));
    group.cache = cache;
    group.kv_bytes = runner.kv_bytes();
    Progress bar(context_.err, {.label = "measuring", .unit = Progress::Unit::kCount});
    RoundsOptions rounds{.n_repeat = options_.n_repeat,
                         .warm_up = options_.warm_up,
                         .delay = options_.delay,
                         .keep_going = options_.keep_going};
    rounds.progress = [&](int64_t done, int64_t total, const BenchTest& next) {
      if (options_.progress == ProgressLines::kYes) {
        context_.err.line(cat(done + 1, "/", total, " ", name_of(next)));
        context_.err.flush();
      } else {
        bar.update(uint64_t(done), uint64_t(total));
      }
    };
    group.results = run_rounds(plan_.tests, runner, rounds);
  }

  const ModelSetup& setup_;
  const BenchPlan& plan_;
  const MeasureOptions& options_;
  Context& context_;
  std::filesystem::path path_;
  std::vector<StartSample> cold_;
  std::vector<StartSample> warm_;
};

}  // namespace

std::vector<BenchGroup> measure_plan(const BenchPlan& plan, const MeasureOptions& options,
                                     Context& context) {
  std::vector<BenchGroup> groups;
  for (const ModelSetup& setup : plan.models) {
    if (options.keep_going && !options.keep_going()) break;
    ModelMeasurement(setup, plan, options, context).run(groups);
  }
  return groups;
}

Needs needs_of(const BenchPlan& plan, const Context& context) {
  Needs needs;
  const RunnerCache sizes = cache_for(plan.tests);
  for (const ModelSetup& setup : plan.models) {
    const gguf::File file = gguf::File::open(find_model(setup.model, context));
    int64_t bytes = int64_t(file.size_bytes());
    const ModelSpec spec = build_spec(file);
    for (const CacheSetup& cache : plan.caches) {
      const auto kv =
          kv_bytes(spec, cache_dtype(cache.k_type, "-ctk"), cache_dtype(cache.v_type, "-ctv"));
      int64_t with_cache = int64_t(file.size_bytes());
      for (const KvKindBytes& kind : kv) with_cache += kind.bytes(sizes.total_tokens);
      bytes = std::max(bytes, with_cache);
    }
    needs.memory_bytes = std::max(needs.memory_bytes, bytes);
    needs.n_threads = std::max(needs.n_threads, threads_of(setup));
  }
  return needs;
}

}  // namespace ridge::cli
