// ridge chat: a conversation at the terminal. Each turn renders the whole conversation; the engine
// reads only what its cache does not hold yet.
#include "base/error.h"
#include "cli/answer_sink.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/options/model_options.h"
#include "cli/options/sampling_options.h"
#include "cli/prompt.h"
#include "cli/stats.h"
#include "cli/ui/format.h"
#include "cli/ui/interrupt.h"
#include "cli/ui/line_editor.h"

namespace ridge::cli {
namespace {

struct ChatOptions {
  ModelOptions model;
  SamplingOptions sampling;
  std::string system;
  std::string template_file;
};

constexpr std::string_view kHelp = R"(/system TEXT   set the system message; without TEXT show it
/reset         start over, with the same system message
/stats         figures of the last answer, and how full the context is
/help          this list
/quit          leave (also Ctrl-D, or Ctrl-C twice)
A line that ends with \ goes on in the next one; // sends a text that begins with a slash.
)";

class Chat {
 public:
  Chat(const ChatOptions& options, Context& context)
      : options_(options),
        context_(context),
        loaded_(load_model(options.model, context)),
        maker_(loaded_.path, loaded_.engine->shared_tokenizer(), options.template_file),
        params_(make_sampler_params(options.sampling, loaded_.engine->tokenizer())),
        system_(options.system) {
    if (maker_.has_template()) return;
    fail(ErrorCode::kInvalidArgument, options.model.model,
         " has no chat template: 'ridge run' lets it continue a text, --chat-template-file gives "
         "it one");
  }

  ExitCode run();

 private:
  enum class Next { kGoOn, kLeave };

  LineEditor::Read read_message(LineEditor& editor) const;
  Next obey(const std::string& command);
  void set_system(std::string text);
  void show_stats();
  void answer(std::string text);
  GenerateResult generate(AnswerSink& sink);
  std::vector<text::Token> prompt() const;
  void say(std::string_view text) { context_.err.line(context_.err.palette().dim(text)); }

