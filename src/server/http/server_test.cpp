// The server over a real socket and a generator that plays back a script: what clients do to a
// connection, at each of its phases. What ends a wait is what the other side does; where that is a
// limit of time, it is short, and nothing is said of how long it took.
#include "server/http/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "support/fake_generator.h"

namespace ridge::server {
namespace {

using std::chrono::milliseconds;

class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(uint16_t(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* to = reinterpret_cast<const sockaddr*>(&address);
    EXPECT_EQ(::connect(socket_, to, sizeof address), 0);
  }
  Client(const Client&) = delete;
  ~Client() { leave(); }

  void send(const std::string& bytes) const {
    ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  // What comes until `wanted` was in it, or until the server closes.
  std::string read_until(const std::string& wanted) const {
    std::string heard;
    char buffer[4096];
    while (wanted.empty() || heard.find(wanted) == std::string::npos) {
      const ssize_t n = ::recv(socket_, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      heard.append(buffer, size_t(n));
    }
    return heard;
  }
  std::string read_all() const { return read_until(""); }
  void leave() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

 private:
  int socket_;
};

class Served {
 public:
  explicit Served(const HttpLimits& limits = {})
      : http_(HttpOptions{.limits = limits}, fake.app), thread_([this] { http_.run(); }) {}
  ~Served() {
    http_.drain(milliseconds(0));
    thread_.join();
  }
  Client client() const { return Client(http_.port()); }
  void drain(milliseconds patience) { http_.drain(patience); }
  HttpTotals totals() const { return http_.totals(); }

  FakeServer fake;

 private:
  HttpServer http_;
  std::thread thread_;
};

const std::string kGet = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::string chat(const std::string& more = "") {
  const std::string body =
      R"({"stream": true, "messages": [{"role": "user", "content": "Hi"}])" + more + "}";
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
         "application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

void wait_for(const std::function<bool()>& condition) {
  while (!condition()) std::this_thread::yield();
}

TEST(HttpServer, AHeadOrABodyThatTakesForEverIsToldSoAndClosed) {
  Served served({.header_time = milliseconds(20), .body_time = milliseconds(20)});
  for (const std::string& begun :
       {std::string("GET / HT"), std::string("GET / HTTP/1.1\r\nHost: loc"),
        chat().substr(0, chat().size() - 5)}) {
    const Client client = served.client();
    client.send(begun);
    EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 408 ")) << begun;
  }
}

TEST(HttpServer, AConnectionThatSaysNothingIsClosedWithoutAWord) {
  Served served({.idle_time = milliseconds(20)});
  EXPECT_EQ(served.client().read_all(), "");
  const Client after_one = served.client();
  after_one.send(kGet);
  EXPECT_TRUE(after_one.read_all().ends_with("}"));
}

TEST(HttpServer, ConnectionsBeyondTheLimitAreToldToComeAgain) {
  Served served({.n_connections = 2});
  Client first = served.client(), second = served.client();
  first.send(kGet);
  second.send(kGet);
  first.read_until("}");
  second.read_until("}");
  const std::string refused = served.client().read_all();
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
  EXPECT_NE(refused.find("Retry-After: 1"), std::string::npos);
  first.leave();
  wait_for([&] { return served.totals().n_connections < 2; });
  const Client third = served.client();
  third.send(kGet);
  EXPECT_NE(third.read_until("}").find("\"ok\""), std::string::npos);
}

TEST(HttpServer, WhoeverLeavesAtAnyPhaseLeavesTheOthersAlone) {
  Served served;
  const std::string whole = chat();
  const size_t head = whole.find("\r\n\r\n") + 4;
  for (const size_t n : {size_t{0}, size_t{1}, head / 2, head - 1, head, head + 5}) {
    Client client = served.client();
    client.send(whole.substr(0, n));
    client.leave();
  }
  const Client other = served.client();
  other.send(kGet);
  EXPECT_NE(other.read_until("}").find("\"ok\""), std::string::npos);
  EXPECT_EQ(served.fake.generator.n_generations(), 0u);
}

TEST(HttpServer, LeavingAStreamCancelsItBeforeAndAfterItsFirstToken) {
  Served served;
  FakeGenerator& generator = served.fake.generator;
  generator.script.waits = true;
  for (size_t i = 0; i < 2; ++i) {
    Client client = served.client();
    client.send(chat());
    client.read_until("\"role\":\"assistant\"");
    const auto generation = generator.generation(i);
    wait_for([&] { return generation->has_started(); });
    client.leave();
    wait_for([&] { return generation->cancelled.load(); });
  }
}

TEST(HttpServer, ASilentStreamSaysThatItLivesUntilItEnds) {
  Served served({.keep_alive_time = milliseconds(5)});
  FakeGenerator& generator = served.fake.generator;
  generator.script.waits = true;
  generator.script.steps = {{.events = {content("Hello")}, .tokens = {}}};
  const Client client = served.client();
  client.send(chat());
  client.read_until(": still here\n\n");
  wait_for([&] { return generator.generation(0)->has_started(); });
  generator.generation(0)->play();
  const std::string rest = client.read_until("[DONE]");
  EXPECT_NE(rest.find("Hello"), std::string::npos);
}

TEST(HttpServer, AClientThatDoesNotReadIsGivenUp) {
  Served served({.unsent_bytes = 1 << 20});
  FakeGenerator& generator = served.fake.generator;
  generator.script.waits = true;
  // More than the server keeps for it.
  generator.script.steps.assign(16, {.events = {content(std::string(1 << 20, 'x'))}, .tokens = {}});
  const Client client = served.client();
  client.send(chat());
  const auto started = [&] {
    return generator.n_generations() > 0 && generator.generation(0)->has_started();
  };
  wait_for(started);
  generator.generation(0)->play();
  EXPECT_EQ(client.read_all().find("[DONE]"), std::string::npos);
  const Client other = served.client();
  other.send(kGet);
  EXPECT_NE(other.read_until("}").find("\"ok\""), std::string::npos);
}

TEST(HttpServer, RequestsSentAheadAreAnsweredInTheirOrder) {
  Served served;
  const Client client = served.client();
  client.send(kGet + "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n" +
              "GET /api/version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string heard = client.read_all();
  const size_t first = heard.find("\"status\":\"ok\""), second = heard.find("HTTP/1.1 404 ");
  EXPECT_LT(first, second);
  EXPECT_LT(second, heard.find("\"version\""));
  EXPECT_NE(heard.find("\"version\""), std::string::npos);
}

TEST(HttpServer, DrainingLetsWhatRunsEnd) {
  std::string heard;
  {
    Served served;
    FakeGenerator& generator = served.fake.generator;
    generator.script.waits = true;
    generator.script.steps = {{.events = {content("Hello")}, .tokens = {}}};
    const Client client = served.client();
    client.send(chat());
    client.read_until("\"role\":\"assistant\"");
    wait_for([&] { return generator.generation(0)->has_started(); });
    served.drain(std::chrono::hours(1));
    generator.generation(0)->play();
    heard = client.read_all();
  }
  EXPECT_NE(heard.find("Hello"), std::string::npos);
  EXPECT_NE(heard.find("[DONE]"), std::string::npos);
}

}  // namespace
}  // namespace ridge::server
