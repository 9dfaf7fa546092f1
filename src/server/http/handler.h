// Between HTTP and what answers: HttpHandler is asked, and answers through a Responder.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/http/message.h"

namespace ridge::server {

// The answer to one request: either reply(), or begin(), write() …, finish(). Any thread may call;
// calls take effect in their order, and those after the end have none. When the last owner goes
// without an end, the client is told of an internal error.
class Responder {
 public:
  virtual ~Responder() = default;
  virtual void reply(HttpReply reply) = 0;
  virtual void begin(StreamHead head) = 0;
  virtual void write(std::string bytes) = 0;
  virtual void finish() = 0;
  // Runs the task on the HTTP thread, after what was called before. It must not block.
  virtual void post(std::function<void()> task) = 0;
  // Called once, on the HTTP thread, when nobody waits for the answer any more: the client has
  // left, reads too slowly, or the server stops. At once when that is so already.
  virtual void on_gone(std::function<void()> task) = 0;
};

// What a request's head alone decides.
struct Admission {
  std::optional<HttpReply> refusal;  // its body is not even read
  HttpHeaders headers;               // for every answer to it
};

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // On the HTTP thread, before the body is read.
  virtual Admission admit(const HttpRequest& head) = 0;
  // On a worker thread; may take its time. Must not throw.
  virtual void handle(std::shared_ptr<const HttpRequest> request,
                      std::shared_ptr<Responder> responder) = 0;
  // On the HTTP thread: the answer to a request that HTTP itself refuses. head holds as much as was
  // understood.
  virtual HttpReply refuse(const HttpRequest& head, int status, const std::string& why) = 0;
};

}  // namespace ridge::server
