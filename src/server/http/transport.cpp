#include "server/http/transport.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/error.h"

namespace ridge::server {
namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(tcp::socket socket) : socket_(std::move(socket)) {}
  asio::awaitable<error_code> handshake() override { co_return error_code(); }
  asio::awaitable<std::pair<error_code, size_t>> read_some(asio::mutable_buffer to) override {
    const auto [error, n] = co_await socket_.async_read_some(to, kAwait);
    co_return std::pair(error, n);
  }
  asio::awaitable<error_code> write(asio::const_buffer bytes) override {
    const auto [error, n] = co_await asio::async_write(socket_, bytes, kAwait);
    co_return error;
  }
  asio::awaitable<void> end_writing() override {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    co_return;
  }
  tcp::socket& socket() override { return socket_; }

 private:
  tcp::socket socket_;
};

class TlsTransport final : public Transport {
 public:
  TlsTransport(tcp::socket socket, asio::ssl::context& context)
      : stream_(std::move(socket), context) {}
  asio::awaitable<error_code> handshake() override {
    const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kAwait);
    co_return error;
  }
  asio::awaitable<std::pair<error_code, size_t>> read_some(asio::mutable_buffer to) override {
    const auto [error, n] = co_await stream_.async_read_some(to, kAwait);
    co_return std::pair(error, n);
  }
  asio::awaitable<error_code> write(asio::const_buffer bytes) override {
    const auto [error, n] = co_await asio::async_write(stream_, bytes, kAwait);
    co_return error;
  }
  asio::awaitable<void> end_writing() override {
    // Also waits for the client's part; who calls this bounds the time.
    [[maybe_unused]] const auto [outcome] = co_await stream_.async_shutdown(kAwait);
    error_code ignored;
    stream_.next_layer().shutdown(tcp::socket::shutdown_send, ignored);
  }
  tcp::socket& socket() override { return stream_.next_layer(); }

 private:
  asio::ssl::stream<tcp::socket> stream_;
};

}  // namespace

std::unique_ptr<Transport> plain_transport(tcp::socket socket) {
  return std::make_unique<PlainTransport>(std::move(socket));
}

std::unique_ptr<Transport> tls_transport(tcp::socket socket, asio::ssl::context& context) {
  return std::make_unique<TlsTransport>(std::move(socket), context);
}

asio::ssl::context make_tls_context(const std::string& certificate, const std::string& key) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  context.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
  error_code error;
  context.use_certificate_chain_file(certificate, error);
  if (error) {
    fail(ErrorCode::kInvalidArgument, "the TLS certificate ", certificate,
         " cannot be used: ", error.message());
  }
  context.use_private_key_file(key, asio::ssl::context::pem, error);
  if (error) {
    fail(ErrorCode::kInvalidArgument, "the TLS key ", key, " cannot be used: ", error.message());
  }
  return context;
}

}  // namespace ridge::server
