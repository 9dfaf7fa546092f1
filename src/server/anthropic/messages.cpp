#include "server/anthropic/messages.h"

#include "server/sse.h"

namespace ridge::server {
namespace {

// The three figures are disjoint: together they are the prompt.
Json usage_of(int64_t n_prompt, int64_t n_reused, int64_t n_generated) {
  return {{"input_tokens", n_prompt - n_reused},
          {"cache_creation_input_tokens", 0},
          {"cache_read_input_tokens", n_reused},
          {"output_tokens", n_generated}};
}

Json usage_of(const AnswerEnd& end) {
  return usage_of(end.stats.n_prompt, end.stats.n_reused, end.stats.n_generated);
}

std::string_view stop_reason(const AnswerEnd& end, size_t n_calls) {
  switch (end.finish) {
    case FinishReason::kLength:
      return end.context_full ? "model_context_window_exceeded" : "max_tokens";
    case FinishReason::kStop:
      return n_calls > 0 ? "tool_use" : "stop_sequence";
    case FinishReason::kEnd:
    case FinishReason::kCancelled:
      break;
  }
  return n_calls > 0 ? "tool_use" : "end_turn";
}

struct MessageHead {
  std::string id = new_id("msg_");
  std::string model;
  int64_t n_prompt = 0;
};

// Goes with the reason "stop_sequence" alone.
Json stop_sequence(const AnswerEnd& end, size_t n_calls) {
  return end.finish == FinishReason::kStop && n_calls == 0 ? Json(end.stop) : Json();
}

std::string tool_use_id(const chat::Event& event) {
  return event.id.empty() ? new_id("toolu_") : event.id;
}

// Arguments always join to valid JSON; what is no object would break a client that expects one.
Json input_of(const std::string& arguments) {
  Json input = Json::parse(arguments, nullptr, false);
  return input.is_object() ? input : Json::object();
}

class WholeMessage final : public AnswerSink {
 public:
  WholeMessage(CallPtr call, MessageHead head) : call_(std::move(call)), head_(std::move(head)) {}

  void piece(int, std::span<const chat::Event> events, std::span<const TokenReport>) override {
    for (const chat::Event& event : events) {
      chat::add(event, answer_);
      if (event.kind == chat::Event::Kind::kCallBegin) ids_.push_back(tool_use_id(event));
    }
  }
  void ended(int, const AnswerEnd& end) override {
    Json content = Json::array();
    if (!answer_.reasoning.empty()) {
      content.push_back({{"type", "thinking"}, {"thinking", answer_.reasoning}, {"signature", ""}});
    }
    if (!answer_.content.empty()) {
      content.push_back({{"type", "text"}, {"text", answer_.content}});
    }
    for (size_t i = 0; i < answer_.calls.size(); ++i) {
      content.push_back({{"type", "tool_use"},
                         {"id", ids_[i]},
                         {"name", answer_.calls[i].name},
                         {"input", input_of(answer_.calls[i].arguments)}});
    }
    call_->reply({{"id", head_.id},
                  {"type", "message"},
                  {"role", "assistant"},
                  {"model", head_.model},
                  {"content", std::move(content)},
                  {"stop_reason", stop_reason(end, answer_.calls.size())},
                  {"stop_sequence", stop_sequence(end, answer_.calls.size())},
                  {"usage", usage_of(end)}});
  }
  void failed(int, const Error& error) override { call_->fail(problem_of(error)); }

 private:
  CallPtr call_;
  MessageHead head_;
  chat::ParsedAnswer answer_;
  std::vector<std::string> ids_;
};

class StreamedMessage final : public AnswerSink {
 public:
  StreamedMessage(CallPtr call, MessageHead head)
      : call_(std::move(call)), head_(std::move(head)) {}

