#include "server/http/connection.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/ascii.h"
#include "base/strcat.h"

namespace ridge::server {
namespace {

namespace http = boost::beast::http;

constexpr size_t kMostSentAhead = 64 << 10;  // bytes of input that wait while a request is answered
constexpr size_t kWriteBytes = 64 << 10;
constexpr auto kLingerTime = std::chrono::seconds(2);

class SharedResponder final : public Responder {
 public:
  SharedResponder(std::shared_ptr<Mailbox> mailbox, std::shared_ptr<Exchange> exchange)
      : mailbox_(std::move(mailbox)), exchange_(std::move(exchange)) {}
  ~SharedResponder() override {
    mailbox_->post([exchange = std::move(exchange_)] { exchange->abandon(); });
  }
  void reply(HttpReply reply) override {
    mailbox_->post([exchange = exchange_, reply = std::move(reply)] { exchange->reply(reply); });
  }
  void begin(StreamHead head) override {
    mailbox_->post([exchange = exchange_, head = std::move(head)] { exchange->begin(head); });
  }
  void write(std::string bytes) override {
    mailbox_->post([exchange = exchange_, bytes = std::move(bytes)] { exchange->write(bytes); });
  }
  void finish() override {
    mailbox_->post([exchange = exchange_] { exchange->finish(); });
  }
  void post(std::function<void()> task) override { mailbox_->post(std::move(task)); }
  void on_gone(std::function<void()> task) override {
    mailbox_->post([exchange = exchange_, task = std::move(task)] { exchange->on_gone(task); });
  }

 private:
  std::shared_ptr<Mailbox> mailbox_;
  std::shared_ptr<Exchange> exchange_;
};

// What an error of the parser means to the client.
int status_of(const error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::bad_version) return 505;
  if (error == http::error::bad_transfer_encoding) return 501;
  return 400;
}

std::string malformed(const error_code& error) {
  return cat("malformed HTTP: ", error.message());
}

std::string address_of(tcp::socket& socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  return error ? std::string() : endpoint.address().to_string();
}

}  // namespace

struct Connection::Head {
  http::request_parser<http::string_body> parser;
  HttpRequest request;
  bool is_complete = false;  // the head was understood
};

asio::awaitable<void> Signal::wait(Clock::time_point deadline) {
  timer_.expires_at(deadline);
  co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
}

Connection::Connection(std::unique_ptr<Transport> transport, ConnectionSetting& setting)
    : transport_(std::move(transport)),
      setting_(setting),
      wake_(transport_->socket().get_executor()),
      room_(transport_->socket().get_executor()),
      guard_(transport_->socket().get_executor()),
      client_(address_of(transport_->socket())) {
  ++setting_.counts.n_connections;
}

Connection::~Connection() {
  --setting_.counts.n_connections;
}

void Connection::close() {
  if (std::exchange(closed_, true)) return;
  error_code ignored;
  transport_->socket().close(ignored);
  guard_.cancel();
  wake_.notify();
  room_.notify();
}

void Connection::hurry() {
  wake_.notify();
}

void Connection::guard(Clock::duration patience) {
  guard_.expires_after(patience);
  guard_.async_wait([self = weak_from_this()](const error_code& error) {
    if (error) return;
    if (const auto connection = self.lock()) connection->close();
  });
}

void Connection::relieve() {
  guard_.cancel();
}

asio::awaitable<void> Connection::run() {
  const auto self = shared_from_this();
  guard(setting_.limits.handshake_time);
  const error_code error = co_await transport_->handshake();
  relieve();
  if (error || closed_) {
    close();
    co_return;
  }
  asio::co_spawn(
      transport_->socket().get_executor(), [self] { return self->read_loop(); }, asio::detached);
  co_await serve();
  if (!closed_) co_await linger();
  if (exchange_) exchange_->leave();
  close();
}

