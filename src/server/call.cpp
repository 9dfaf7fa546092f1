#include "server/call.h"

#include <algorithm>
#include <chrono>
#include <random>

#include "base/quote.h"
#include "server/log.h"
#include "server/metrics.h"

namespace ridge::server {
namespace {

// Passes on what it hears, makes sure that begin() comes first, and keeps count. When a choice
// fails, so does the answer: the sink hears of the first failure and then nothing more.
class ObservedSink final : public AnswerSink {
 public:
  ObservedSink(CallPtr call, std::shared_ptr<AnswerSink> sink, int n_choices)
      : call_(std::move(call)), sink_(std::move(sink)), n_open_(n_choices) {
    record_.n_choices = n_choices;
    call_->metrics.request_began();
  }

  void begin() override {
    if (!std::exchange(began_, true)) sink_->begin();
  }
  void queued(int64_t position) override {
    begin();
    sink_->queued(position);
  }
  void reading(const PromptProgress& progress) override {
    begin();
    sink_->reading(progress);
  }
  void piece(int choice, std::span<const chat::Event> events,
             std::span<const TokenReport> tokens) override {
    if (has_failed_) return;
    begin();
    if (!record_.first_token_seconds) record_.first_token_seconds = seconds();
    sink_->piece(choice, events, tokens);
  }
  void ended(int choice, const AnswerEnd& end) override {
    begin();
    record_.n_prompt = end.stats.n_prompt;
    record_.n_reused = std::max(record_.n_reused, end.stats.n_reused);
    note_miss(end.stats.miss);
    record_.n_generated += end.stats.n_generated;
    record_.prompt_seconds += end.stats.prompt_seconds;
    record_.decode_seconds = std::max(record_.decode_seconds, end.stats.decode_seconds);
    record_.n_unparsed_calls += end.unparsed_calls;
    record_.n_drafted += end.stats.speculation.n_drafted;
    record_.n_accepted += end.stats.speculation.n_accepted;
    record_.n_passes += end.stats.speculation.n_passes;
    record_.plain_seconds = end.stats.speculation.plain_seconds;
    record_.cancelled = record_.cancelled || end.finish == FinishReason::kCancelled;
    if (end.finish == FinishReason::kCancelled) {  // its client left, or the server stops
      tell_failure(choice, Error(ErrorCode::kCancelled, "the request was cancelled"));
    } else if (!has_failed_) {
      sink_->ended(choice, end);
    }
    close_one();
  }
  void failed(int choice, const Error& error) override {
    record_.error = error.what();
    begin();
    tell_failure(choice, error);
    close_one();
  }

 private:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  void tell_failure(int choice, const Error& error) {
    if (!std::exchange(has_failed_, true)) sink_->failed(choice, error);
  }
  void note_miss(const PrefixMiss& miss) {
    if (miss.cached.empty()) return;
    record_.n_equal = miss.n_equal;
    if (!call_->log.shows_texts()) return;
    record_.asked_text = text_of(miss.asked);
    record_.cached_text = text_of(miss.cached);
  }
  std::string text_of(std::span<const text::Token> tokens) const {
    std::string text;
    for (const text::Token token : tokens) {
      text += call_->generator.tokenizer().piece(token, text::SpecialTokens::kParse);
    }
    return text;
  }
  void close_one() {
    if (--n_open_ > 0) return;
    record_.seconds = seconds();
    call_->metrics.request_ended(record_);
    call_->log.answered(*call_, record_);
  }

  CallPtr call_;
  std::shared_ptr<AnswerSink> sink_;
  int n_open_;
  bool began_ = false;
  bool has_failed_ = false;
  AnswerRecord record_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

Json Call::body() const {
  return parse_json(request->body);
}

void Call::note(std::string text) {
  notes.push_back(std::move(text));
}

void Call::note_unused(const Fields& fields) {
  const auto add = [this](const std::vector<std::string>& keys, std::string_view what) {
    std::string text;
    for (const std::string& key : keys) text += cat(text.empty() ? "" : ", ", in_quotes(key, 48));
    if (!text.empty()) note(cat(what, text));
  };
  add(fields.accepted(), "without effect here: ");
  add(fields.unread(), "unknown and ignored: ");
}

HttpHeaders Call::headers() const {
  std::string text;
  for (const std::string& one : notes) text += cat(text.empty() ? "" : "; ", one);
  if (text.empty()) return {};
  constexpr size_t kMost = 1000;
  return {{"X-Ridge-Warning", text.substr(0, kMost)}};
}

void Call::reply(const Json& json) {
  responder->reply({.status = 200, .headers = headers(), .body = dump(json)});
}

void Call::fail(const Problem& problem) {
  HttpReply reply = error_reply(dialect, problem);
  for (auto& header : headers()) reply.headers.push_back(std::move(header));
  responder->reply(std::move(reply));
}

void run_answer(const CallPtr& call, AnswerRequest request, const SinkMaker& make_sink) {
  const int n_choices = request.n_choices;
  request.client =
      cat(call->request->client, " ", call->request->header("user-agent").value_or(""));
  const auto generation = call->generator.prepare(std::move(request));
  const auto sink =
      std::make_shared<ObservedSink>(call, make_sink(generation->n_prompt()), n_choices);
  const auto responder = call->responder;
  generation->start(sink,
                    [responder](std::function<void()> task) { responder->post(std::move(task)); });
  responder->post([sink] { sink->begin(); });
  responder->on_gone([weak = std::weak_ptr(generation)] {
    if (const auto running = weak.lock()) running->cancel();
  });
}

std::string new_id(std::string_view prefix) {
  constexpr std::string_view kLetters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::random_device device;
  std::uniform_int_distribution<size_t> letter(0, kLetters.size() - 1);
  std::string id(prefix);
  for (int i = 0; i < 24; ++i) id += kLetters[letter(device)];
  return id;
}

}  // namespace ridge::server
