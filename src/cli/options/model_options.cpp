#include "cli/options/model_options.h"

#include <chrono>

#include "base/error.h"
#include "cli/options/command_line.h"
#include "cli/ui/format.h"
#include "cli/ui/progress.h"
#include "cpu/cpu_backend.h"

namespace ridge::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGroup = "Machine";
constexpr const char* kSpeculation = "Speculation";

[[noreturn]] void fail_unknown_model(const std::string& model, const hub::ModelStore& store) {
  std::string message =
      cat("no model '", model, "': neither a file nor a name in ", store.root().string());
  const auto near = store.near_matches(model);
  for (size_t i = 0; i < near.size(); ++i)
    message += cat(i == 0 ? "; did you mean " : " or ", near[i]);
  message += near.empty() ? "" : "?";
  message +=
      "\n'ridge list' shows the models that are there; 'ridge pull OWNER/REPO:QUANT' downloads one,"
      " and 'make models' gets those that the tests use.";
  fail(ErrorCode::kNotFound, message);
}

}  // namespace

std::string isa_levels() {
  std::string text;
  for (const cpu::Level& level : cpu::levels()) {
    text += cat(text.empty() ? "" : ", ", level.name, level.supported ? "" : " (not here)");
  }
  return text;
}

void declare_model(OptionSet& set, std::string& model) {
  set.value("MODEL,-m,--model", model, "A GGUF file, or a name that 'ridge list' shows").required();
}

void declare_context(OptionSet& set, int64_t& n_context) {
  set.value("-c,--ctx-size", n_context,
            "Tokens of context (default: the model's own, at most 8192; of a server 32768)")
      .within(int64_t(0), int64_t(1) << 30)
      .group(kGroup);
}

void declare_machine(OptionSet& set, ModelOptions& options) {
  set.value("-b,--batch-size", options.n_batch, "Prompt tokens read at once (default 512)")
      .within(1, 65536)
      .group(kGroup);
  set.value("-t,--threads", options.n_threads, "Threads (default: one per core)")
      .within(0, 4096)
      .group(kGroup);
  set.value("--cache-type-k", options.k_type, "Type of cached keys: f16 or q8_0 (also -ctk)")
      .group(kGroup);
  set.value("--cache-type-v", options.v_type, "Type of cached values: f16 or q8_0 (also -ctv)")
      .group(kGroup);
  set.value("--isa", options.isa, "CPU kernels up to: " + isa_levels()).group(kGroup);
  declare_paging(set, options.allow_paging);
}

void declare_paging(OptionSet& set, bool& allow_paging) {
  set.flag("--allow-paging", allow_paging,
           "Run a model that is larger than memory, its weights paged in from the file")
      .group(kGroup);
}

void warn_of_paging(const MemoryPlan& plan, Context& context) {
  if (plan.paged_bytes() == 0) return;
  const bool all = plan.placement == WeightPlacement::kMapped;
  context.err.line(
      cat(context.err.palette().red("warning: "), "the model needs ",
          human_bytes(double(plan.needs.total())), " of memory and ", plan.limit.by, " has ",
          human_bytes(double(plan.limit.n_bytes)), ": ", human_bytes(double(plan.paged_bytes())),
          " of ", all ? "weights" : "experts",
          " stay in the file and are read from disk as they are needed, which is slow"));
}

void declare_speculation(OptionSet& set, ModelOptions& options) {
  set.value("--speculate", options.speculate,
            "Who guesses ahead: the model's own layer; the text so far; nobody")
      .one_of({"mtp", "ngram", "off"})
      .group(kSpeculation);
  set.value("--draft,--model-draft", options.draft,
            "A small model of the same vocabulary guesses ahead (also -md)")
      .group(kSpeculation);
  set.value("--draft-max", options.most_draft, "Tokens guessed at once, at most (default 8)")
      .within(1, 15)
      .group(kSpeculation);
}

void declare_model_options(OptionSet& set, ModelOptions& options) {
  declare_model(set, options.model);
  declare_context(set, options.n_context);
  declare_machine(set, options);
}

fs::path find_model(const std::string& model, const Context& context) {
  std::error_code error;
  if (fs::is_regular_file(model, error)) return model;
  const bool is_path = model.find('/') != std::string::npos || model.ends_with(".gguf");
  if (is_path) fail(ErrorCode::kNotFound, "no file ", model);
  const hub::ModelStore store = context.store();
  const auto stored = store.find(model);
  if (!stored) fail_unknown_model(model, store);
  if (!stored->complete) {
    fail(ErrorCode::kNotFound, model, " is not complete in ", store.root().string(),
         ": run its 'ridge pull' again to go on with the download");
  }
  return stored->files.front();
}

DType cache_dtype(const std::string& name, const char* option) {
  const auto dtype = dtype_from_name(name);
  if (dtype == DType::kF16 || dtype == DType::kQ8_0) return *dtype;
  fail(ErrorCode::kInvalidArgument, option, ": ", name, " is no cache type; f16 and q8_0 are");
}

namespace {

SpeculationOptions speculation_options(const ModelOptions& options, const Context& context) {
  SpeculationOptions speculation{.prediction_layer = options.speculate == "mtp",
                                 .ngrams = options.speculate == "ngram",
                                 .most = options.most_draft};
  if (speculation.prediction_layer && !options.draft.empty()) {
    fail(ErrorCode::kInvalidArgument,
         "--speculate mtp and --draft each name who guesses; one of them can");
  }
  if (!options.draft.empty()) speculation.draft_model = find_model(options.draft, context);
  return speculation;
}

}  // namespace

EngineOptions engine_options(const ModelOptions& options, const Context& context) {
  return {.context = options.n_context,
          .batch = options.n_batch,
          .k_dtype = cache_dtype(options.k_type, "-ctk"),
          .v_dtype = cache_dtype(options.v_type, "-ctv"),
          .paging = options.allow_paging ? Paging::kAllowed : Paging::kRefused,
          .memory = {},
          .speculation = speculation_options(options, context)};
}

std::unique_ptr<Backend> make_backend(const ModelOptions& options) {
  return cpu::make_backend({.n_threads = options.n_threads, .isa = options.isa});
}

LoadedModel load_model(const ModelOptions& options, Context& context) {
  const auto start = std::chrono::steady_clock::now();
  LoadedModel loaded;
  loaded.path = find_model(options.model, context);
  loaded.backend = make_backend(options);
  Progress progress(context.err, {.label = "loading " + loaded.path.stem().string()});
  loaded.engine = std::make_unique<Engine>(
      loaded.path, *loaded.backend, engine_options(options, context),
      [&progress](uint64_t done, uint64_t total) { progress.update(done, total); });
  progress.clear();
  warn_of_paging(loaded.engine->memory_plan(), context);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  loaded.load_seconds = elapsed.count();
  return loaded;
}

}  // namespace ridge::cli