// Holds the connection alive through the coroutine's own shared pointer (see run()).
asio::awaitable<void> Connection::read_loop() {
  const auto self = shared_from_this();
  while (!closed_) {
    if (exchange_ && input_.size() >= kMostSentAhead && !lingering_) {
      reading_paused_ = true;
      co_await room_.wait(Clock::time_point::max());
      reading_paused_ = false;
      continue;
    }
    const auto [error, n] = co_await transport_->read_some(asio::buffer(chunk_));
    if (error) break;
    if (!lingering_) input_.append(chunk_.data(), n);
    wake_.notify();
  }
  input_ended_ = true;
  if (exchange_) exchange_->leave();
  wake_.notify();
}

asio::awaitable<void> Connection::serve() {
  for (;;) {
    Head head;
    head.parser.header_limit(std::uint32_t(setting_.limits.header_bytes));
    head.parser.body_limit(boost::none);  // read_body() sets it, once the head is admitted
    if (!co_await read_head(head)) break;
    if (!co_await answer(head)) break;
  }
}

asio::awaitable<bool> Connection::read_head(Head& head) {
  auto deadline = Clock::now() + setting_.limits.idle_time;
  bool began = false;
  for (;;) {
    if (!input_.empty() && !began) {
      began = true;
      deadline = Clock::now() + setting_.limits.header_time;
    }
    error_code error;
    const size_t used = head.parser.put(asio::buffer(input_), error);
    input_.erase(0, used);
    if (head.parser.is_header_done()) co_return true;
    if (error && error != http::error::need_more) {
      co_return co_await refuse(head, status_of(error), malformed(error));
    }
    if (input_ended_ || closed_ || (setting_.draining && !began)) co_return false;
    if (Clock::now() >= deadline) {
      if (!began) co_return false;
      co_return co_await refuse(head, 408, "the request's head did not arrive in time");
    }
    co_await wake_.wait(deadline);
  }
}

asio::awaitable<bool> Connection::read_body(Head& head) {
  const auto deadline = Clock::now() + setting_.limits.body_time;
  head.parser.body_limit(setting_.limits.body_bytes);
  while (!head.parser.is_done()) {
    error_code error;
    const size_t used = head.parser.put(asio::buffer(input_), error);
    input_.erase(0, used);
    if (head.parser.is_done()) break;
    if (error && error != http::error::need_more) {
      std::string why = error == http::error::body_limit
                            ? cat("the body is larger than ", setting_.limits.body_bytes, " bytes")
                            : malformed(error);
      co_return co_await refuse(head, status_of(error), std::move(why));
    }
    if (used > 0) continue;
    if (input_ended_ || closed_) co_return false;
    if (Clock::now() >= deadline) {
      co_return co_await refuse(head, 408, "the request's body did not arrive in time");
    }
    co_await wake_.wait(deadline);
  }
  co_return true;
}

namespace {

// False for a target that is no path.
bool fill_request(const http::request<http::string_body>& message, HttpRequest& request) {
  request.method = std::string(message.method_string());
  for (const auto& field : message) {
    request.headers.emplace_back(ascii_lower(std::string_view(field.name_string())),
                                 std::string(field.value()));
  }
  std::string_view target = message.target();
  const size_t question = std::min(target.find('?'), target.size());
  request.query = target.substr(std::min(question + 1, target.size()));
  auto path = percent_decode(target.substr(0, question));
  if (!path || !path->starts_with('/')) return false;
  while (path->size() > 1 && path->ends_with('/')) path->pop_back();
  request.path = std::move(*path);
  return true;
}

}  // namespace

std::shared_ptr<Exchange> Connection::start_exchange(const Head& head, HttpHeaders headers) {
  const auto& message = head.parser.get();
  const bool understood = head.parser.is_header_done();
  Exchange::Options options{.head_only = understood && message.method() == http::verb::head,
                            .http_1_0 = understood && message.version() < 11,
                            .keep_alive = understood && message.keep_alive() && !setting_.draining,
                            .headers = std::move(headers),
                            .most_unsent = setting_.limits.unsent_bytes};
  exchange_ = std::make_shared<Exchange>(std::move(options), [self = weak_from_this()] {
    if (const auto connection = self.lock()) connection->wake_.notify();
  });
  return exchange_;
}

