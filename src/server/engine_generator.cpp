#include "server/engine_generator.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>

#include "base/random_seed.h"
#include "base/read_file.h"
#include "chat/vocabulary.h"
#include "gguf/describe.h"
#include "gguf/file.h"
#include "grammar/compiler.h"
#include "sample/check_params.h"
#include "server/fill_in.h"
#include "server/problem.h"

namespace ridge::server {
namespace {

// What of the prompt's end an answer's parser may need to see.
constexpr size_t kPromptEndBytes = 1024;

using Post = std::function<void(std::function<void()>)>;

TokenReport report_of(const text::Tokenizer& tokenizer, const GeneratedLogprob& logprob) {
  const auto piece = [&](int32_t token) {
    return tokenizer.piece(token, text::SpecialTokens::kParse);
  };
  TokenReport report{.text = piece(logprob.chosen.token), .logprob = logprob.chosen.logprob};
  for (const TokenLogprob& rival : logprob.top) {
    report.top.push_back({piece(rival.token), rival.logprob});
  }
  return report;
}

// Carries one choice from the engine's thread to the HTTP thread, where it is parsed.
class ChoiceSink final : public RequestSink, public std::enable_shared_from_this<ChoiceSink> {
 public:
  struct Setting {
    int choice = 0;
    std::shared_ptr<AnswerSink> sink;
    Post post;
    std::unique_ptr<chat::OutputParser> parser;  // null: the text is the answer
    std::shared_ptr<const text::Tokenizer> tokenizer;
    bool context_limits = false;         // it, and not max_tokens, ends an answer that is too long
    std::vector<std::string> own_stops;  // of the family alone
    std::shared_ptr<void> owner;         // lives until the answer ends
  };
  explicit ChoiceSink(Setting setting) : setting_(std::move(setting)) {}

  void queued(int64_t position) override {
    post([position](ChoiceSink& self) { self.setting_.sink->queued(position); });
  }
  void reading(const PromptProgress& progress) override {
    post([progress](ChoiceSink& self) { self.setting_.sink->reading(progress); });
  }
  void piece(const AnswerPiece& piece) override {
    std::vector<TokenReport> reports;
    for (const auto& logprob : piece.logprobs) {
      reports.push_back(report_of(*setting_.tokenizer, logprob));
    }
    post([text = std::string(piece.text), n = int64_t(piece.tokens.size()),
          reports = std::move(reports)](ChoiceSink& self) { self.deliver(text, n, reports); });
  }
  void finished(const GenerateResult& result) override {
    post([finish = result.finish, stop = result.stop, stats = result.stats](ChoiceSink& self) {
      self.end(finish, stop, stats);
    });
  }
  void failed(const Error& error) override {
    post([error](ChoiceSink& self) {
      self.setting_.sink->failed(self.setting_.choice, error);
      self.setting_.owner.reset();
    });
  }

 private:
  template <class Task>
  void post(Task task) {
    setting_.post([self = shared_from_this(), task = std::move(task)] { task(*self); });
  }

  void deliver(const std::string& text, int64_t n_tokens, const std::vector<TokenReport>& reports) {
    std::vector<chat::Event> events;
    if (setting_.parser) {
      events = setting_.parser->push(text);
    } else if (!text.empty()) {
      events.push_back({.kind = chat::Event::Kind::kContent, .text = text});
    }
    count_reasoning(events, n_tokens);
    setting_.sink->piece(setting_.choice, events, reports);
  }

  // A token belongs to what the text was before it when it has brought nothing itself.
  void count_reasoning(const std::vector<chat::Event>& events, int64_t n_tokens) {
    if (!events.empty()) reasoning_ = events.back().kind == chat::Event::Kind::kReasoning;
    if (reasoning_) n_reasoning_ += n_tokens;
  }

  void end(FinishReason finish, const std::string& stop, const GenerateStats& stats) {
    // A stop string of the model's family, and not of the request, says what an end token says.
    const auto& own_stops = setting_.own_stops;
    const bool is_own = std::find(own_stops.begin(), own_stops.end(), stop) != own_stops.end();
    if (finish == FinishReason::kStop && is_own) finish = FinishReason::kEnd;
    AnswerEnd end{.finish = finish, .n_reasoning = n_reasoning_, .stats = stats};
    if (finish == FinishReason::kStop) end.stop = stop;
    end.context_full = finish == FinishReason::kLength && setting_.context_limits;
    if (setting_.parser) {
      const bool whole = finish == FinishReason::kEnd;
      const auto rest =
          setting_.parser->finish(whole ? chat::Ending::kComplete : chat::Ending::kCut);
      end.unparsed_calls = setting_.parser->unparsed_calls();
      if (!rest.empty()) setting_.sink->piece(setting_.choice, rest, {});
    }
    setting_.sink->ended(setting_.choice, end);
    setting_.owner.reset();
  }

