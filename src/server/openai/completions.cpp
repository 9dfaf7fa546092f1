#include "server/openai/completions.h"

#include <algorithm>

#include "base/utc.h"
#include "server/openai/shapes.h"
#include "server/openai/tools.h"
#include "server/sampling_fields.h"
#include "server/sse.h"

namespace ridge::server {
namespace {

constexpr int64_t kMostNewTokens = int64_t{1} << 30;
constexpr int64_t kDefaultNewTokens = 16;  // as the API documents it

struct CompletionOptions {
  bool stream = false;
  bool stream_usage = false;
  bool logprobs = false;
  size_t n_top = 0;
  std::string echo;  // the prompt, when it is to stand before the answer
};

void read_prompt(Fields& fields, AnswerRequest& request) {
  const Json& prompt = fields.required("prompt");
  const Json& one =
      prompt.is_array() && prompt.size() == 1 && !prompt[0].is_number() ? prompt[0] : prompt;
  if (one.is_string()) {
    request.input = AnswerRequest::Input::kText;
    request.text = one.get<std::string>();
    return;
  }
  if (!one.is_array() || one.empty()) {
    refuse_field("prompt",
                 cat("a text or a list of tokens is wanted, and this is ", describe(one)));
  }
  request.input = AnswerRequest::Input::kTokens;
  for (const Json& token : one) {
    if (!token.is_number_integer() || token.get<int64_t>() < 0 ||
        token.get<int64_t>() > INT32_MAX) {
      refuse_field("prompt", cat("one text, or the numbers of its tokens, is wanted; found ",
                                 describe(token)));
    }
    request.tokens.push_back(token.get<int32_t>());
  }
}

void read_suffix(Fields& fields, AnswerRequest& request) {
  const auto suffix = fields.string("suffix");
  if (!suffix || suffix->empty()) return;
  if (request.input != AnswerRequest::Input::kText) {
    refuse_field("suffix", "it needs a prompt of text");
  }
  request.input = AnswerRequest::Input::kFillIn;
  request.suffix = *suffix;
}

AnswerRequest read_completion(const Json& body, Call& call, CompletionOptions& options) {
  Fields fields(body);
  AnswerRequest request;
  request.sampling.temperature = 1;
  fields.string("model");
  read_prompt(fields, request);
  read_suffix(fields, request);
  request.max_tokens = fields.integer("max_tokens", -1, kMostNewTokens).value_or(kDefaultNewTokens);
  if (const auto n = fields.integer("n_predict", -1, kMostNewTokens)) request.max_tokens = *n;
  if (request.max_tokens == 0) refuse_field("max_tokens", "at least 1 is wanted");
  request.stops = fields.strings("stop", 16);
  std::erase(request.stops, "");
  request.n_choices = int(fields.integer("n", 1, 16).value_or(1));
  if (fields.integer("best_of", 1, 16).value_or(request.n_choices) != request.n_choices) {
    refuse_field("best_of", "only as many answers are made as are given back; n says how many");
  }
  if (const auto n = fields.integer("logprobs", 0, 20)) {
    options.logprobs = true;
    options.n_top = size_t(*n);
    request.sampling.n_logprobs = std::max(1, int(*n));
  }
  if (fields.boolean("echo").value_or(false)) {
    if (options.logprobs || request.input != AnswerRequest::Input::kText) {
      refuse_field("echo", "it goes with a prompt of text, and not with logprobs");
    }
    options.echo = request.text;
  }
  read_grammar(fields, request);
  read_sampling(fields, request);
  options.stream = fields.boolean("stream").value_or(false);
  options.stream_usage = read_stream_usage(fields, call);
  fields.accept({"user", "metadata", "cache_prompt", "id_slot", "store"});
  call.note_unused(fields);
  return request;
}

int64_t n_characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; });
}

// The older shape: four lists side by side. offset: characters of the answer before these tokens,
// and after them.
Json old_logprobs(std::span<const TokenReport> tokens, size_t n_top, int64_t& offset) {
  Json names = Json::array(), values = Json::array(), tops = Json::array(), offsets = Json::array();
  for (const TokenReport& token : tokens) {
    names.push_back(token.text);
    values.push_back(std::max(token.logprob, -9999.0));
    Json top = Json::object();
    for (size_t i = 0; i < std::min(n_top, token.top.size()); ++i) {
      top[token.top[i].text] = std::max(token.top[i].logprob, -9999.0);
    }
    tops.push_back(std::move(top));
    offsets.push_back(offset);
    offset += n_characters(token.text);
  }
  return {{"tokens", std::move(names)},
          {"token_logprobs", std::move(values)},
          {"top_logprobs", std::move(tops)},
          {"text_offset", std::move(offsets)}};
}

