#include "cli/plan/question.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/memory_limit.h"
#include "base/utc.h"
#include "cli/hub_model.h"
#include "cli/input.h"
#include "cli/options/command_line.h"
#include "cli/options/model_options.h"
#include "cli/plan/local_machine.h"
#include "cli/plan/remote_header.h"

namespace ridge::cli {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostContext = int64_t{1} << 24;
constexpr int64_t kMostSlots = 4096;

// A file that is there, by path or by its short name in the store.
std::optional<fs::path> local_file(const std::string& model, const Context& context) {
  std::error_code error;
  if (fs::is_regular_file(model, error)) return fs::path(model);
  if (model.ends_with(".gguf")) return find_model(model, context);  // says that it is not there
  const auto stored = context.store().find(model);
  if (stored && stored->complete) return stored->files.front();
  return std::nullopt;
}

planner::PlannedModel model_of_file(const fs::path& path) {
  return planner::planned_model(gguf::File::open(path), path.stem().string());
}

// A few tries: who waits for a plan would rather hear that the hub does not answer.
constexpr hub::RetryPolicy kRetry{.max_attempts = 3};

class QuietObserver final : public hub::DownloadObserver {
 public:
  void on_progress(uint64_t, uint64_t) override {}
  void on_note(std::string_view) override {}
  bool keep_going() override { return true; }
};

// From a file here, from a URL, or from a repository of the hub by the name that `ridge pull`
// takes; nothing: it is a name of the catalogue, or of nothing. The store's short names are those
// of files unless a quantization is asked for.
std::optional<planner::PlannedModel> model_with_a_header(const std::string& model, bool short_names,
                                                         const planner::Catalogues& catalogues,
                                                         const Context& context) {
  if (is_url(model)) return remote_model(url_model(model, context.environment), context);
  if (const auto path = local_file(model, context); path && short_names) {
    return model_of_file(*path);
  }
  if (find_entry(catalogues.models, model) != nullptr) return std::nullopt;
  const auto reference = hub::parse_repo_reference(model);
  if (!reference && model.find('/') != std::string::npos) {
    fail(ErrorCode::kInvalidArgument, "\"", model,
         "\" is no file here, and a repository is written OWNER/REPO[:QUANT]");
  }
  if (!reference) return std::nullopt;
  QuietObserver observer;
  return remote_model(repo_model(*reference, context.environment, kRetry, observer), context);
}

DType kv_dtype(const std::string& name) {
  const auto dtype = dtype_from_name(name);
  if (dtype) return *dtype;
  fail(ErrorCode::kInvalidArgument, "--kv-type: ", name, " is no type; f16, q8_0, q5_1, q4_0 are");
}

}  // namespace

void declare_plan_arguments(OptionSet& set, PlanArguments& arguments) {
  set.value("MODEL,-m,--model", arguments.model,
            "A name of 'ridge plan --models', a GGUF file, a name of 'ridge list', or what 'ridge "
            "pull' takes: OWNER/REPO[:QUANT] or a URL, of which only the header is read");
  set.repeated("--on", arguments.machines,
               "Machines of 'ridge plan --hardware', comma-separated (default: this one)");
  set.repeated("--quant", arguments.quants, "Quantizations, comma-separated (default Q4_K_M)");
  set.value("--engine", arguments.engine,
            "llama.cpp, MLX, Ollama, vLLM or ridge (default: llama.cpp; here ridge)");
  set.value("-c,--context", arguments.context, "Tokens of each slot (default 8192)")
      .within(1, double(kMostContext));
  set.value("--slots", arguments.n_slots, "Requests at once (default 1)")
      .within(1, double(kMostSlots));
  set.value("--kv-type", arguments.kv_type, "Type of the KV cache: f16, q8_0 … (default f16)");
  set.value("--entries", arguments.own_entries,
            "A JSON file of own models and machines, with the fields of data/");
}

planner::Catalogues catalogues_for(const PlanArguments& arguments, const Context& context) {
  planner::Catalogues catalogues = planner::builtin_catalogues();
  const fs::path kept = context.environment.data / "planner.json";
  std::error_code error;
  if (fs::exists(kept, error)) add_user_entries(catalogues, read_text_file(kept));
  if (!arguments.own_entries.empty()) {
    add_user_entries(catalogues, read_text_file(arguments.own_entries));
  }
  const auto speed = local_speed(context);
  catalogues.calibration.families.push_back(speed ? local_family(*speed)
                                                  : planner::nominal_family());
  return catalogues;
}

std::vector<std::string> comma_separated(std::string_view option,
                                         const std::vector<std::string>& lists) {
  std::vector<std::string> words;
  for (const std::string& list : lists) {
    size_t begin = 0;
    while (begin <= list.size()) {
      const size_t end = std::min(list.find(',', begin), list.size());
      if (end == begin) {
        fail(ErrorCode::kInvalidArgument, option, ": a name is missing in \"", list, "\"");
      }
      words.push_back(list.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  return words;
}

std::string today() {
  return utc_time().substr(0, 10);
}

std::vector<AskedModel> asked_models(const PlanArguments& arguments,
                                     const planner::Catalogues& catalogues, Context& context) {
  if (arguments.model.empty()) {
    fail(ErrorCode::kInvalidArgument, "name a MODEL; 'ridge plan --models' lists those known");
  }
  const std::vector<std::string> quants = comma_separated("--quant", arguments.quants);
  if (auto file = model_with_a_header(arguments.model, quants.empty(), catalogues, context)) {
    if (!quants.empty()) fail(ErrorCode::kInvalidArgument, "--quant: a file has its own");
    return {{.model = *std::move(file)}};
  }
  const planner::CatalogueEntry& entry = find_shape(catalogues.models, arguments.model);
  std::vector<AskedModel> asked;
  for (const std::string& quant : quants.empty() ? std::vector<std::string>{"Q4_K_M"} : quants) {
    asked.push_back(
        {.model = planned_model(entry, planner::quant_from_name(quant)), .entry = &entry});
  }
  return asked;
}

std::vector<planner::PlanQuestion> asked_machines(const PlanArguments& arguments,
                                                  const planner::Catalogues& catalogues,
                                                  const Context& context) {
  const DType kv = kv_dtype(arguments.kv_type);
  planner::PlanQuestion shared;
  shared.engine = arguments.engine.empty() ? "llama.cpp" : arguments.engine;
  shared.setup = {
      .context = arguments.context, .n_slots = arguments.n_slots, .k_dtype = kv, .v_dtype = kv};
  std::vector<planner::PlanQuestion> questions;
  for (const std::string& name : comma_separated("--on", arguments.machines)) {
    planner::PlanQuestion& question = questions.emplace_back(shared);
    question.machine = find_machine(catalogues.hardware, name);
  }
  if (!questions.empty()) return questions;
  planner::PlanQuestion& here = questions.emplace_back(shared);
  here.machine = this_machine(context);
  if (arguments.engine.empty()) {
    here.engine = planner::kHere;
    here.setup = on_this_engine(here.setup);
  }
  const MemoryLimit limit = memory_limit();
  here.limit = planner::DeviceLimit{limit.n_bytes, cat("what ", limit.by, " has left now")};
  return questions;
}

}  // namespace ridge::cli
