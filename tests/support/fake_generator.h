// A generator for tests of wire formats: it plays back a script, and remembers what it was asked.
// And a responder that remembers what it was told. One thread, unless said.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "gguf/metadata.h"
#include "server/app.h"
#include "server/generator.h"
#include "text/tokenizer/synthetic_vocabulary.h"

namespace ridge::server {

// A token a byte, and a few for pairs of letters.
inline std::shared_ptr<const text::Tokenizer> byte_tokenizer() {
  static const auto kTokenizer = [] {
    gguf::Metadata metadata;
    text::set_synthetic_vocabulary(metadata, 300);
    return text::Tokenizer::from_metadata(metadata);
  }();
  return kTokenizer;
}

struct FakeScript {
  struct Step {
    std::vector<chat::Event> events;
    std::vector<TokenReport> tokens;
  };
  int64_t n_prompt = 10;
  int64_t n_reused = 4;
  bool tells_reading = true;
  std::vector<Step> steps;
  AnswerEnd end;
  std::string failure;  // not empty: it fails after the steps
  bool refuses_start = false;
  bool waits = false;  // plays when play() is called, from any thread
};

class FakeGeneration final : public Generation {
 public:
  FakeGeneration(FakeScript script, int n_choices)
      : script_(std::move(script)), n_choices_(n_choices) {}

  int64_t n_prompt() const override { return script_.n_prompt; }
  void start(std::shared_ptr<AnswerSink> sink,
             std::function<void(std::function<void()>)> post) override {
    if (script_.refuses_start) fail(ErrorCode::kBusy, "the line is full: 64 requests wait");
    {
      const std::lock_guard lock(mutex_);
      sink_ = std::move(sink);
      post_ = std::move(post);
    }
    if (!script_.waits) play();
  }
  void cancel() override { cancelled = true; }

  void play() {
    for (int choice = 0; choice < n_choices_; ++choice) {
      if (script_.tells_reading)
        tell([this](AnswerSink& sink) {
          sink.reading({.n_prompt = script_.n_prompt,
                        .n_reused = script_.n_reused,
                        .n_read = script_.n_prompt});
        });
      for (const auto& step : script_.steps) {
        tell([=](AnswerSink& sink) { sink.piece(choice, step.events, step.tokens); });
      }
      tell([this, choice](AnswerSink& sink) {
        if (!script_.failure.empty()) {
          sink.failed(choice, Error(ErrorCode::kDevice, script_.failure));
          return;
        }
        AnswerEnd end = script_.end;
        end.stats.n_prompt = script_.n_prompt;
        end.stats.n_reused = script_.n_reused;
        sink.ended(choice, end);
      });
    }
  }
  bool has_started() {
    const std::lock_guard lock(mutex_);
    return sink_ != nullptr;
  }

  std::atomic<bool> cancelled{false};

 private:
  void tell(std::function<void(AnswerSink&)> task) {
    post_([sink = sink_, task = std::move(task)] { task(*sink); });
  }
  FakeScript script_;
  int n_choices_;
  std::mutex mutex_;
  std::shared_ptr<AnswerSink> sink_;
  std::function<void(std::function<void()>)> post_;
};

class FakeGenerator final : public Generator {
 public:
  FakeGenerator() {
    card_.id = "tiny";
    card_.n_context = 100;
    card_.n_context_trained = 200;
    card_.chat_template = "{{ messages }}";
    card_.n_vocab = tokenizer_->n_vocab();
    card_.d_model = 2;
  }
  const ModelCard& card() const override { return card_; }
  std::shared_ptr<Generation> prepare(AnswerRequest request) override {
    const std::lock_guard lock(mutex_);
    if (script.n_prompt >= card_.n_context) refuse_overflow(script.n_prompt, card_.n_context);
    generations_.push_back(std::make_shared<FakeGeneration>(script, request.n_choices));
    asked = std::move(request);
    return generations_.back();
  }
  std::vector<text::Token> prompt_tokens(const AnswerRequest& request) const override {
    if (request.input == AnswerRequest::Input::kTokens) return request.tokens;
    if (request.input == AnswerRequest::Input::kText) {
      return tokenizer_->encode(request.text, text::SpecialTokens::kAsText);
    }
    return std::vector<text::Token>(request.conversation.messages.size() * 3);
  }
  std::string prompt_text(const chat::Conversation& conversation) const override {
    std::string text;
    for (const auto& message : conversation.messages) text += message.content;
    return text;
  }
  EmbeddingResult embed(std::vector<text::Token> tokens) override {
    return {.values = {0.6f, 0.8f}, .n_tokens = int64_t(tokens.size())};
  }
  const text::Tokenizer& tokenizer() const override { return *tokenizer_; }
  ServiceStatus status() const override { return state; }

  size_t n_generations() {
    const std::lock_guard lock(mutex_);
    return generations_.size();
  }
  std::shared_ptr<FakeGeneration> generation(size_t i) {
    const std::lock_guard lock(mutex_);
    return generations_.at(i);
  }

  FakeScript script;
  AnswerRequest asked;
  ServiceStatus state;

 private:
  ModelCard card_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<FakeGeneration>> generations_;
  std::shared_ptr<const text::Tokenizer> tokenizer_ = byte_tokenizer();
};

class RecordingResponder final : public Responder {
 public:
  void reply(HttpReply given) override { replies.push_back(std::move(given)); }
  void begin(StreamHead head) override { heads.push_back(std::move(head)); }
  void write(std::string bytes) override { stream += bytes; }
  void finish() override { ++n_finished; }
  void post(std::function<void()> task) override { task(); }
  void on_gone(std::function<void()> task) override { gone = std::move(task); }

  std::vector<HttpReply> replies;
  std::vector<StreamHead> heads;
  std::string stream;
  int n_finished = 0;
  std::function<void()> gone;
};

// An application over a fake, asked without HTTP.
struct FakeServer {
  std::string log;
  FakeGenerator generator;
  App app{generator, {}, [this](std::string_view line) { log += std::string(line) + "\n"; }};

  std::shared_ptr<RecordingResponder> ask(std::string method, std::string path, std::string body,
                                          HttpHeaders headers = {}) {
    auto request = std::make_shared<HttpRequest>();
    request->method = std::move(method);
    request->path = std::move(path);
    request->body = std::move(body);
    request->headers = std::move(headers);
    auto responder = std::make_shared<RecordingResponder>();
    app.handle(request, responder);
    return responder;
  }
  std::shared_ptr<RecordingResponder> post(const std::string& path, const Json& body) {
    return ask("POST", path, dump(body));
  }
};

// Events in short.
inline chat::Event content(std::string text) {
  return {.kind = chat::Event::Kind::kContent, .text = std::move(text)};
}
inline chat::Event reasoning(std::string text) {
  return {.kind = chat::Event::Kind::kReasoning, .text = std::move(text)};
}
inline chat::Event call_begin(int call, std::string name, std::string id = {}) {
  return {.kind = chat::Event::Kind::kCallBegin,
          .text = std::move(name),
          .call = call,
          .id = std::move(id)};
}
inline chat::Event arguments(int call, std::string text) {
  return {.kind = chat::Event::Kind::kArguments, .text = std::move(text), .call = call};
}
inline chat::Event call_end(int call) {
  return {.kind = chat::Event::Kind::kCallEnd, .call = call};
}

}  // namespace ridge::server
