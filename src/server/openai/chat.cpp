#include "server/openai/chat.h"

#include "base/utc.h"
#include "server/openai/shapes.h"
#include "server/sse.h"

namespace ridge::server {
namespace {

struct Head {
  std::string id = new_id("chatcmpl-");
  int64_t created = unix_time();
  std::string model;
  size_t n_top_logprobs = 0;
  bool logprobs = false;
};

std::string call_id(const chat::Event& event) {
  return event.id.empty() ? new_id("call_") : event.id;
}

// One JSON object for all choices, when the last of them has ended.
class WholeChat final : public AnswerSink {
 public:
  WholeChat(CallPtr call, Head head, int n_choices)
      : call_(std::move(call)), head_(std::move(head)), choices_(size_t(n_choices)) {}

  void piece(int choice, std::span<const chat::Event> events,
             std::span<const TokenReport> tokens) override {
    Choice& to = choices_[size_t(choice)];
    for (const chat::Event& event : events) {
      chat::add(event, to.answer);
      if (event.kind == chat::Event::Kind::kCallBegin) to.call_ids.push_back(call_id(event));
    }
    to.tokens.insert(to.tokens.end(), tokens.begin(), tokens.end());
  }
  void ended(int choice, const AnswerEnd& end) override {
    choices_[size_t(choice)].end = end;
    usage_.add(end);
    if (++n_ended_ == choices_.size()) reply();
  }
  void failed(int, const Error& error) override { call_->fail(problem_of(error)); }

 private:
  struct Choice {
    chat::ParsedAnswer answer;
    std::vector<std::string> call_ids;
    std::vector<TokenReport> tokens;
    AnswerEnd end;
  };

  Json message(const Choice& choice) const {
    const bool silent = choice.answer.content.empty() && !choice.answer.calls.empty();
    Json message{{"role", "assistant"},
                 {"content", silent ? Json() : Json(choice.answer.content)},
                 {"refusal", nullptr}};
    if (!choice.answer.reasoning.empty()) {
      message["reasoning_content"] = choice.answer.reasoning;
    }
    for (size_t i = 0; i < choice.answer.calls.size(); ++i) {
      const auto& call = choice.answer.calls[i];
      message["tool_calls"].push_back(
          {{"id", choice.call_ids[i]},
           {"type", "function"},
           {"function", {{"name", call.name}, {"arguments", call.arguments}}}});
    }
    return message;
  }

  void reply() {
    Json choices = Json::array();
    for (size_t i = 0; i < choices_.size(); ++i) {
      const Choice& choice = choices_[i];
      Json logprobs;
      if (head_.logprobs) {
        logprobs = {{"content", logprobs_json(choice.tokens, head_.n_top_logprobs)},
                    {"refusal", nullptr}};
      }
      choices.push_back({{"index", i},
                         {"message", message(choice)},
                         {"logprobs", std::move(logprobs)},
                         {"finish_reason", finish_reason(choice.end, choice.answer.calls.size())}});
    }
    call_->reply({{"id", head_.id},
                  {"object", "chat.completion"},
                  {"created", head_.created},
                  {"model", head_.model},
                  {"choices", std::move(choices)},
                  {"usage", usage_json(usage_)}});
  }

  CallPtr call_;
  Head head_;
  std::vector<Choice> choices_;
  Usage usage_;
  size_t n_ended_ = 0;
};

// Chunks as the answers come.
class StreamedChat final : public AnswerSink {
 public:
  StreamedChat(CallPtr call, Head head, int n_choices, bool usage)
      : call_(std::move(call)),
        head_(std::move(head)),
        n_calls_(size_t(n_choices), 0),
        reports_usage_(usage) {}

  void begin() override {
    call_->responder->begin(
        {.headers = call_->headers(), .keep_alive = [] { return std::string(kSseComment); }});
    for (size_t i = 0; i < n_calls_.size(); ++i) {
      send(int(i), {{"role", "assistant"}, {"content", ""}});
    }
  }
  void piece(int choice, std::span<const chat::Event> events,
             std::span<const TokenReport> tokens) override {
    bool reported = !head_.logprobs || tokens.empty();
    for (const chat::Event& event : events) {
      Json delta = delta_of(choice, event);
      if (delta.is_null()) continue;
      const bool report = !reported && event.kind == chat::Event::Kind::kContent;
      send(choice, std::move(delta), {}, report ? tokens : std::span<const TokenReport>());
      reported = reported || report;
    }
    if (!reported) send(choice, {{"content", ""}}, {}, tokens);
  }
  void ended(int choice, const AnswerEnd& end) override {
    usage_.add(end);
    send(choice, Json::object(), finish_reason(end, n_calls_[size_t(choice)]));
    if (++n_ended_ < n_calls_.size()) return;
    end_chunks(*call_->responder, chunk_head(), reports_usage_ ? &usage_ : nullptr);
  }
  void failed(int, const Error& error) override { fail_chunks(*call_->responder, error); }

 private:
  Json delta_of(int choice, const chat::Event& event) {
    switch (event.kind) {
      case chat::Event::Kind::kReasoning:
        return {{"reasoning_content", event.text}};
      case chat::Event::Kind::kContent:
        return {{"content", event.text}};
      case chat::Event::Kind::kCallBegin:
        ++n_calls_[size_t(choice)];
        return tool_delta({{"index", event.call},
                           {"id", call_id(event)},
                           {"type", "function"},
                           {"function", {{"name", event.text}, {"arguments", ""}}}});
      case chat::Event::Kind::kArguments:
        return tool_delta({{"index", event.call}, {"function", {{"arguments", event.text}}}});
      case chat::Event::Kind::kCallEnd:
        break;
    }
    return nullptr;
  }
  static Json tool_delta(Json call) { return {{"tool_calls", Json::array({std::move(call)})}}; }

  Json chunk_head() const {
    return {{"id", head_.id},
            {"object", "chat.completion.chunk"},
            {"created", head_.created},
            {"model", head_.model}};
  }
  void send(int choice, Json delta, std::string_view finish = {},
            std::span<const TokenReport> tokens = {}) {
    Json logprobs;
    if (!tokens.empty()) {
      logprobs = {{"content", logprobs_json(tokens, head_.n_top_logprobs)}, {"refusal", nullptr}};
    }
    Json chunk = chunk_head();
    chunk["choices"] = Json::array({{{"index", choice},
                                     {"delta", std::move(delta)},
                                     {"logprobs", std::move(logprobs)},
                                     {"finish_reason", finish.empty() ? Json() : Json(finish)}}});
    if (reports_usage_) chunk["usage"] = nullptr;
    call_->responder->write(sse_data(chunk));
  }

  CallPtr call_;
  Head head_;
  std::vector<size_t> n_calls_;
  Usage usage_;
  bool reports_usage_;
  size_t n_ended_ = 0;
};

}  // namespace

void openai_chat(const CallPtr& call) {
  ChatOptions options;
  AnswerRequest request = read_chat_request(call->body(), *call, options);
  Head head{.model = call->generator.card().id};
  head.logprobs = request.sampling.n_logprobs > 0;
  head.n_top_logprobs = options.n_top_logprobs;
  const int n = request.n_choices;
  run_answer(call, std::move(request), [&](int64_t) -> std::shared_ptr<AnswerSink> {
    if (!options.stream) return std::make_shared<WholeChat>(call, std::move(head), n);
    return std::make_shared<StreamedChat>(call, std::move(head), n, options.stream_usage);
  });
}

}  // namespace ridge::server
