// HTTP over libcurl: the only file pair that includes curl. GET follows redirects itself,
// because their rules are ours: an Authorization header is sent to the origin it was given for and
// nowhere else, https never turns into http, and a redirect reaches a private address only when the
// first request did. One transfer at a time per call; calls on different threads are independent.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ridge::hub {

struct HttpHeaders {
  std::vector<std::pair<std::string, std::string>> entries;  // names in lower case
  std::optional<std::string_view> find(std::string_view lower_case_name) const;
};

struct HttpRequest {
  std::string url;
  std::vector<std::string> headers;  // "Name: value", sent on every hop
  std::string bearer_token;          // empty: none; sent only to the origin of `url`
  std::chrono::seconds connect_timeout{20};
  std::chrono::seconds stall_timeout{30};  // without a byte
  std::function<bool()> keep_going;        // polled a few times a second; false ends it
};

struct HttpResponse {
  int status = 0;
  std::string url;             // of the last hop
  HttpHeaders headers;         // of the last hop
  HttpHeaders first_headers;   // of the first hop, the one that the caller chose to trust
  std::string interruption;    // why the transfer ended too early; empty: it is whole
  double connect_seconds = 0;  // of the last hop, until it was ready to send
};

enum class BodyWish { kPass, kDrop };

// Gets the body of the final response. Both may throw; the transfer then ends with that exception.
class HttpReceiver {
 public:
  virtual ~HttpReceiver() = default;
  // Status and headers are there. Says whether to pass the body on; otherwise it is dropped, and
  // the connection with it if the body is long.
  virtual BodyWish begin(const HttpResponse& response) = 0;
  virtual void body(std::span<const std::byte> bytes) = 0;
};

// Any HTTP status is an ordinary answer, and so is a connection that failed or broke off
// (`interruption`): trying again may help. Throws Error{kNetwork} for what it cannot help (no such
// scheme, a certificate, a refused redirect), Error{kInvalidArgument} for a URL that is none and
// Error{kCancelled} when keep_going said so.
HttpResponse http_get(const HttpRequest& request, HttpReceiver& receiver);

// The same with a body to send. A redirect is an answer like any other: what was sent to one place
// is not sent to another.
HttpResponse http_post(const HttpRequest& request, std::string_view body, HttpReceiver& receiver);

// The URL without what may be secret: user, password, query and fragment.
std::string display_url(std::string_view url);

// Scheme, host and port: what must agree for two URLs to share a secret. Empty for no URL.
std::string url_origin(std::string_view url);

// The path of the URL, percent-decoded; empty for no URL.
std::string url_path(std::string_view url);

// Text as one path segment of a URL ("a b" is "a%20b"); slashes are kept.
std::string url_escape_path(std::string_view path);

}  // namespace ridge::hub
