#include "server/http/server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <optional>

#include "base/error.h"
#include "server/http/connection.h"

namespace ridge::server {
namespace {

constexpr auto kAwaitAccept = asio::as_tuple(asio::use_awaitable);

tcp::endpoint endpoint_of(asio::io_context& io, const HttpOptions& options) {
  error_code error;
  const auto address = asio::ip::make_address(options.host, error);
  if (!error) return {address, asio::ip::port_type(options.port)};
  tcp::resolver resolver(io);
  const auto found =
      resolver.resolve(options.host, std::to_string(options.port), tcp::resolver::passive, error);
  if (error || found.empty()) {
    fail(ErrorCode::kInvalidArgument, "--host ", options.host,
         " is no address of this machine: ", error.message());
  }
  return found.begin()->endpoint();
}

}  // namespace

struct HttpServer::State {
  State(const HttpOptions& options, HttpHandler& handler);
  ~State();

  asio::awaitable<void> accept_loop();
  void start(tcp::socket socket);
  void begin_drain(std::chrono::milliseconds patience);
  asio::awaitable<void> wait_until_idle(std::chrono::milliseconds patience);
  void close_all();
  void wait_for_signal(std::chrono::milliseconds patience);

  HttpOptions options;
  std::optional<asio::ssl::context> tls;
  std::shared_ptr<Mailbox> mailbox;
  ConnectionSetting setting;
  std::vector<std::weak_ptr<Connection>> connections;
  std::atomic<bool> draining{false};
  asio::thread_pool workers;
  asio::io_context io{1};  // its end destroys connections, which use what stands above
  tcp::acceptor acceptor{io};
  asio::signal_set signals{io};
};

HttpServer::State::State(const HttpOptions& given, HttpHandler& handler)
    : options(given),
      mailbox(std::make_shared<Mailbox>(
          [this] { asio::post(io, [box = mailbox.get()] { box->run_all(); }); })),
      setting{.limits = given.limits,
              .handler = handler,
              .mailbox = mailbox,
              .run_on_worker =
                  [this](std::function<void()> task) { asio::post(workers, std::move(task)); },
              .counts = {},
              .draining = false},
      workers(size_t(given.n_workers)) {
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    fail(ErrorCode::kInvalidArgument, "TLS needs both a certificate and its key");
  }
  if (!options.tls_certificate.empty()) {
    tls.emplace(make_tls_context(options.tls_certificate, options.tls_key));
  }
  const tcp::endpoint endpoint = endpoint_of(io, options);
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    fail(ErrorCode::kNetwork, "cannot listen on ", options.host, " port ", options.port, ": ",
         error.message());
  }
}

HttpServer::State::~State() {
  workers.join();
  mailbox->close();
}

asio::awaitable<void> HttpServer::State::accept_loop() {
  asio::steady_timer pause(io);
  while (acceptor.is_open()) {
    auto [error, socket] = co_await acceptor.async_accept(kAwaitAccept);
    if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (error) {  // out of descriptors, mostly: those that are open will be closed some time
      pause.expires_after(std::chrono::milliseconds(100));
      co_await pause.async_wait(kAwaitAccept);
      continue;
    }
    start(std::move(socket));
  }
}

void HttpServer::State::start(tcp::socket socket) {
  ++setting.counts.n_accepted;
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (setting.counts.n_connections >= options.limits.n_connections) {
    ++setting.counts.n_refused;
    if (!tls) {
      socket.non_blocking(true, ignored);
      socket.write_some(
          asio::buffer(std::string_view("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
                                        "Content-Length: 0\r\nConnection: close\r\n\r\n")),
          ignored);
    }
    return;
  }
  auto transport =
      tls ? tls_transport(std::move(socket), *tls) : plain_transport(std::move(socket));
  const auto connection = std::make_shared<Connection>(std::move(transport), setting);
  std::erase_if(connections, [](const auto& entry) { return entry.expired(); });
  connections.push_back(connection);
  asio::co_spawn(io, [connection] { return connection->run(); }, asio::detached);
}

void HttpServer::State::begin_drain(std::chrono::milliseconds patience) {
  if (setting.draining) return;
  setting.draining = true;
  draining = true;
  error_code ignored;
  acceptor.close(ignored);
  for (const auto& entry : connections) {
    if (const auto connection = entry.lock()) connection->hurry();
  }
  asio::co_spawn(io, [this, patience] { return wait_until_idle(patience); }, asio::detached);
}

asio::awaitable<void> HttpServer::State::wait_until_idle(std::chrono::milliseconds patience) {
  const auto deadline = Signal::Clock::now() + patience;
  asio::steady_timer timer(io);
  while (setting.counts.n_connections > 0 && Signal::Clock::now() < deadline) {
    timer.expires_after(std::chrono::milliseconds(20));
    co_await timer.async_wait(kAwaitAccept);
  }
  close_all();
}

void HttpServer::State::close_all() {
  for (const auto& entry : connections) {
    if (const auto connection = entry.lock()) connection->close();
  }
  // One more turn of the loop, in which they hear of it.
  asio::post(io, [this] { asio::post(io, [this] { io.stop(); }); });
}

void HttpServer::State::wait_for_signal(std::chrono::milliseconds patience) {
  signals.async_wait([this, patience](const error_code& error, int) {
    if (error) return;
    if (setting.draining) {
      close_all();
      return;
    }
    begin_drain(patience);
    wait_for_signal(patience);
  });
}

HttpServer::HttpServer(const HttpOptions& options, HttpHandler& handler)
    : state_(std::make_unique<State>(options, handler)) {}

HttpServer::~HttpServer() = default;

int HttpServer::port() const {
  return state_->acceptor.local_endpoint().port();
}

void HttpServer::run() {
  asio::co_spawn(state_->io, state_->accept_loop(), asio::detached);
  const auto work = asio::make_work_guard(state_->io);
  state_->io.run();
}

void HttpServer::drain(std::chrono::milliseconds patience) {
  asio::post(state_->io, [this, patience] { state_->begin_drain(patience); });
}

void HttpServer::drain_on_signals(std::chrono::milliseconds patience) {
  state_->signals.add(SIGTERM);
  state_->signals.add(SIGINT);
  state_->wait_for_signal(patience);
}

bool HttpServer::is_draining() const {
  return state_->draining;
}

HttpTotals HttpServer::totals() const {
  const HttpCounts& counts = state_->setting.counts;
  return {.n_connections = counts.n_connections,
          .n_accepted = counts.n_accepted,
          .n_refused = counts.n_refused,
          .n_requests = counts.n_requests,
          .n_left = counts.n_left};
}

}  // namespace ridge::server
