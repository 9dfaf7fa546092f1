// Any bytes as a client sends them, in two parts, through the connection and the application over a
// generator that plays back a script. The connection ends, since the client says no more; all that
// it says begins with a status line, and none tells of an internal error.
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

#include "server/http/connection.h"
#include "support/fake_generator.h"

namespace {

using namespace ridge::server;  // NOLINT(google-build-using-namespace)

// The client's end of a pair of sockets.
class Client {
 public:
  explicit Client(asio::io_context& io) : server_end(io) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0) __builtin_trap();
    socket_ = ends[0];
    server_end.assign(tcp::v4(), ends[1]);
  }
  ~Client() { ::close(socket_); }

  // To nobody, once the server has closed the connection.
  void send(std::string_view bytes) { ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  void say_no_more() { ::shutdown(socket_, SHUT_WR); }
  void receive() {
    char buffer[16384];
    ssize_t n = 0;
    while ((n = ::recv(socket_, buffer, sizeof buffer, 0)) > 0) heard.append(buffer, size_t(n));
  }

  tcp::socket server_end;
  std::string heard;

 private:
  int socket_ = -1;
};

void converse(HttpHandler& handler, Client& client, asio::io_context& io, std::string_view bytes) {
  std::shared_ptr<Mailbox> mailbox;
  mailbox = std::make_shared<Mailbox>(
      [&io, &mailbox] { asio::post(io, [&mailbox] { mailbox->run_all(); }); });
  ConnectionSetting setting{.limits = {},
                            .handler = handler,
                            .mailbox = mailbox,
                            .run_on_worker = [](const std::function<void()>& task) { task(); },
                            .counts = {},
                            .draining = false};
  auto connection =
      std::make_shared<Connection>(plain_transport(std::move(client.server_end)), setting);
  asio::co_spawn(io, [connection] { return connection->run(); }, asio::detached);
  connection.reset();
  client.send(bytes.substr(0, bytes.size() / 2));
  io.poll();
  client.send(bytes.substr(bytes.size() / 2));
  client.say_no_more();
  while (!io.stopped()) {
    io.run_one_for(std::chrono::milliseconds(1));
    client.receive();
  }
  client.receive();
  if (setting.counts.n_connections != 0) __builtin_trap();
  mailbox->close();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kMostBytes = 16 << 10;  // that the pair takes at once
  if (size > kMostBytes) return 0;
  FakeServer server;
  server.generator.script.steps = {{.events = {content("Hello")}, .tokens = {}}};
  asio::io_context io{1};
  Client client(io);
  converse(server.app, client, io, {reinterpret_cast<const char*>(data), size});
  const std::string& heard = client.heard;
  if (!heard.empty() && !heard.starts_with("HTTP/1.1 ")) __builtin_trap();
  // What a client says comes back with its quotation marks escaped.
  if (heard.find("\"message\":\"internal error\"") != std::string::npos) __builtin_trap();
  if (server.app.metrics().text({}, {}).find("status=\"500\"") != std::string::npos) {
    __builtin_trap();
  }
  return 0;
}
