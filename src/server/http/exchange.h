// Exchange: one answer on its way to bytes of HTTP/1.1. The handler's side says what to send, the
// connection's side takes the bytes. It does no I/O and lives on the HTTP thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "server/http/message.h"

namespace ridge::server {

class Exchange {
 public:
  struct Options {
    bool head_only = false;        // HEAD: the body stays away
    bool http_1_0 = false;         // a stream ends with the connection, since there are no chunks
    bool keep_alive = true;        // what the client would like
    HttpHeaders headers;           // for the answer, whatever it is
    size_t most_unsent = 8 << 20;  // bytes; a client that leaves more is given up
  };
  // changed(): there is output, or an end.
  Exchange(Options options, std::function<void()> changed);

  void reply(HttpReply reply);
  void begin(StreamHead head);
  void write(std::string_view bytes);
  void finish();
  // Nobody will end this any more: an internal error, as far as it can still be said.
  void abandon();
  void on_gone(std::function<void()> task);

  // The connection's side.
  std::string take_output();
  void keep_stream_alive();  // a stream that has said nothing for a while says something
  void leave();              // nobody listens any more
  bool is_streaming() const { return phase_ == Phase::kStreaming; }
  bool is_done() const { return phase_ == Phase::kDone; }
  bool is_overrun() const { return overrun_; }  // more unsent than allowed
  bool closes() const { return !options_.keep_alive; }
  int status() const { return status_; }

 private:
  enum class Phase { kWaiting, kStreaming, kDone };
  void head(int status, const HttpHeaders& headers, std::string_view framing);
  void body_part(std::string_view bytes);
  void end();

  Options options_;
  std::function<void()> changed_;
  Phase phase_ = Phase::kWaiting;
  std::string output_;
  std::function<std::string()> keep_alive_;
  std::function<void()> on_gone_;
  bool gone_ = false;
  bool overrun_ = false;
  int status_ = 0;
};

}  // namespace ridge::server
