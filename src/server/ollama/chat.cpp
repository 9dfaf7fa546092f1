#include <cmath>

#include "base/utc.h"
#include "server/ollama/ollama.h"
#include "server/sse.h"

namespace ridge::server {
namespace {

int64_t nanoseconds(double seconds) {
  return int64_t(std::llround(seconds * 1e9));
}

Json ollama_calls(const std::vector<chat::ParsedAnswer::Call>& calls) {
  Json out = Json::array();
  for (const auto& call : calls) {
    Json arguments = Json::parse(call.arguments, nullptr, false);
    if (!arguments.is_object()) arguments = Json::object();
    out.push_back({{"function", {{"name", call.name}, {"arguments", std::move(arguments)}}}});
  }
  return out;
}

// Lines of JSON, or one object: they differ only in when what is said is sent.
class OllamaSink final : public AnswerSink {
 public:
  OllamaSink(CallPtr call, OllamaOptions options) : call_(std::move(call)), options_(options) {}

  void begin() override {
    if (!options_.stream) return;
    call_->responder->begin({.content_type = "application/x-ndjson",
                             .headers = call_->headers(),
                             .keep_alive = [empty = json_line(line({}))] { return empty; }});
  }
  void piece(int, std::span<const chat::Event> events,
             std::span<const TokenReport> tokens) override {
    chat::ParsedAnswer now;
    for (const chat::Event& event : events) {
      chat::add(event, all_);
      if (event.kind == chat::Event::Kind::kReasoning) now.reasoning += event.text;
      if (event.kind == chat::Event::Kind::kContent) now.content += event.text;
      if (event.kind == chat::Event::Kind::kCallEnd) now.calls.push_back(all_.calls.back());
    }
    tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
    const bool silent = now.reasoning.empty() && now.content.empty() && now.calls.empty();
    if (!options_.stream || silent) return;
    Json out = line(now);
    add_logprobs(out, tokens);
    call_->responder->write(json_line(out));
  }
  void ended(int, const AnswerEnd& end) override {
    Json last = line(options_.stream ? chat::ParsedAnswer{} : all_);
    if (!options_.stream) add_logprobs(last, tokens_);
    const GenerateStats& stats = end.stats;
    last["done"] = true;
    last["done_reason"] = end.finish == FinishReason::kLength ? "length" : "stop";
    last["total_duration"] = nanoseconds(stats.prompt_seconds + stats.decode_seconds);
    last["load_duration"] = 0;
    last["prompt_eval_count"] = stats.n_prompt;
    last["prompt_eval_duration"] = nanoseconds(stats.prompt_seconds);
    last["eval_count"] = stats.n_generated;
    last["eval_duration"] = nanoseconds(stats.decode_seconds);
    last["cached_tokens"] = stats.n_reused;
    if (!options_.stream) {
      call_->reply(last);
      return;
    }
    call_->responder->write(json_line(last));
    call_->responder->finish();
  }
  void failed(int, const Error& error) override {
    if (!options_.stream) {
      call_->fail(problem_of(error));
      return;
    }
    call_->responder->write(error_body(Dialect::kOllama, problem_of(error)) + "\n");
    call_->responder->finish();
  }

 private:
  Json line(const chat::ParsedAnswer& said) const {
    Json out{{"model", call_->generator.card().id}, {"created_at", utc_time()}};
    if (options_.shape == OllamaShape::kGenerate) {
      out["response"] = said.content;
      if (!said.reasoning.empty()) out["thinking"] = said.reasoning;
    } else {
      Json message{{"role", "assistant"}, {"content", said.content}};
      if (!said.reasoning.empty()) message["thinking"] = said.reasoning;
      if (!said.calls.empty()) message["tool_calls"] = ollama_calls(said.calls);
      out["message"] = std::move(message);
    }
    out["done"] = false;
    return out;
  }
  void add_logprobs(Json& out, std::span<const TokenReport> tokens) const {
    if (!options_.logprobs || tokens.empty()) return;
    Json list = Json::array();
    for (const TokenReport& token : tokens) {
      Json top = Json::array();
      for (size_t i = 0; i < std::min(options_.n_top, token.top.size()); ++i) {
        top.push_back({{"token", token.top[i].text}, {"logprob", token.top[i].logprob}});
      }
      list.push_back({{"token", token.text}, {"logprob", token.logprob}, {"top_logprobs", top}});
    }
    out["logprobs"] = std::move(list);
  }

  CallPtr call_;
  OllamaOptions options_;
  chat::ParsedAnswer all_;
  std::vector<TokenReport> tokens_;
};

// Without a prompt it is a question whether the model is loaded.
void say_loaded(const CallPtr& call, OllamaShape shape) {
  Json reply{{"model", call->generator.card().id}, {"created_at", utc_time()}};
  if (shape == OllamaShape::kChat) {
    reply["message"] = {{"role", "assistant"}, {"content", ""}};
  } else {
    reply["response"] = "";
  }
  reply["done"] = true;
  reply["done_reason"] = "load";
  call->reply(reply);
}

void answer_ollama(const CallPtr& call, OllamaShape shape) {
  OllamaOptions options{.shape = shape};
  AnswerRequest request = read_ollama_request(call->body(), *call, options);
  const bool is_conversation = request.input == AnswerRequest::Input::kConversation;
  if (is_conversation && request.conversation.messages.empty()) {
    say_loaded(call, shape);
    return;
  }
  run_answer(call, std::move(request), [&](int64_t) -> std::shared_ptr<AnswerSink> {
    return std::make_shared<OllamaSink>(call, options);
  });
}

}  // namespace

void ollama_chat(const CallPtr& call) {
  answer_ollama(call, OllamaShape::kChat);
}

void ollama_generate(const CallPtr& call) {
  answer_ollama(call, OllamaShape::kGenerate);
}

}  // namespace ridge::server
