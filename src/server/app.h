// App: every route of the server over one Generator. It decides who may ask what, finds the route,
// and gives errors the shape of the API that was asked.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "server/access.h"
#include "server/call.h"
#include "server/http/server.h"
#include "server/log.h"
#include "server/metrics.h"

namespace ridge::server {

struct Route {
  std::string_view method;
  // What a trailing '*' stands for becomes call->argument.
  std::string_view path;
  Dialect dialect = Dialect::kOpenAi;
  void (*run)(const CallPtr& call) = nullptr;
  enum class Key { kWanted, kNotWanted } key = Key::kWanted;
};
const std::vector<Route>& routes();

class App final : public HttpHandler {
 public:
  App(Generator& generator, const AccessOptions& access, RequestLog::Sink log);

  Admission admit(const HttpRequest& head) override;
  void handle(std::shared_ptr<const HttpRequest> request,
              std::shared_ptr<Responder> responder) override;
  HttpReply refuse(const HttpRequest& head, int status, const std::string& why) override;

  Metrics& metrics() { return metrics_; }
  RequestLog& log() { return log_; }
  // Whose connections /metrics counts and who knows that the end is near.
  void watch(const HttpServer& server) { server_ = &server; }

 private:
  std::optional<HttpReply> check(const HttpRequest& head) const;

  Generator& generator_;
  Access access_;
  RequestLog log_;
  Metrics metrics_;
  const HttpServer* server_ = nullptr;
};

}  // namespace ridge::server
