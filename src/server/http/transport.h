// Transport: a connection's bytes, plain or through TLS, as coroutines of the HTTP thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <memory>
#include <utility>

namespace ridge::server {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class Transport {
 public:
  virtual ~Transport() = default;
  virtual asio::awaitable<error_code> handshake() = 0;
  virtual asio::awaitable<std::pair<error_code, size_t>> read_some(asio::mutable_buffer to) = 0;
  virtual asio::awaitable<error_code> write(asio::const_buffer bytes) = 0;
  virtual asio::awaitable<void> end_writing() = 0;  // tells the client that nothing follows
  virtual tcp::socket& socket() = 0;
};

std::unique_ptr<Transport> plain_transport(tcp::socket socket);
std::unique_ptr<Transport> tls_transport(tcp::socket socket, asio::ssl::context& context);

// Throws Error{kInvalidArgument} naming the file at fault.
asio::ssl::context make_tls_context(const std::string& certificate, const std::string& key);

}  // namespace ridge::server