// An answer by HTTP itself, after which the connection ends, since what follows is not understood.
asio::awaitable<bool> Connection::refuse(Head& head, int status, std::string why) {
  const auto exchange = start_exchange(head, {});
  HttpReply reply = setting_.handler.refuse(head.request, status, why);
  reply.closes = true;
  exchange->reply(std::move(reply));
  co_await send_exchange();
  co_return false;
}

asio::awaitable<bool> Connection::answer(Head& head) {
  const auto& message = head.parser.get();
  head.request.client = client_;
  const bool is_path = fill_request(message, head.request);
  if (!is_path) co_return co_await refuse(head, 400, "the request's target is not a path");
  ++setting_.counts.n_requests;

  Admission admission = setting_.handler.admit(head.request);
  if (admission.refusal) {
    const auto exchange = start_exchange(head, std::move(admission.headers));
    const bool has_body = !head.parser.is_done();
    admission.refusal->closes = admission.refusal->closes || has_body;
    exchange->reply(std::move(*admission.refusal));
    co_return co_await send_exchange();
  }
  if (const auto length = head.parser.content_length();
      length && *length > setting_.limits.body_bytes) {
    std::string why = cat("the body of ", *length, " bytes is larger than ",
                          setting_.limits.body_bytes, " bytes");
    co_return co_await refuse(head, 413, std::move(why));
  }
  if (const auto expect = head.request.header("expect")) {
    if (ascii_lower(*expect) != "100-continue") {
      co_return co_await refuse(head, 417, "only 100-continue can be expected");
    }
    if (input_.empty() && !co_await send("HTTP/1.1 100 Continue\r\n\r\n")) co_return false;
  }
  if (!co_await read_body(head)) co_return false;

  const auto exchange = start_exchange(head, std::move(admission.headers));
  auto request = std::make_shared<HttpRequest>(std::move(head.request));
  request->body = std::move(head.parser.get().body());
  setting_.run_on_worker(
      [&handler = setting_.handler, request = std::shared_ptr<const HttpRequest>(request),
       responder = std::make_shared<SharedResponder>(setting_.mailbox, exchange)] {
        handler.handle(request, responder);
      });
  co_return co_await send_exchange();
}

// Sends what the exchange gives until its end. False: the connection ends.
asio::awaitable<bool> Connection::send_exchange() {
  const auto exchange = exchange_;
  if (input_ended_) exchange->leave();
  auto last_sent = Clock::now();
  bool ok = true;
  while (ok) {
    std::string output = exchange->take_output();
    if (!output.empty()) {
      ok = !exchange->is_overrun() && co_await send(std::move(output));
      last_sent = Clock::now();
      continue;
    }
    if (exchange->is_done() || closed_) break;
    const auto quiet_until = last_sent + setting_.limits.keep_alive_time;
    if (exchange->is_streaming() && Clock::now() >= quiet_until) {
      exchange->keep_stream_alive();
      last_sent = Clock::now();
      continue;
    }
    co_await wake_.wait(exchange->is_streaming() ? quiet_until : Clock::time_point::max());
  }
  const bool left = !ok || closed_ || !exchange->is_done();
  if (left) {
    ++setting_.counts.n_left;
    exchange->leave();
  }
  exchange_.reset();
  if (reading_paused_) room_.notify();
  if (!ok) close();
  co_return !left && !exchange->closes();
}

asio::awaitable<bool> Connection::send(std::string bytes) {
  for (size_t at = 0; at < bytes.size(); at += kWriteBytes) {
    guard(setting_.limits.write_time);
    const error_code error = co_await transport_->write(
        asio::buffer(bytes.data() + at, std::min(kWriteBytes, bytes.size() - at)));
    relieve();
    if (error || closed_) co_return false;
  }
  co_return true;
}

// A socket that is closed with unread input resets the connection, and the client may lose the
// answer that it has not read yet. So the rest of its input is read and dropped for a while.
asio::awaitable<void> Connection::linger() {
  lingering_ = true;
  input_.clear();
  if (reading_paused_) room_.notify();
  const auto deadline = Clock::now() + kLingerTime;
  guard(kLingerTime);
  co_await transport_->end_writing();
  while (!input_ended_ && !closed_ && Clock::now() < deadline) co_await wake_.wait(deadline);
}

}  // namespace ridge::server
