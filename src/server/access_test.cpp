#include "server/access.h"

#include <gtest/gtest.h>

#include "server/http/exchange.h"

namespace ridge::server {
namespace {

HttpRequest with(HttpHeaders headers) {
  HttpRequest request;
  request.headers = std::move(headers);
  return request;
}

int place_status(const Access& access, HttpHeaders headers) {
  const auto problem = access.check_place(with(std::move(headers)));
  return problem ? problem->status : 200;
}

TEST(Access, AnswersForThisMachineAndAddressesAlone) {
  const Access access({.hosts = {"Box.lan"}});
  for (const char* host : {"localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "LOCALHOST",
                           "192.168.1.5:80", "box.lan:8080", "a.localhost"}) {
    EXPECT_EQ(place_status(access, {{"host", host}}), 200) << host;
  }
  for (const char* host : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                           "127.1.evil", "box.lan.evil", "localhost@evil"}) {
    EXPECT_EQ(place_status(access, {{"host", host}}), 403) << host;
  }
  EXPECT_EQ(place_status(access, {}), 400);
}

TEST(Access, LetsPagesOfThisMachineInAndThoseNamed) {
  const Access access({.origins = {"https://ok.example"}});
  const auto status = [&](const char* origin) {
    return place_status(access, {{"host", "localhost:8080"}, {"origin", origin}});
  };
  for (const char* origin : {"http://localhost:3000", "http://127.0.0.1", "https://ok.example"}) {
    EXPECT_EQ(status(origin), 200) << origin;
  }
  for (const char* origin : {"null", "https://evil.example", "http://localhost.evil.example",
                             "https://ok.example.evil", "http://ok.example", ""}) {
    EXPECT_EQ(status(origin), 403) << origin;
  }
  const HttpRequest page = with({{"host", "localhost"}, {"origin", "https://ok.example"}});
  EXPECT_EQ(access.cors(page).at(0).second, "https://ok.example");
  EXPECT_TRUE(access.cors(with({{"host", "localhost"}})).empty());
}

TEST(Access, TakesAKeyInEitherHeader) {
  const Access access({.keys = {"one", "two"}});
  const auto ok = [&](HttpHeaders headers) {
    return !access.check_key(with(std::move(headers))).has_value();
  };
  EXPECT_TRUE(ok({{"authorization", "Bearer two"}}));
  EXPECT_TRUE(ok({{"authorization", "bearer one"}}));
  EXPECT_TRUE(ok({{"x-api-key", "one"}}));
  EXPECT_FALSE(ok({{"x-api-key", "on"}}));
  EXPECT_FALSE(ok({{"x-api-key", ""}}));
  EXPECT_FALSE(ok({{"authorization", "Basic one"}}));
  EXPECT_FALSE(ok({}));
  EXPECT_FALSE(Access({}).check_key(with({})).has_value());
}

TEST(Exchange, FramesAStreamAndItsEnd) {
  int n_changes = 0;
  Exchange exchange({.headers = {{"X-A", "b\r\nX-Evil: 1"}}}, [&] { ++n_changes; });
  exchange.begin(
      {.content_type = "text/event-stream", .keep_alive = [] { return std::string("::"); }});
  exchange.write("hello world, sixteen");
  exchange.write("");
  exchange.keep_stream_alive();
  exchange.finish();
  exchange.write("late");
  const std::string out = exchange.take_output();
  EXPECT_NE(out.find("X-A: b  X-Evil: 1\r\n"), std::string::npos) << out;
  EXPECT_NE(
      out.find(
          "Transfer-Encoding: chunked\r\n\r\n14\r\nhello world, sixteen\r\n2\r\n::\r\n0\r\n\r\n"),
      std::string::npos)
      << out;
  EXPECT_TRUE(exchange.is_done());
  EXPECT_FALSE(exchange.closes());
}

TEST(Exchange, AnOldClientsStreamEndsWithTheConnection) {
  Exchange exchange({.http_1_0 = true}, [] {});
  exchange.begin({});
  exchange.write("x");
  exchange.finish();
  const std::string out = exchange.take_output();
  EXPECT_EQ(out.find("chunked"), std::string::npos);
  EXPECT_TRUE(out.ends_with("\r\n\r\nx")) << out;
  EXPECT_TRUE(exchange.closes());
}

TEST(Exchange, NobodyIsLeftWithoutAnAnswer) {
  Exchange waiting({}, [] {});
  waiting.abandon();
  EXPECT_TRUE(waiting.take_output().starts_with("HTTP/1.1 500 "));
  Exchange streaming({}, [] {});
  streaming.begin({});
  streaming.abandon();
  EXPECT_FALSE(streaming.take_output().ends_with("0\r\n\r\n"));
  EXPECT_TRUE(streaming.closes());
}

TEST(Exchange, TellsOnceThatTheClientIsGone) {
  int n_gone = 0;
  Exchange exchange({}, [] {});
  exchange.on_gone([&] { ++n_gone; });
  exchange.leave();
  exchange.leave();
  EXPECT_EQ(n_gone, 1);
  exchange.on_gone([&] { ++n_gone; });
  EXPECT_EQ(n_gone, 2);
}

TEST(Exchange, GivesUpAClientThatDoesNotRead) {
  Exchange exchange({.most_unsent = 1000}, [] {});
  exchange.begin({});
  for (int i = 0; i < 20; ++i) exchange.write(std::string(100, 'x'));
  EXPECT_TRUE(exchange.is_overrun());
}

}  // namespace
}  // namespace ridge::server
