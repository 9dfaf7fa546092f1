// ridge run: one prompt, one answer, one line of figures.
#include "base/error.h"
#include "cli/answer_sink.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/input.h"
#include "cli/options/model_options.h"
#include "cli/options/sampling_options.h"
#include "cli/plan/load_record.h"
#include "cli/prompt.h"
#include "cli/report.h"
#include "cli/stats.h"
#include "cli/ui/interrupt.h"

namespace ridge::cli {
namespace {

struct RunOptions {
  ModelOptions model;
  SamplingOptions sampling;
  TextInput input;
  std::string system;
  std::string template_file;
  int n_logprobs = 0;
  bool raw = false;
  bool json = false;
  bool quiet = false;
};

void check(const RunOptions& options) {
  if (options.n_logprobs > 0 && !options.json) {
    fail(ErrorCode::kInvalidArgument, "--logprobs has a place in the answer only with --json");
  }
  if (options.raw && !(options.system.empty() && options.template_file.empty())) {
    fail(ErrorCode::kInvalidArgument,
         "--raw uses no template, so --system and --chat-template-file have no place");
  }
}

void keep(const RunOptions& options, const LoadedModel& loaded, const GenerateStats& stats,
          Context& context) {
  constexpr int64_t kEnough = 16;  // tokens for a rate to mean something
  const Engine& engine = *loaded.engine;
  if (engine.memory_plan().placement != WeightPlacement::kMemory) return;  // another question
  const EngineOptions asked = engine_options(options.model, context);
  const MemoryNeeds& needs = engine.memory_plan().needs;
  const bool is_plain = stats.speculation.n_drafted == 0 && stats.n_generated >= kEnough;
  const auto plans = plans_here(loaded.path,
                                {.context = engine.context(),
                                 .k_dtype = asked.k_dtype,
                                 .v_dtype = asked.v_dtype,
                                 .batch = asked.batch},
                                context);
  if (!plans) return;
  keep_load({.command = "run",
             .model = loaded.path,
             .allocated = {.weights = needs.experts + needs.other_weights,
                           .cache = engine.kv_bytes(),
                           .compute = needs.compute},
             .depth = stats.n_prompt,
             .decode_tok_s = is_plain ? double(stats.n_generated - 1) / stats.decode_seconds : 0},
            *plans, context);
}

std::vector<text::Token> make_prompt(const RunOptions& options, const LoadedModel& loaded,
                                     const std::string& text, Context& context) {
  const PromptMaker maker(loaded.path, loaded.engine->shared_tokenizer(), options.template_file);
  if (options.raw) return maker.raw(text);
  if (!maker.has_template()) {
    if (!options.system.empty()) {
      fail(ErrorCode::kInvalidArgument, options.model.model,
           " has no chat template, so --system has no place; --chat-template-file gives one");
    }
    context.err.line("note: this model has no chat template; it continues the text as it is");
    return maker.raw(text);
  }
  std::vector<text::ChatMessage> messages;
  if (!options.system.empty()) messages.push_back({"system", options.system});
  messages.push_back({"user", text});
  return maker.chat(messages);
}

int run_run(const RunOptions& options, Context& context) {
  check(options);
  const std::string text = read_text(options.input);
  const LoadedModel loaded = load_model(options.model, context);
  Engine& engine = *loaded.engine;

  InterruptScope interrupt;
  GenerateRequest request;
  request.prompt = make_prompt(options, loaded, text, context);
  request.sampling = make_sampler_params(options.sampling, engine.tokenizer());
  request.sampling.n_logprobs = options.n_logprobs;
  request.max_tokens = options.sampling.n_predict;
  request.stops = options.sampling.stops;
  request.cancel = &interrupt.flag();

  AnswerSink sink(context.out, options.json ? AnswerSink::Mode::kKeep : AnswerSink::Mode::kStream);
  const GenerateResult result = engine.generate(request, [&sink](std::string_view piece) {
    sink.push(piece);
    return true;
  });
  sink.finish();

  RunStats stats{.engine = result.stats,
                 .load_seconds = loaded.load_seconds,
                 .peak_memory = peak_memory_bytes()};
  // Measured last: it would delay the first token by a fifth of a second, and it takes memory.
  if (!options.quiet) {
    stats.bandwidth = loaded.backend->measure_read_bandwidth(kSmallBandwidthBytes);
  }
  if (options.json) {
    context.out.line(run_json({.model = options.model.model,
                               .text = sink.text(),
                               .seed = request.sampling.seed,
                               .result = &result,
                               .tokenizer = &engine.tokenizer(),
                               .stats = stats}));
  } else if (!options.quiet) {
    context.err.line(context.err.palette().dim(stats_line(stats)));
  }
  keep(options, loaded, result.stats, context);
  return result.finish == FinishReason::kCancelled ? kExitInterrupted : kExitOk;
}

constexpr const char* kDetails =
    R"(The prompt comes from -p, -f or standard input and goes through the model's chat template, unless
--raw is given or the model has none; then the model continues the text. The answer streams to
standard output, and one line of figures follows on standard error: tokens per second of prompt and
answer, bytes read per second against what this machine can read (BUE is the ratio), the time to the
first token and the most memory used.

  ridge run smollm2-135m -p "Why is the sky blue?"
  git diff | ridge run qwen2.5-coder-1.5b --system "Write a commit message." -n 200
  ridge run gemma3-270m --raw -p "Once upon a time" --temp 0 --json
  ridge run qwen2.5-coder-1.5b --draft qwen2.5-coder-0.5b -f task.txt --temp 0
  ridge run -m model.gguf -f prompt.txt -c 4096 -t 4 -ctk q8_0 -ctv q8_0 --seed 1)";

}  // namespace

void add_run(CommandLine& line, Action& chosen) {
  const CommandText text{"run", "Answer one prompt", kDetails};
  add_command<RunOptions>(
      line, chosen, text,
      [](OptionSet& set, RunOptions& options) {
        declare_model_options(set, options.model);
        declare_speculation(set, options.model);
        declare_text_input(set, options.input);
        set.value("--system,--system-prompt", options.system,
                  "System message in front (also -sys)");
        set.value("--chat-template-file", options.template_file,
                  "Jinja template in place of the model's own");
        set.flag("--raw", options.raw, "No template: continue the text as it is");
        declare_sampling_options(set, options.sampling);
        set.value("--logprobs", options.n_logprobs,
                  "With --json: log-probabilities of each token and its N rivals")
            .within(0, 100);
        set.flag("--json", options.json, "One JSON object on standard output, at the end");
        set.flag("-q,--quiet", options.quiet, "No line of figures");
      },
      run_run);
}

}  // namespace ridge::cli
