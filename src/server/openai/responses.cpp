#include "server/openai/responses.h"

#include <utility>

#include "base/utc.h"
#include "server/openai/shapes.h"
#include "server/sse.h"

namespace ridge::server {
namespace {

// Builds the response item by item from the events of the answer, and tells of each step. Whole and
// streamed answers differ only in who listens.
class ResponseBuilder {
 public:
  using Tell = std::function<void(std::string_view name, Json event)>;
  ResponseBuilder(std::string model, ResponsesOptions options, Tell tell)
      : model_(std::move(model)), options_(std::move(options)), tell_(std::move(tell)) {}

  void add(const chat::Event& event, std::span<const TokenReport> tokens) {
    switch (event.kind) {
      case chat::Event::Kind::kReasoning:
        if (open_ != Item::kReasoning) open_reasoning_item();
        text_ += event.text;
        tell_part(options_.summarises ? "response.reasoning_summary_text.delta"
                                      : "response.reasoning_text.delta",
                  {{"delta", event.text}});
        break;
      case chat::Event::Kind::kContent:
        if (open_ != Item::kMessage) open_message();
        text_ += event.text;
        add_logprobs(tokens);
        tell_part("response.output_text.delta",
                  {{"delta", event.text}, {"logprobs", logprobs(tokens)}});
        break;
      case chat::Event::Kind::kCallBegin:
        open_call(event);
        break;
      case chat::Event::Kind::kArguments:
        text_ += event.text;
        if (open_ == Item::kCall) {
          tell("response.function_call_arguments.delta", {{"delta", event.text}});
        }
        break;
      case chat::Event::Kind::kCallEnd:
        close("completed");
        break;
    }
  }

  Json finish(const AnswerEnd& end) {
    const bool cut = end.finish == FinishReason::kLength;
    close(cut ? "incomplete" : "completed");
    Json response = snapshot(cut ? "incomplete" : "completed");
    if (cut) response["incomplete_details"] = {{"reason", "max_output_tokens"}};
    if (!cut) response["completed_at"] = unix_time();
    const GenerateStats& stats = end.stats;
    response["usage"] = {
        {"input_tokens", stats.n_prompt},
        {"input_tokens_details", {{"cached_tokens", stats.n_reused}, {"cache_write_tokens", 0}}},
        {"output_tokens", stats.n_generated},
        {"output_tokens_details", {{"reasoning_tokens", end.n_reasoning}}},
        {"total_tokens", stats.n_prompt + stats.n_generated}};
    return response;
  }

  Json failure(const Problem& problem) const {
    Json response = snapshot("failed");
    response["error"] = {{"code", openai_code(problem)},
                         {"message", error_message(Dialect::kOpenAi, problem)}};
    return response;
  }

  Json snapshot(std::string_view status) const {
    Json response{{"id", id_},        {"object", "response"},     {"created_at", created_},
                  {"status", status}, {"error", nullptr},         {"incomplete_details", nullptr},
                  {"model", model_},  {"output", output_},        {"previous_response_id", nullptr},
                  {"store", false},   {"truncation", "disabled"}, {"usage", nullptr}};
    response.update(options_.echo);
    return response;
  }

 private:
  enum class Item { kNone, kReasoning, kMessage, kCall, kCustomCall };

  void tell(std::string_view name, Json fields) {
    Json event{{"item_id", item_["id"]}, {"output_index", output_.size()}};
    event.update(fields);
    tell_(name, std::move(event));
  }
  void tell_part(std::string_view name, Json fields) {
    const bool summary = open_ == Item::kReasoning && options_.summarises;
    Json event{{summary ? "summary_index" : "content_index", 0}};
    event.update(fields);
    tell(name, std::move(event));
  }
  void begin_item(Item kind, Json item) {
    close("completed");
    open_ = kind;
    item_ = std::move(item);
    text_.clear();
    item_logprobs_ = Json::array();
    tell_("response.output_item.added", {{"output_index", output_.size()}, {"item", item_}});
  }

