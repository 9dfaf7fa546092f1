// Connection: one client's bytes in, requests out, answers back; a pair of coroutines on the HTTP
// thread, one of which always reads. So it sees at any time that the client has gone, and requests
// that are sent ahead wait in a bounded buffer.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "server/http/exchange.h"
#include "server/http/handler.h"
#include "server/http/mailbox.h"
#include "server/http/server.h"
#include "server/http/transport.h"

namespace ridge::server {

struct HttpCounts {
  std::atomic<int64_t> n_connections{0}, n_accepted{0}, n_refused{0}, n_requests{0}, n_left{0};
};

// What connections share; lives as long as the server's loop runs.
struct ConnectionSetting {
  HttpLimits limits;
  HttpHandler& handler;
  std::shared_ptr<Mailbox> mailbox;
  std::function<void(std::function<void()>)> run_on_worker;
  HttpCounts counts;
  bool draining = false;
};

// Wakes one coroutine that waits for something to happen.
class Signal {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Signal(const asio::any_io_executor& executor) : timer_(executor) {}
  void notify() { timer_.cancel(); }
  // Until notify() or the deadline. Check afterwards what is the case: it may wake for nothing.
  asio::awaitable<void> wait(Clock::time_point deadline);

 private:
  asio::steady_timer timer_;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::unique_ptr<Transport> transport, ConnectionSetting& setting);
  ~Connection();

  asio::awaitable<void> run();
  void close();  // at once
  void hurry();  // the server drains: close when nothing is being answered

 private:
  using Clock = Signal::Clock;
  struct Head;  // a parser and what it found

  asio::awaitable<void> read_loop();
  asio::awaitable<void> serve();
  asio::awaitable<bool> read_head(Head& head);
  asio::awaitable<bool> read_body(Head& head);
  asio::awaitable<bool> answer(Head& head);
  asio::awaitable<bool> refuse(Head& head, int status, std::string why);
  asio::awaitable<bool> send_exchange();
  asio::awaitable<bool> send(std::string bytes);
  asio::awaitable<void> linger();
  std::shared_ptr<Exchange> start_exchange(const Head& head, HttpHeaders headers);
  void guard(Clock::duration patience);  // closes the connection unless relieved in time
  void relieve();

  std::unique_ptr<Transport> transport_;
  ConnectionSetting& setting_;
  Signal wake_;  // serve(): input, its end, output
  Signal room_;  // read_loop(): the buffer has been emptied
  asio::steady_timer guard_;
  std::array<char, 16 << 10> chunk_;
  std::string input_;
  bool input_ended_ = false;
  bool reading_paused_ = false;
  bool closed_ = false;
  bool lingering_ = false;
  std::string client_;
  std::shared_ptr<Exchange> exchange_;  // being answered
};

}  // namespace ridge::server
