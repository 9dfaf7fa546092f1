// ridge synth: a model file of any known shape with random weights.
#include <algorithm>

#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/input.h"
#include "cli/ui/format.h"
#include "cli/ui/interrupt.h"
#include "cli/ui/progress.h"
#include "cli/ui/table.h"
#include "hub/download.h"
#include "planner/data.h"
#include "planner/models.h"
#include "synth/random_model.h"
#include "text/tokenizer/synthetic_vocabulary.h"

namespace ridge::cli {
namespace {

constexpr uint64_t kKeepFree = uint64_t{64} << 20;  // bytes of the disk

struct SynthOptions {
  std::string shape;
  std::string spec;
  std::string type = "Q4_K_M";
  std::string output;
  std::optional<uint64_t> seed;
  int64_t n_layers = 0;
  bool prediction = false;
  bool list = false;
};

std::vector<planner::CatalogueEntry> known_models() {
  return planner::parse_catalogue(planner::builtin_models());
}

void list_shapes(const std::vector<planner::CatalogueEntry>& catalogue, Context& context) {
  Table table({{"shape"},
               {"architecture"},
               {"parameters", Align::kRight},
               {"layers", Align::kRight},
               {"width", Align::kRight},
               {"experts", Align::kRight}});
  for (const planner::CatalogueEntry& entry : catalogue) {
    const ModelShape& s = entry.shape;
    table.add({s.name, s.architecture, cat(significant(double(entry.n_parameters) / 1e9), " B"),
               human_count(s.n_layers), human_count(s.d_model),
               s.n_experts > 0 ? cat(s.top_k, " of ", s.n_experts) : std::string()});
  }
  context.out.write(table.str());
}

ModelShape chosen_shape(const SynthOptions& options) {
  if (options.shape.empty() == options.spec.empty()) {
    fail(ErrorCode::kInvalidArgument,
         "give one of --shape NAME and --spec JSON; --list shows names");
  }
  ModelShape shape =
      options.shape.empty()
          ? planner::parse_shape(options.spec.starts_with('{') ? options.spec
                                                               : read_text_file(options.spec))
                .shape
          : planner::find_shape(known_models(), options.shape).shape;
  if (options.n_layers > 0 && options.n_layers < shape.n_layers) {
    const int64_t n_own_kv = shape.n_layers - shape.n_shared_kv;
    shape.n_layers = options.n_layers;
    shape.n_shared_kv = std::max(shape.n_layers - n_own_kv, int64_t{0});
    shape.n_dense_layers = std::min(shape.n_dense_layers, shape.n_layers);
    shape.name += cat("-", shape.n_layers, "-layers");
  }
  if (options.prediction) shape.n_predictions = 1;
  return shape;
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

int run_synth(const SynthOptions& options, Context& context) {
  if (options.list) {
    list_shapes(known_models(), context);
    return kExitOk;
  }
  const ModelShape shape = chosen_shape(options);
  const FileType file_type = file_type_from_name(options.type);
  gguf::Metadata metadata = shape_metadata(shape);
  text::set_synthetic_vocabulary(metadata, shape.n_vocab);
  const RandomModelWriter model(metadata, {.seed = options.seed.value_or(1),
                                           .file_type = file_type,
                                           .has_tensor = shape_tensors(shape)});
  const std::filesystem::path path =
      options.output.empty() ? cat(shape.name, "-", file_type.name(), ".gguf") : options.output;
  hub::require_free_space(folder_of(path), model.n_bytes(), kKeepFree);

  InterruptScope interrupt;
  Progress progress(context.err, {.label = "writing " + path.filename().string()});
  model.write(path, [&](uint64_t done, uint64_t total) {
    if (interrupt.interrupted()) fail(ErrorCode::kCancelled, "stopped; nothing was written");
    progress.update(done, total);
  });
  progress.clear();
  context.out.line(path.string());
  context.err.line(cat(human_bytes(double(model.n_bytes())), " of weights"));
  return kExitOk;
}

}  // namespace

void add_synth(CommandLine& line, Action& chosen) {
  const CommandText text{
      "synth", "Write a model of a known shape with random weights",
      "For measuring: speed and memory are those of the real model, its answers are noise. The "
      "file\n"
      "has a tokenizer and is read by other engines too; tensors have the types that llama.cpp's\n"
      "quantizer would give them.\n\n"
      "  ridge synth --list\n"
      "  ridge synth --shape Qwen3-4B --type Q4_K_M -o qwen3-4b.gguf\n"
      "  ridge synth --shape Qwen3-30B-A3B --layers 4   a cut for day-to-day work\n"
      "  ridge synth --spec my-shape.json --type IQ4_XS"};
  add_command<SynthOptions>(
      line, chosen, text,
      [](OptionSet& set, SynthOptions& options) {
        set.value("--shape", options.shape, "A name of --list");
        set.value("--spec", options.spec,
                  "A shape as JSON, or a file of it; fields as in data/models.json");
        set.value("--type", options.type,
                  "A quantizer's name for a mix of types: F16, Q8_0, Q4_K_M, IQ2_XXS, ...");
        set.value("-o,--output", options.output, "The file; SHAPE-TYPE.gguf without it");
        set.value("--layers", options.n_layers, "Only so many layers").within(1, 1024);
        set.flag(
            "--mtp", options.prediction,
            "One layer more, which predicts the token after next, where the architecture has it");
        set.value("--seed", options.seed, "Other weights; 1 without it");
        set.flag("--list", options.list, "Show the known shapes");
      },
      run_synth);
}

}  // namespace ridge::cli