  Json reasoning_part() const {
    return {{"type", options_.summarises ? "summary_text" : "reasoning_text"}, {"text", text_}};
  }
  Json text_part() const {
    return {{"type", "output_text"},
            {"text", text_},
            {"annotations", Json::array()},
            {"logprobs", item_logprobs_}};
  }

  void open_reasoning_item() {
    Json item{{"type", "reasoning"}, {"id", new_id("rs_")}, {"summary", Json::array()}};
    if (!options_.summarises) item["content"] = Json::array();
    begin_item(Item::kReasoning, std::move(item));
    tell_part(options_.summarises ? "response.reasoning_summary_part.added"
                                  : "response.content_part.added",
              {{"part", reasoning_part()}});
  }
  void open_message() {
    begin_item(Item::kMessage, {{"type", "message"},
                                {"id", new_id("msg_")},
                                {"status", "in_progress"},
                                {"role", "assistant"},
                                {"content", Json::array()}});
    tell_part("response.content_part.added", {{"part", text_part()}});
  }
  void open_call(const chat::Event& event) {
    const auto found = options_.tools.find(event.text);
    const ResponseTool tool = found == options_.tools.end() ? ResponseTool{} : found->second;
    Json item{{"type", tool.is_custom ? "custom_tool_call" : "function_call"},
              {"id", new_id(tool.is_custom ? "ctc_" : "fc_")},
              {"status", "in_progress"},
              {"call_id", event.id.empty() ? new_id("call_") : event.id},
              {"name", event.text}};
    if (!tool.space.empty()) item["namespace"] = tool.space;
    item[tool.is_custom ? "input" : "arguments"] = "";
    begin_item(tool.is_custom ? Item::kCustomCall : Item::kCall, std::move(item));
  }

  void add_logprobs(std::span<const TokenReport> tokens) {
    for (Json& entry : logprobs(tokens)) item_logprobs_.push_back(std::move(entry));
  }
  Json logprobs(std::span<const TokenReport> tokens) const {
    return options_.logprobs ? logprobs_json(tokens, options_.n_top_logprobs) : Json::array();
  }

  void close(std::string_view status) {
    switch (open_) {
      case Item::kNone:
        return;
      case Item::kReasoning:
        close_reasoning();
        break;
      case Item::kMessage:
        tell_part("response.output_text.done", {{"text", text_}, {"logprobs", item_logprobs_}});
        tell_part("response.content_part.done", {{"part", text_part()}});
        item_["content"].push_back(text_part());
        break;
      case Item::kCall:
        tell("response.function_call_arguments.done",
             {{"name", item_["name"]}, {"arguments", text_}});
        item_["arguments"] = text_;
        break;
      case Item::kCustomCall:
        close_custom_call();
        break;
    }
    if (open_ != Item::kReasoning) item_["status"] = status;
    open_ = Item::kNone;
    tell_("response.output_item.done", {{"output_index", output_.size()}, {"item", item_}});
    output_.push_back(std::move(item_));
  }
  void close_reasoning() {
    const bool summary = options_.summarises;
    tell_part(summary ? "response.reasoning_summary_text.done" : "response.reasoning_text.done",
              {{"text", text_}});
    tell_part(summary ? "response.reasoning_summary_part.done" : "response.content_part.done",
              {{"part", reasoning_part()}});
    item_[summary ? "summary" : "content"].push_back(reasoning_part());
    item_["encrypted_content"] = seal_reasoning(text_);
  }
  // The text is the one argument of a function, which is known when it is whole.
  void close_custom_call() {
    const Json arguments = Json::parse(text_, nullptr, false);
    const bool is_ours =
        arguments.is_object() && arguments.contains("input") && arguments["input"].is_string();
    const std::string input = is_ours ? arguments["input"].get<std::string>() : text_;
    tell("response.custom_tool_call_input.delta", {{"delta", input}});
    tell("response.custom_tool_call_input.done", {{"input", input}});
    item_["input"] = input;
  }

