// Call: one request on its way through a route, with all that a route needs. Made by the
// application for each request; used on a worker and, once answers come, on the HTTP thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/fields.h"
#include "server/generator.h"
#include "server/http/handler.h"
#include "server/problem.h"

namespace ridge::server {

class HttpServer;
class Metrics;
class RequestLog;

struct Call {
  std::shared_ptr<const HttpRequest> request;
  std::shared_ptr<Responder> responder;
  Generator& generator;
  Metrics& metrics;
  RequestLog& log;
  const HttpServer* server = nullptr;  // null: not behind one, in tests
  Dialect dialect = Dialect::kOpenAi;
  std::string_view route;          // "/v1/chat/completions"
  std::string argument;            // what the path says beyond the route: a model's name
  std::vector<std::string> notes;  // for the warning header

  // The body as JSON; throws RequestError.
  Json body() const;
  void note(std::string text);
  // Notes what was accepted without effect, and what nobody knows.
  void note_unused(const Fields& fields);
  HttpHeaders headers() const;  // the warning, if there is one
  void reply(const Json& json);
  void fail(const Problem& problem);
};
using CallPtr = std::shared_ptr<Call>;

// Prepares and starts the answers of a request. make_sink(n_prompt) makes who hears of them. Throws
// what the request asks wrongly. The request is counted and logged when it ends; it is cancelled
// when its client leaves.
using SinkMaker = std::function<std::shared_ptr<AnswerSink>(int64_t n_prompt)>;
void run_answer(const CallPtr& call, AnswerRequest request, const SinkMaker& make_sink);

// "chatcmpl-" and 24 random letters and digits.
std::string new_id(std::string_view prefix);

}  // namespace ridge::server