  Setting setting_;
  int64_t n_reasoning_ = 0;
  bool reasoning_ = false;
};

}  // namespace

struct EngineGenerator::State {
  State(Service& service, const EngineGeneratorOptions& options);
  const chat::Prompter& need_prompter() const;
  chat::Prompt prompt_of(const AnswerRequest& request) const;
  std::vector<text::Token> text_tokens(std::string_view text) const;
  std::shared_ptr<const grammar::Grammar> grammar_of(const AnswerRequest& request);
  SamplerParams sampling_of(const AnswerRequest& request) const;

  Service& service;
  std::shared_ptr<const text::Tokenizer> tokenizer;
  std::optional<chat::Prompter> prompter;  // none: the model has no template
  std::optional<FillInTokens> fill_in;
  ModelCard card;
  std::once_flag compiler_made;
  std::unique_ptr<grammar::GrammarCompiler> compiler;  // made for the first grammar
};

EngineGenerator::State::State(Service& the_service, const EngineGeneratorOptions& options)
    : service(the_service), tokenizer(service.tokenizer()), fill_in(find_fill_in(*tokenizer)) {
  const gguf::File file = gguf::File::open(options.model);
  gguf::Metadata metadata = file.metadata();
  if (options.chat_template.empty()) {
    card.chat_template = gguf::chat_template(file);
  } else {
    card.chat_template = read_file(options.chat_template);
    metadata.set(gguf::kChatTemplateKey,
                 {.type = gguf::ValueType::kString, .data = card.chat_template});
  }
  if (!card.chat_template.empty()) {
    auto chat_template = std::make_shared<const text::ChatTemplate>(
        text::ChatTemplate::from_metadata(metadata, *tokenizer));
    prompter.emplace(chat_template, tokenizer, chat::family_of(card.chat_template));
    card.family = prompter->family().name();
    card.takes_tools = prompter->takes_tools();
    card.reasons = prompter->reasons();
  }
  card.id = options.id;
  card.architecture = gguf::architecture_name(file);
  card.quant = gguf::quant_name(file);
  const auto changed = std::filesystem::last_write_time(options.model);
  card.created = std::chrono::duration_cast<std::chrono::seconds>(
                     std::chrono::file_clock::to_sys(changed).time_since_epoch())
                     .count();
  card.n_bytes = int64_t(file.size_bytes());
  for (const gguf::TensorInfo& tensor : file.tensors()) card.n_parameters += tensor.n_elements();
  card.n_context = service.context();
  card.n_context_trained = service.spec().context_length;
  card.n_vocab = tokenizer->n_vocab();
  card.d_model = service.spec().d_model;
  card.n_slots = options.n_slots;
  card.fills_in = fill_in.has_value();
}

const chat::Prompter& EngineGenerator::State::need_prompter() const {
  if (prompter) return *prompter;
  throw RequestError(
      {.message = cat("the model ", card.id,
                      " has no chat template: it continues text (/v1/completions), or "
                      "--chat-template-file gives it one")});
}

std::vector<text::Token> EngineGenerator::State::text_tokens(std::string_view text) const {
  auto tokens = tokenizer->encode(text, text::SpecialTokens::kAsText);
  if (tokenizer->adds_bos() && tokenizer->bos() >= 0) {
    tokens.insert(tokens.begin(), tokenizer->bos());
  }
  return tokens;
}

chat::Prompt EngineGenerator::State::prompt_of(const AnswerRequest& request) const {
  switch (request.input) {
    case AnswerRequest::Input::kConversation:
      return need_prompter().prompt(request.conversation);
    case AnswerRequest::Input::kText:
      return {.text = {}, .tokens = text_tokens(request.text), .message_ends = {}};
    case AnswerRequest::Input::kTokens:
      for (const text::Token token : request.tokens) {
        if (token < 0 || token >= tokenizer->n_vocab()) {
          refuse_field("prompt",
                       cat("token ", token, " is not in the vocabulary of ", tokenizer->n_vocab()));
        }
      }
      return {.text = {}, .tokens = request.tokens, .message_ends = {}};
    case AnswerRequest::Input::kFillIn:
      if (!fill_in) refuse_field("suffix", "this model has no tokens for text after a gap");
      return {.text = {},
              .tokens = fill_in_prompt(*tokenizer, *fill_in, request.text, request.suffix),
              .message_ends = {}};
  }
  return {};
}

std::shared_ptr<const grammar::Grammar> EngineGenerator::State::grammar_of(
    const AnswerRequest& request) {
  const bool is_chat = request.input == AnswerRequest::Input::kConversation;
  const std::optional<grammar::Source> source =
      is_chat ? need_prompter().family().grammar(request.rules) : request.rules.format;
  if (!source) return nullptr;
  std::call_once(compiler_made, [this] {
    compiler = std::make_unique<grammar::GrammarCompiler>(chat::vocabulary_of(*tokenizer));
  });
  return compiler->compile(*source);
}

SamplerParams EngineGenerator::State::sampling_of(const AnswerRequest& request) const {
  SamplerParams params = request.sampling;
  params.seed = request.seed ? *request.seed : random_seed();
  for (const std::string& breaker : request.dry_breakers) {
    params.dry_breakers.push_back(tokenizer->encode(breaker, text::SpecialTokens::kAsText));
    if (params.dry_breakers.back().empty()) params.dry_breakers.pop_back();
  }
  sample::check(params, int(card.n_vocab));
  return params;
}

namespace {

class EngineGeneration final : public Generation,
                               public std::enable_shared_from_this<EngineGeneration> {
 public:
  struct Setting {
    Service& service;
    const chat::Family* family = nullptr;  // null: no conversation, nothing to parse
    chat::AnswerRules rules;
    GenerateRequest request;
    std::shared_ptr<const grammar::Grammar> grammar;
    std::function<std::shared_ptr<Constraint>(std::shared_ptr<Constraint>)> bind;
    int n_choices = 1;
    bool context_limits = false;
    std::vector<std::string> own_stops;
  };
  explicit EngineGeneration(Setting setting) : setting_(std::move(setting)) {}

  int64_t n_prompt() const override { return int64_t(setting_.request.prompt.size()); }

  void start(std::shared_ptr<AnswerSink> sink, Post post) override {
    for (int choice = 0; choice < setting_.n_choices; ++choice) {
      auto to = std::make_shared<ChoiceSink>(ChoiceSink::Setting{
          .choice = choice,
          .sink = sink,
          .post = post,
          .parser = setting_.family == nullptr ? nullptr : setting_.family->parser(setting_.rules),
          .tokenizer = setting_.service.tokenizer(),
          .context_limits = setting_.context_limits,
          .own_stops = setting_.own_stops,
          .owner = shared_from_this()});
      GenerateRequest request = setting_.request;
      request.sampling.seed += uint64_t(choice);
      if (setting_.grammar) request.constraint = grammar::make_constraint(setting_.grammar);
      if (setting_.bind) request.constraint = setting_.bind(std::move(request.constraint));
      try {
        submit(std::move(request), std::move(to));
      } catch (const Error&) {
        cancel();  // the choices before it
        throw;
      }
    }
  }

  void cancel() override {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    for (const RequestId id : ids_) setting_.service.cancel(id);
  }

 private:
  void submit(GenerateRequest request, std::shared_ptr<ChoiceSink> sink) {
    const RequestId id = setting_.service.submit(std::move(request), std::move(sink));
    const std::lock_guard lock(mutex_);
    ids_.push_back(id);
    if (cancelled_) setting_.service.cancel(id);
  }

  Setting setting_;
  std::mutex mutex_;
  std::vector<RequestId> ids_;
  bool cancelled_ = false;
};

}  // namespace

EngineGenerator::EngineGenerator(Service& service, const EngineGeneratorOptions& options)
    : state_(std::make_unique<State>(service, options)) {}

EngineGenerator::~EngineGenerator() = default;

const ModelCard& EngineGenerator::card() const {
  return state_->card;
}

std::shared_ptr<Generation> EngineGenerator::prepare(AnswerRequest request) {
  State& state = *state_;
  chat::Prompt prompt = state.prompt_of(request);
  const int64_t n_prompt = int64_t(prompt.tokens.size());
  const int64_t room = state.card.n_context - n_prompt;
  if (n_prompt == 0) throw RequestError({.message = "the prompt is empty", .param = "prompt"});
  if (room <= 0) refuse_overflow(n_prompt, state.card.n_context);

  const bool is_chat = request.input == AnswerRequest::Input::kConversation;
  const std::string& rendered = prompt.text.bytes;
  request.rules.prompt_end =
      rendered.substr(rendered.size() - std::min(rendered.size(), kPromptEndBytes));
  EngineGeneration::Setting setting{.service = state.service};
  setting.grammar = state.grammar_of(request);
  setting.request.sampling = state.sampling_of(request);
  setting.request.stops = request.stops;
  if (is_chat) {
    setting.family = &state.prompter->family();
    setting.request.specials = text::SpecialTokens::kParse;
    for (std::string& stop : setting.family->stops()) {
      auto& stops = setting.request.stops;
      if (std::find(stops.begin(), stops.end(), stop) != stops.end()) continue;
      stops.push_back(stop);
      setting.own_stops.push_back(std::move(stop));
    }
  }
  setting.context_limits = request.max_tokens < 0 || request.max_tokens > room;
  setting.request.max_tokens = setting.context_limits ? room : request.max_tokens;
  setting.request.prompt = std::move(prompt.tokens);
  setting.request.message_ends = std::move(prompt.message_ends);
  setting.request.client = std::move(request.client);
  setting.rules = std::move(request.rules);
  setting.bind = std::move(request.bind);
  setting.n_choices = request.n_choices;
  return std::make_shared<EngineGeneration>(std::move(setting));
}

std::vector<text::Token> EngineGenerator::prompt_tokens(const AnswerRequest& request) const {
  return state_->prompt_of(request).tokens;
}

std::string EngineGenerator::prompt_text(const chat::Conversation& conversation) const {
  return state_->need_prompter().render(conversation).bytes;
}

EmbeddingResult EngineGenerator::embed(std::vector<text::Token> tokens) {
  return state_->service.embed(std::move(tokens));
}

const text::Tokenizer& EngineGenerator::tokenizer() const {
  return *state_->tokenizer;
}

ServiceStatus EngineGenerator::status() const {
  return state_->service.status();
}

}  // namespace ridge::server