  // The message begins when it is known how much of the prompt was found in the cache, since
  // clients take that from its first event. Until then there are pings.
  void begin() override {
    call_->responder->begin({.headers = call_->headers(),
                             .keep_alive = [] { return sse_event("ping", {{"type", "ping"}}); }});
  }
  void reading(const PromptProgress& progress) override { start(progress.n_reused); }
  void piece(int, std::span<const chat::Event> events, std::span<const TokenReport>) override {
    start(0);
    for (const chat::Event& event : events) add(event);
  }
  void ended(int, const AnswerEnd& end) override {
    start(end.stats.n_reused);
    close_block();
    send("message_delta", {{"delta",
                            {{"stop_reason", stop_reason(end, n_calls_)},
                             {"stop_sequence", stop_sequence(end, n_calls_)}}},
                           {"usage", usage_of(end)}});
    send("message_stop", Json::object());
    call_->responder->finish();
  }
  void failed(int, const Error& error) override {
    const std::string body = error_body(Dialect::kAnthropic, problem_of(error));
    call_->responder->write(cat("event: error\ndata: ", body, "\n\n"));
    call_->responder->finish();
  }

 private:
  enum class Block { kNone, kThinking, kText, kToolUse };

  void send(std::string_view name, Json rest) {
    Json event{{"type", name}};
    event.update(rest);
    call_->responder->write(sse_event(name, event));
  }
  void start(int64_t n_reused) {
    if (std::exchange(started_, true)) return;
    send("message_start", {{"message",
                            {{"id", head_.id},
                             {"type", "message"},
                             {"role", "assistant"},
                             {"model", head_.model},
                             {"content", Json::array()},
                             {"stop_reason", nullptr},
                             {"stop_sequence", nullptr},
                             {"usage", usage_of(head_.n_prompt, n_reused, 0)}}}});
  }
  void open_block(Block block, Json content) {
    close_block();
    block_ = block;
    send("content_block_start", {{"index", index_}, {"content_block", std::move(content)}});
  }
  void close_block() {
    if (block_ == Block::kNone) return;
    if (block_ == Block::kThinking) delta({{"type", "signature_delta"}, {"signature", ""}});
    send("content_block_stop", {{"index", index_}});
    block_ = Block::kNone;
    ++index_;
  }
  void delta(Json content) {
    send("content_block_delta", {{"index", index_}, {"delta", std::move(content)}});
  }

  void add(const chat::Event& event) {
    switch (event.kind) {
      case chat::Event::Kind::kReasoning:
        if (block_ != Block::kThinking) {
          open_block(Block::kThinking, {{"type", "thinking"}, {"thinking", ""}, {"signature", ""}});
        }
        delta({{"type", "thinking_delta"}, {"thinking", event.text}});
        break;
      case chat::Event::Kind::kContent:
        if (block_ != Block::kText) open_block(Block::kText, {{"type", "text"}, {"text", ""}});
        delta({{"type", "text_delta"}, {"text", event.text}});
        break;
      case chat::Event::Kind::kCallBegin:
        ++n_calls_;
        open_block(Block::kToolUse, {{"type", "tool_use"},
                                     {"id", tool_use_id(event)},
                                     {"name", event.text},
                                     {"input", Json::object()}});
        break;
      case chat::Event::Kind::kArguments:
        delta({{"type", "input_json_delta"}, {"partial_json", event.text}});
        break;
      case chat::Event::Kind::kCallEnd:
        close_block();
        break;
    }
  }

  CallPtr call_;
  MessageHead head_;
  bool started_ = false;
  Block block_ = Block::kNone;
  int index_ = 0;
  size_t n_calls_ = 0;
};

}  // namespace

void anthropic_messages(const CallPtr& call) {
  const Json body = call->body();
  MessagesOptions options;
  AnswerRequest request = read_messages_request(body, MessagesPurpose::kAnswer, *call, options);
  MessageHead head{.model = call->generator.card().id};
  run_answer(call, std::move(request), [&](int64_t n_prompt) -> std::shared_ptr<AnswerSink> {
    head.n_prompt = n_prompt;
    if (!options.stream) return std::make_shared<WholeMessage>(call, std::move(head));
    return std::make_shared<StreamedMessage>(call, std::move(head));
  });
}

void anthropic_count_tokens(const CallPtr& call) {
  const Json body = call->body();
  MessagesOptions options;
  const AnswerRequest request =
      read_messages_request(body, MessagesPurpose::kCount, *call, options);
  call->reply({{"input_tokens", call->generator.prompt_tokens(request).size()}});
}

}  // namespace ridge::server
