// Who may ask: hosts and origins (a web page that a browser shows must not reach this server by a
// name of its own, nor across origins), and API keys. Immutable; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/message.h"
#include "server/problem.h"

namespace ridge::server {

struct AccessOptions {
  std::vector<std::string> keys;   // empty: none is asked for
  std::vector<std::string> hosts;  // names besides localhost and addresses
  std::vector<std::string>
      origins;  // "https://example.org" besides pages of this machine; "*": all
};

class Access {
 public:
  explicit Access(const AccessOptions& options);

  // 403 for a host or an origin that is not allowed, 400 without a host.
  std::optional<Problem> check_place(const HttpRequest& request) const;
  // 401 unless the request brings a key, as `Authorization: Bearer` or `x-api-key`. Takes the same
  // time for every wrong key.
  std::optional<Problem> check_key(const HttpRequest& request) const;
  // For answers to pages of other origins that are allowed.
  HttpHeaders cors(const HttpRequest& request) const;
  // The answer to a preflight.
  HttpReply preflight(const HttpRequest& request) const;

 private:
  bool allows_host(std::string_view host) const;
  bool allows_origin(std::string_view origin, std::string_view host) const;

  std::vector<std::string> key_digests_;
  std::vector<std::string> hosts_;
  std::vector<std::string> origins_;
};

// "localhost" of "localhost:8080", "::1" of "[::1]:8080"; in lower case.
std::string host_name(std::string_view host_and_port);
bool is_loopback(std::string_view host);  // an address or a name of this machine alone

}  // namespace ridge::server