  const ChatOptions& options_;
  Context& context_;
  InterruptScope interrupt_;
  LoadedModel loaded_;
  PromptMaker maker_;
  SamplerParams params_;
  std::string system_;
  std::vector<text::ChatMessage> messages_;  // without the system message
  GenerateStats last_;
  double bandwidth_ = 0;
  uint64_t peak_memory_ = 0;
};

ExitCode Chat::run() {
  LineEditor editor(interrupt_, context_.environment.cache / "chat_history");
  say(cat(loaded_.path.stem().string(), " · context ", plural(loaded_.engine->context(), "token"),
          " · /help lists the commands"));
  bool warned = false;
  for (;;) {
    LineEditor::Read read = read_message(editor);
    if (read.outcome == LineEditor::Outcome::kEnd) return kExitOk;
    if (read.outcome == LineEditor::Outcome::kInterrupted) {
      interrupt_.take();
      context_.out.line("");
      if (warned) return kExitInterrupted;
      warned = true;
      say("Ctrl-C again leaves");
      continue;
    }
    warned = false;
    if (read.text.find_first_not_of(" \t") == std::string::npos) continue;
    if (read.text.starts_with('/') && !read.text.starts_with("//")) {
      if (obey(read.text) == Next::kLeave) return kExitOk;
      continue;
    }
    answer(read.text.starts_with("//") ? read.text.substr(1) : read.text);
  }
}

LineEditor::Read Chat::read_message(LineEditor& editor) const {
  LineEditor::Read message = editor.read("> ");
  while (message.outcome == LineEditor::Outcome::kLine && message.text.ends_with('\\')) {
    LineEditor::Read rest = editor.read(". ");
    message.text.back() = '\n';
    message.text += rest.text;
    if (rest.outcome != LineEditor::Outcome::kLine) message.outcome = rest.outcome;
  }
  return message;
}

Chat::Next Chat::obey(const std::string& line) {
  const auto blank = line.find(' ');
  const std::string command = line.substr(0, blank);
  if (command == "/quit" || command == "/exit" || command == "/bye") return Next::kLeave;
  if (command == "/help") {
    context_.err.write(kHelp);
  } else if (command == "/reset") {
    messages_.clear();
    say("a new conversation");
  } else if (command == "/stats") {
    show_stats();
  } else if (command == "/system") {
    set_system(blank == std::string::npos ? "" : line.substr(blank + 1));
  } else {
    say(cat("no command ", command, "; /help lists them, and // sends a text that begins with /"));
  }
  return Next::kGoOn;
}

void Chat::set_system(std::string text) {
  if (text.empty()) {
    say(system_.empty() ? "no system message of yours" : "system: " + system_);
    return;
  }
  system_ = std::move(text);
  say("system message set");
}

void Chat::show_stats() {
  if (last_.n_prompt == 0) {
    say("no answer yet");
    return;
  }
  if (bandwidth_ == 0) bandwidth_ = loaded_.backend->measure_read_bandwidth(kSmallBandwidthBytes);
  say(stats_line({.engine = last_,
                  .load_seconds = loaded_.load_seconds,
                  .bandwidth = bandwidth_,
                  .peak_memory = peak_memory_}));
  say(cat("context: ", human_count(last_.n_prompt + last_.n_generated), " of ",
          plural(loaded_.engine->context(), "token")));
}

std::vector<text::Token> Chat::prompt() const {
  std::vector<text::ChatMessage> all;
  if (!system_.empty()) all.push_back({"system", system_});
  all.insert(all.end(), messages_.begin(), messages_.end());
  return maker_.chat(all);
}

GenerateResult Chat::generate(AnswerSink& sink) {
  GenerateRequest request;
  request.prompt = prompt();
  request.sampling = params_;
  request.max_tokens = options_.sampling.n_predict;
  request.stops = options_.sampling.stops;
  request.cancel = &interrupt_.flag();
  return loaded_.engine->generate(request, [&sink](std::string_view piece) {
    sink.push(piece);
    return true;
  });
}

void Chat::answer(std::string text) {
  messages_.push_back({"user", std::move(text)});
  AnswerSink sink(context_.out, AnswerSink::Mode::kStream);
  try {
    const GenerateResult result = generate(sink);
    sink.finish();
    last_ = result.stats;
    if (bandwidth_ == 0) peak_memory_ = peak_memory_bytes();  // measuring bandwidth takes memory
    messages_.push_back({"assistant", sink.text()});
    if (result.finish == FinishReason::kCancelled) say("(stopped)");
    if (result.finish == FinishReason::kLength && options_.sampling.n_predict < 0) {
      say("the context is full; /reset starts over");
    }
  } catch (const Error& error) {  // the conversation goes on without the message that failed
    messages_.pop_back();
    context_.err.line(cat(context_.err.palette().red("error: "), printable(error.what())));
  }
  interrupt_.take();
}

int run_chat(const ChatOptions& options, Context& context) {
  return Chat(options, context).run();
}

constexpr const char* kDetails =
    R"(Lines can be edited, and the arrow keys bring back earlier ones (kept in the cache folder). Ctrl-C
stops an answer; at the prompt, pressed twice, it leaves. Each turn reads only what is new.

  ridge chat smollm2-135m
  ridge chat qwen2.5-coder-1.5b --system "Answer with code only." --temp 0.2
  ridge chat -m model.gguf -c 16384 -ctk q8_0 -ctv q8_0

In the conversation:
  /system TEXT, /reset, /stats, /help, /quit)";

}  // namespace

void add_chat(CommandLine& line, Action& chosen) {
  const CommandText text{"chat", "Talk with a model", kDetails};
  add_command<ChatOptions>(
      line, chosen, text,
      [](OptionSet& set, ChatOptions& options) {
        declare_model_options(set, options.model);
        declare_speculation(set, options.model);
        set.value("--system,--system-prompt", options.system, "System message (also -sys)");
        set.value("--chat-template-file", options.template_file,
                  "Jinja template in place of the model's own");
        declare_sampling_options(set, options.sampling);
      },
      run_chat);
}

}  // namespace ridge::cli
