#include "cli/bench/chat_client.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/bench/sse.h"
#include "cli/ui/format.h"
#include "hub/http.h"

namespace ridge::cli {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr std::chrono::seconds kStall{600};  // a long prompt on a slow machine sends nothing
constexpr size_t kShownBody = 300;

int64_t count_in(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? std::max<int64_t>(0, found->get<int64_t>())
                                                     : 0;
}

const json& member(const json& object, const char* name) {
  static const json kNone = json::object();
  const auto found = object.find(name);
  return found != object.end() && found->is_object() ? *found : kNone;
}

bool has_text(const json& delta) {
  for (const char* name : {"content", "reasoning_content", "reasoning"}) {
    const auto found = delta.find(name);
    if (found != delta.end() && found->is_string() &&
        !found->get_ref<const std::string&>().empty()) {
      return true;
    }
  }
  return false;
}

class Answer final : public hub::HttpReceiver {
 public:
  explicit Answer(std::string shown_url)
      : shown_url_(std::move(shown_url)),
        events_([this](std::string_view data) { take(data); }),
        start_(Clock::now()) {}

  hub::BodyWish begin(const hub::HttpResponse& response) override {
    status_ = response.status;
    return hub::BodyWish::kPass;
  }
  void body(std::span<const std::byte> bytes) override {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    now_ = std::chrono::duration<double>(Clock::now() - start_).count();
    if (head_.size() < kShownBody) head_.append(text.substr(0, kShownBody - head_.size()));
    if (status_ == 200) events_.feed(text);
  }

  ChatTiming finish(const hub::HttpResponse& response) {
    if (response.status == 0) {
      fail(ErrorCode::kNetwork, shown_url_, ": ", response.interruption);
    }
    if (response.status != 200) {
      fail(ErrorCode::kNetwork, shown_url_, " answers with status ", response.status, ": ",
           printable(head_));
    }
    if (!response.interruption.empty() || !ended_) {
      fail(ErrorCode::kNetwork, shown_url_, ": the answer broke off after ", timing_.n_events,
           " pieces of text",
           response.interruption.empty() ? "" : cat(" (", response.interruption, ")"));
    }
    if (timing_.n_events == 0) {
      fail(ErrorCode::kNetwork, shown_url_, " ended its answer without any text");
    }
    timing_.counted = timing_.n_prompt > 0 && timing_.n_generated > 0;
    if (timing_.n_generated == 0) timing_.n_generated = timing_.n_events;
    // Name look-up, TCP and TLS are the network's time, not the engine's.
    timing_.first_seconds -= response.connect_seconds;
    timing_.last_seconds -= response.connect_seconds;
    return timing_;
  }

 private:
  void take(std::string_view data) {
    if (data == "[DONE]") {
      ended_ = true;
      return;
    }
    const json event = json::parse(data, nullptr, false);
    if (!event.is_object()) {
      fail(ErrorCode::kNetwork, shown_url_,
           " sent an event that is no JSON object: ", printable(data.substr(0, kShownBody)));
    }
    if (const json& error = member(event, "error"); !error.empty()) {
      fail(ErrorCode::kNetwork, shown_url_, " reports an error: ", printable(error.dump()));
    }
    take_choices(event);
    take_usage(event);
  }

  void take_choices(const json& event) {
    const auto choices = event.find("choices");
    if (choices == event.end() || !choices->is_array() || choices->empty()) return;
    const json& choice = choices->front();
    if (!choice.is_object()) return;
    if (has_text(member(choice, "delta"))) {
      if (timing_.n_events++ == 0) timing_.first_seconds = now_;
      timing_.last_seconds = now_;
    }
    const auto reason = choice.find("finish_reason");
    if (reason != choice.end() && reason->is_string()) ended_ = true;
  }

  void take_usage(const json& event) {
    const json& usage = member(event, "usage");
    if (usage.empty()) return;
    timing_.n_prompt = count_in(usage, "prompt_tokens");
    timing_.n_generated = count_in(usage, "completion_tokens");
    timing_.n_cached = count_in(member(usage, "prompt_tokens_details"), "cached_tokens");
  }

  std::string shown_url_;
  SseReader events_;
  Clock::time_point start_;
  double now_ = 0;
  int status_ = 0;
  bool ended_ = false;
  std::string head_;  // the beginning of the body, for a message
  ChatTiming timing_;
};

std::string body_of(const ChatServer& server, const ChatRequest& request) {
  json body{{"messages", json::array({{{"role", "user"}, {"content", request.prompt}}})},
            {"max_tokens", request.max_tokens},
            {"temperature", 0},
            {"stream", true},
            {"stream_options", {{"include_usage", true}}},
            // Where a server knows it (llama-server, vLLM, SGLang): the whole length is wanted.
            {"ignore_eos", true}};
  if (!server.model.empty()) body["model"] = server.model;
  return body.dump();
}

}  // namespace

std::string completions_url(const std::string& given) {
  std::string url = given;
  while (url.ends_with('/')) url.pop_back();
  if (url.ends_with("/chat/completions")) return url;
  if (url.find("://") == std::string::npos) url = "http://" + url;
  const std::string path = hub::url_path(url);
  const bool bare = path.empty() || path == "/";
  return cat(url, bare ? "/v1" : "", "/chat/completions");
}

ChatTiming ask(const ChatServer& server, const ChatRequest& request) {
  const hub::HttpRequest http{
      .url = server.url,
      .headers = {"Content-Type: application/json", "Accept: text/event-stream", "Expect:"},
      .bearer_token = server.api_key,
      .stall_timeout = kStall,
      .keep_going = server.keep_going};
  const std::string body = body_of(server, request);
  Answer answer(hub::display_url(server.url));
  return answer.finish(hub::http_post(http, body, answer));
}

}  // namespace ridge::cli
