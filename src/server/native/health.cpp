#include "server/metrics.h"
#include "server/native/native.h"

namespace ridge::server {
namespace {

// A step of the largest models over a long prompt takes seconds; no step takes this long.
constexpr double kStandstillSeconds = 120;

}  // namespace

void greet(const CallPtr& call) {
  call->reply({{"name", "ridge"}, {"model", call->generator.card().id}, {"status", "ok"}});
}

void health(const CallPtr& call) {
  const ServiceStatus status = call->generator.status();
  std::string trouble = status.failure;
  if (trouble.empty() && status.seconds_since_step > kStandstillSeconds) {
    trouble =
        cat("the engine has taken no step for ", int64_t(status.seconds_since_step), " seconds");
  }
  if (!trouble.empty())
    throw RequestError({.status = 503, .message = trouble, .code = "unhealthy"});
  call->reply({{"status", "ok"},
               {"requests_running", status.running.size()},
               {"requests_waiting", status.n_waiting}});
}

void metrics(const CallPtr& call) {
  const HttpTotals http = call->server == nullptr ? HttpTotals{} : call->server->totals();
  call->responder->reply({.status = 200,
                          .headers = {{"Content-Type", "text/plain; version=0.0.4"}},
                          .body = call->metrics.text(call->generator.status(), http)});
}

void props(const CallPtr& call) {
  const ModelCard& card = call->generator.card();
  // n_ctx as clients of llama.cpp's server read it: what one request may have, not all together.
  call->reply({{"default_generation_settings", {{"n_ctx", card.n_context}}},
               {"total_slots", card.n_slots},
               {"model_alias", card.id},
               {"chat_template", card.chat_template},
               {"tool_format", card.family},
               {"modalities", {{"vision", false}, {"audio", false}}},
               {"build_info", "ridge"}});
}

void slots(const CallPtr& call) {
  const ServiceStatus status = call->generator.status();
  Json slots = Json::array();
  for (const RunningRequest& running : status.running) {
    slots.push_back({{"id", running.id},
                     {"n_ctx", call->generator.card().n_context},
                     {"is_processing", true},
                     {"n_prompt_tokens", running.n_prompt},
                     {"n_prompt_tokens_processed", running.n_read},
                     {"n_decoded", running.n_generated}});
  }
  call->reply(slots);
}

}  // namespace ridge::server