  std::string id_ = new_id("resp_");
  int64_t created_ = unix_time();
  std::string model_;
  ResponsesOptions options_;
  Tell tell_;
  Json output_ = Json::array();
  Item open_ = Item::kNone;
  Json item_;
  std::string text_;  // of the open item
  Json item_logprobs_ = Json::array();
};

void add_all(ResponseBuilder& builder, std::span<const chat::Event> events,
             std::span<const TokenReport> tokens) {
  for (const chat::Event& event : events) {
    builder.add(event, tokens);
    if (event.kind == chat::Event::Kind::kContent) tokens = {};  // told of once
  }
}

class WholeResponse final : public AnswerSink {
 public:
  WholeResponse(CallPtr call, ResponsesOptions options)
      : call_(std::move(call)),
        builder_(call_->generator.card().id, std::move(options),
                 [](std::string_view, const Json&) {}) {}
  void piece(int, std::span<const chat::Event> events,
             std::span<const TokenReport> tokens) override {
    add_all(builder_, events, tokens);
  }
  void ended(int, const AnswerEnd& end) override { call_->reply(builder_.finish(end)); }
  void failed(int, const Error& error) override { call_->fail(problem_of(error)); }

 private:
  CallPtr call_;
  ResponseBuilder builder_;
};

class StreamedResponse final : public AnswerSink,
                               public std::enable_shared_from_this<StreamedResponse> {
 public:
  StreamedResponse(CallPtr call, ResponsesOptions options)
      : call_(std::move(call)),
        builder_(call_->generator.card().id, std::move(options),
                 [this](std::string_view name, Json event) { send(name, std::move(event)); }) {}

  // Clients of this API count the time between events, and a comment is none: while nothing
  // happens, the response is said to be in progress again.
  void begin() override {
    call_->responder->begin({.headers = call_->headers(), .keep_alive = [weak = weak_from_this()] {
                               const auto self = weak.lock();
                               return self ? self->in_progress() : std::string();
                             }});
    send("response.created", {{"response", builder_.snapshot("in_progress")}});
    call_->responder->write(in_progress());
  }
  void piece(int, std::span<const chat::Event> events,
             std::span<const TokenReport> tokens) override {
    add_all(builder_, events, tokens);
  }
  void ended(int, const AnswerEnd& end) override {
    const bool cut = end.finish == FinishReason::kLength;
    Json response = builder_.finish(end);
    send(cut ? "response.incomplete" : "response.completed", {{"response", std::move(response)}});
    call_->responder->finish();
  }
  void failed(int, const Error& error) override { fail(problem_of(error)); }
  void fail(const Problem& problem) {
    send("response.failed", {{"response", builder_.failure(problem)}});
    call_->responder->finish();
  }

 private:
  std::string event(std::string_view name, Json fields) {
    Json event{{"type", name}, {"sequence_number", n_sent_++}};
    event.update(fields);
    return sse_event(name, event);
  }
  std::string in_progress() {
    return event("response.in_progress", {{"response", builder_.snapshot("in_progress")}});
  }
  void send(std::string_view name, Json fields) {
    call_->responder->write(event(name, std::move(fields)));
  }

  CallPtr call_;
  int64_t n_sent_ = 0;
  ResponseBuilder builder_;
};

}  // namespace

void openai_responses(const CallPtr& call) {
  const Json body = call->body();
  ResponsesOptions options;
  AnswerRequest request = read_responses_request(body, *call, options);
  const bool streams = options.stream;
  try {
    run_answer(call, std::move(request), [&](int64_t) -> std::shared_ptr<AnswerSink> {
      if (!streams) return std::make_shared<WholeResponse>(call, options);
      return std::make_shared<StreamedResponse>(call, options);
    });
  } catch (const RequestError& error) {
    // Codex learns that it must shorten the conversation from an event alone, not from a status.
    if (!streams || !error.problem().overflow) throw;
    const auto sink = std::make_shared<StreamedResponse>(call, std::move(options));
    call->responder->post([sink, problem = error.problem()] {
      sink->begin();
      sink->fail(problem);
    });
  }
}

}  // namespace ridge::server
