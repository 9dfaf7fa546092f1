// HTTP as the rest of the server sees it: plain values, no library. Any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ridge::server {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;   // "GET"
  std::string path;     // percent-decoded, without query
  std::string query;    // as sent, without '?'
  HttpHeaders headers;  // names in lower case
  std::string body;
  std::string client;  // address of the peer

  std::optional<std::string_view> header(std::string_view lower_case_name) const;
};

struct HttpReply {
  int status = 200;
  HttpHeaders headers;
  std::string body;     // its Content-Type is application/json unless a header says otherwise
  bool closes = false;  // the connection ends with it
};

// The beginning of an answer whose parts come later.
struct StreamHead {
  std::string content_type = "text/event-stream";
  HttpHeaders headers;
  // What is sent when nothing was for a while, so that nobody on the way thinks the stream dead;
  // null: nothing. Called on the HTTP thread.
  std::function<std::string()> keep_alive;
};

// The status line's words; "Status" for a number without.
std::string_view reason_phrase(int status);

// Percent-decoding; nullopt for a malformed escape or a zero byte.
std::optional<std::string> percent_decode(std::string_view text);

// The value of a key in a query, percent-decoded; nullopt: not there.
std::optional<std::string> query_value(std::string_view query, std::string_view key);

}  // namespace ridge::server
