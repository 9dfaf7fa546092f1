// HttpServer: HTTP/1.1 on one port, with or without TLS; the façade over Asio, Beast and OpenSSL.
// One thread (the caller of run()) does all I/O and calls admit(); a few workers call handle(), so
// that a request that is slow to understand holds up no other. A connection answers its requests
// one after the other, in their order, and notices while it does so when its client leaves.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "server/http/handler.h"

namespace ridge::server {

struct HttpLimits {
  int n_connections = 512;
  size_t header_bytes = 32 << 10;
  size_t body_bytes = 32 << 20;
  size_t unsent_bytes = 8 << 20;  // that a client may leave unread
  std::chrono::milliseconds handshake_time = std::chrono::seconds(10);
  std::chrono::milliseconds header_time = std::chrono::seconds(15);
  std::chrono::milliseconds body_time = std::chrono::seconds(60);       // for all of it
  std::chrono::milliseconds idle_time = std::chrono::seconds(120);      // between two requests
  std::chrono::milliseconds write_time = std::chrono::seconds(30);      // for 64 KiB of an answer
  std::chrono::milliseconds keep_alive_time = std::chrono::seconds(5);  // silence in a stream
};

struct HttpOptions {
  std::string host = "127.0.0.1";
  int port = 0;                 // 0: any that is free
  std::string tls_certificate;  // PEM files, both or none
  std::string tls_key;
  int n_workers = 2;
  HttpLimits limits;
};

struct HttpTotals {
  int64_t n_connections = 0;  // open
  int64_t n_accepted = 0;
  int64_t n_refused = 0;   // too many at once
  int64_t n_requests = 0;  // whose head was understood
  int64_t n_left = 0;      // whose client did not wait for the end
};

class HttpServer {
 public:
  // Binds and listens. Throws Error{kInvalidArgument} for an address, certificate or key that is
  // none and Error{kNetwork} when the port is taken.
  HttpServer(const HttpOptions& options, HttpHandler& handler);
  ~HttpServer();

  int port() const;
  void run();  // until drained or stopped

  // From any thread. No new connections and requests; run() returns when those that run are
  // answered, or after so long.
  void drain(std::chrono::milliseconds patience);
  // At the first SIGTERM or SIGINT drain, at the second stop. Once, before run().
  void drain_on_signals(std::chrono::milliseconds patience);
  bool is_draining() const;
  HttpTotals totals() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ridge::server
