// ridge perplexity: how well a model predicts a text.
#include "cli/perplexity.h"

#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/input.h"
#include "cli/options/model_options.h"
#include "cli/report.h"
#include "cli/ui/format.h"
#include "cli/ui/interrupt.h"
#include "cli/ui/progress.h"

namespace ridge::cli {
namespace {

struct PerplexityCommand {
  ModelOptions model;
  std::string file;
  int64_t n_context = 512;
  int64_t n_chunks = -1;
  bool json = false;
};

std::vector<text::Token> encode_text(const text::Tokenizer& tokenizer, const std::string& text) {
  std::vector<text::Token> tokens = tokenizer.encode(text, text::SpecialTokens::kAsText);
  if (tokenizer.adds_bos() && tokenizer.bos() >= 0) tokens.insert(tokens.begin(), tokenizer.bos());
  return tokens;
}

PerplexityResult measure(const PerplexityCommand& options, const LoadedModel& loaded,
                         const std::string& text, Context& context) {
  InterruptScope interrupt;
  Progress progress(context.err, {.label = "perplexity", .unit = Progress::Unit::kCount});
  const auto after_chunk = [&](int64_t done, int64_t total, const NllSum&) {
    progress.update(uint64_t(done), uint64_t(total));
    return !interrupt.interrupted();
  };
  PerplexityResult result = measure_perplexity(
      *loaded.engine, encode_text(loaded.engine->tokenizer(), text),
      {.n_context = options.n_context, .max_chunks = options.n_chunks}, after_chunk);
  if (interrupt.interrupted()) fail(ErrorCode::kCancelled, "stopped");
  return result;
}

int run_perplexity(const PerplexityCommand& options, Context& context) {
  const std::string text = read_text_file(options.file);
  ModelOptions model = options.model;
  model.n_context = options.n_context;
  const LoadedModel loaded = load_model(model, context);
  const PerplexityResult result = measure(options, loaded, text, context);
  if (options.json) {
    context.out.line(perplexity_json(options.model.model, result));
    return kExitOk;
  }
  context.out.line(cat("perplexity ", fixed(result.perplexity, 4), " ± ",
                       fixed(result.standard_error, 4), "  (", plural(result.n_scored, "token"),
                       " scored in ", plural(result.n_chunks, "window"), " of ", result.n_context,
                       ", ", human_seconds(result.seconds), ")"));
  return kExitOk;
}

}  // namespace

void add_perplexity(CommandLine& line, Action& chosen) {
  const CommandText text{
      "perplexity", "Measure how well a model predicts a text",
      "The protocol is llama.cpp's, so that figures compare: windows of --ctx tokens that do not\n"
      "overlap, BOS in front of each where the model adds one, the second half of each scored.\n\n"
      "  ridge perplexity smollm2-135m -f text.txt\n"
      "  ridge perplexity smollm2-135m -f text.txt --ctx 1024 --chunks 8 --json"};
  add_command<PerplexityCommand>(
      line, chosen, text,
      [](OptionSet& set, PerplexityCommand& options) {
        declare_model(set, options.model.model);
        declare_machine(set, options.model);
        set.value("-c,--ctx,--ctx-size", options.n_context, "Tokens of a window (default 512)")
            .within(int64_t(4), int64_t(1) << 24);
        set.value("-f,--file", options.file, "The text; '-' is standard input").required();
        set.value("--chunks", options.n_chunks, "Only so many windows; -1: all")
            .within(int64_t(-1), int64_t(1) << 40);
        set.flag("--json", options.json, "One JSON object on standard output");
      },
      run_perplexity);
}

}  // namespace ridge::cli