std::string text_of(std::span<const chat::Event> events) {
  std::string text;
  for (const chat::Event& event : events) text += event.text;
  return text;
}

class CompletionSink : public AnswerSink {
 public:
  CompletionSink(CallPtr call, CompletionOptions options, int n_choices)
      : call_(std::move(call)),
        options_(std::move(options)),
        n_open_(n_choices),
        n_choices_(n_choices),
        offsets_(size_t(n_choices), 0) {}

 protected:
  Json head() const {
    return {{"id", id_},
            {"object", "text_completion"},
            {"created", created_},
            {"model", call_->generator.card().id}};
  }
  Json choice_json(int choice, std::string text, std::span<const TokenReport> tokens,
                   const Json& finish) {
    const bool reports = options_.logprobs && !tokens.empty();
    int64_t& offset = offsets_[size_t(choice)];
    return {{"index", choice},
            {"text", std::move(text)},
            {"logprobs", reports ? old_logprobs(tokens, options_.n_top, offset) : Json()},
            {"finish_reason", finish}};
  }

  CallPtr call_;
  CompletionOptions options_;
  int n_open_;
  int n_choices_;
  Usage usage_;

 private:
  std::vector<int64_t> offsets_;  // characters said by each choice
  std::string id_ = new_id("cmpl-");
  int64_t created_ = unix_time();
};

class WholeCompletion final : public CompletionSink {
 public:
  WholeCompletion(CallPtr call, CompletionOptions options, int n_choices)
      : CompletionSink(std::move(call), std::move(options), n_choices),
        choices_(size_t(n_choices)) {}
  void piece(int choice, std::span<const chat::Event> events,
             std::span<const TokenReport> tokens) override {
    Choice& to = choices_[size_t(choice)];
    to.text += text_of(events);
    to.tokens.insert(to.tokens.end(), tokens.begin(), tokens.end());
  }
  void ended(int choice, const AnswerEnd& end) override {
    choices_[size_t(choice)].finish = finish_reason(end, 0);
    usage_.add(end);
    if (--n_open_ > 0) return;
    Json choices = Json::array();
    for (int i = 0; i < n_choices_; ++i) {
      const Choice& done = choices_[size_t(i)];
      choices.push_back(choice_json(i, options_.echo + done.text, done.tokens, done.finish));
    }
    Json reply = head();
    reply["choices"] = std::move(choices);
    reply["usage"] = usage_json(usage_);
    call_->reply(reply);
  }
  void failed(int, const Error& error) override { call_->fail(problem_of(error)); }

 private:
  struct Choice {
    std::string text;
    std::vector<TokenReport> tokens;
    std::string finish;
  };
  std::vector<Choice> choices_;
};

class StreamedCompletion final : public CompletionSink {
 public:
  using CompletionSink::CompletionSink;
  void begin() override {
    call_->responder->begin(
        {.headers = call_->headers(), .keep_alive = [] { return std::string(kSseComment); }});
    if (options_.echo.empty()) return;
    for (int i = 0; i < n_choices_; ++i) send(choice_json(i, options_.echo, {}, nullptr));
  }
  void piece(int choice, std::span<const chat::Event> events,
             std::span<const TokenReport> tokens) override {
    std::string text = text_of(events);
    const bool says_something = !text.empty() || (options_.logprobs && !tokens.empty());
    if (says_something) send(choice_json(choice, std::move(text), tokens, nullptr));
  }
  void ended(int choice, const AnswerEnd& end) override {
    usage_.add(end);
    send(choice_json(choice, "", {}, finish_reason(end, 0)));
    if (--n_open_ > 0) return;
    end_chunks(*call_->responder, head(), options_.stream_usage ? &usage_ : nullptr);
  }
  void failed(int, const Error& error) override { fail_chunks(*call_->responder, error); }

 private:
  void send(Json choice) {
    Json chunk = head();
    chunk["choices"] = Json::array({std::move(choice)});
    call_->responder->write(sse_data(chunk));
  }
};

}  // namespace

void openai_completions(const CallPtr& call) {
  CompletionOptions options;
  AnswerRequest request = read_completion(call->body(), *call, options);
  const int n = request.n_choices;
  run_answer(call, std::move(request), [&](int64_t) -> std::shared_ptr<AnswerSink> {
    if (!options.stream) return std::make_shared<WholeCompletion>(call, options, n);
    return std::make_shared<StreamedCompletion>(call, options, n);
  });
}

}  // namespace ridge::server
