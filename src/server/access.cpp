#include "server/access.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/error.h"
#include "base/quote.h"

namespace ridge::server {
namespace {

std::string digest(std::string_view key) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> out{};
  SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), out.data());
  return std::string(out.begin(), out.end());
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> out{};
  return inet_pton(AF_INET, host.c_str(), out.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), out.data()) == 1;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<std::string_view> given_key(const HttpRequest& request) {
  if (const auto key = request.header("x-api-key")) return trimmed(*key);
  const auto authorization = request.header("authorization");
  if (!authorization || authorization->size() < 7) return std::nullopt;
  if (ascii_lower(authorization->substr(0, 7)) != "bearer ") return std::nullopt;
  return trimmed(authorization->substr(7));
}

// "http://localhost:3000" to "localhost:3000"; empty for what is no origin ("null").
std::string_view origin_host(std::string_view origin) {
  const size_t scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string_view() : origin.substr(scheme + 3);
}

}  // namespace

std::string host_name(std::string_view host_and_port) {
  if (host_and_port.starts_with('[')) {
    const size_t end = std::min(host_and_port.find(']'), host_and_port.size());
    return ascii_lower(host_and_port.substr(1, end - 1));
  }
  return ascii_lower(host_and_port.substr(0, host_and_port.find(':')));
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") || host == "::1" ||
         (host.starts_with("127.") && is_address(std::string(host)));
}

Access::Access(const AccessOptions& options) {
  for (const std::string& key : options.keys) {
    if (key.empty()) fail(ErrorCode::kInvalidArgument, "an API key is empty");
    key_digests_.push_back(digest(key));
  }
  for (const std::string& host : options.hosts) hosts_.push_back(ascii_lower(host));
  for (const std::string& origin : options.origins) origins_.push_back(ascii_lower(origin));
}

// A name that was made to point here by somebody else's DNS is a name; an address is what it says.
bool Access::allows_host(std::string_view host) const {
  const std::string name = host_name(host);
  return is_loopback(name) || is_address(name) ||
         std::find(hosts_.begin(), hosts_.end(), name) != hosts_.end();
}

bool Access::allows_origin(std::string_view origin, std::string_view host) const {
  const std::string lower = ascii_lower(origin);
  const std::string_view own = origin_host(lower);
  if (!own.empty() && (own == ascii_lower(host) || is_loopback(host_name(own)))) return true;
  return std::any_of(origins_.begin(), origins_.end(), [&](const std::string& allowed) {
    return allowed == "*" || allowed == lower;
  });
}

std::optional<Problem> Access::check_place(const HttpRequest& request) const {
  const auto host = request.header("host");
  if (!host || host->empty()) {
    return Problem{.status = 400, .message = "the request has no Host header"};
  }
  if (!allows_host(*host)) {
    return Problem{
        .status = 403,
        .message = cat("the host ", in_quotes(*host),
                       " is not one that this server answers for; --allow-host adds it")};
  }
  const auto origin = request.header("origin");
  if (origin && !allows_origin(*origin, *host)) {
    return Problem{.status = 403,
                   .message = cat("pages of the origin ", in_quotes(*origin),
                                  " may not use this server; --allow-origin adds it")};
  }
  return std::nullopt;
}

std::optional<Problem> Access::check_key(const HttpRequest& request) const {
  if (key_digests_.empty()) return std::nullopt;
  const auto key = given_key(request);
  if (key) {
    const std::string wanted = digest(*key);
    int n_equal = 0;
    for (const std::string& known : key_digests_) {
      n_equal += int(CRYPTO_memcmp(known.data(), wanted.data(), known.size()) == 0);
    }
    if (n_equal > 0) return std::nullopt;
  }
  return Problem{.status = 401,
                 .message = key ? "the API key is wrong"
                                : "an API key is wanted, as 'Authorization: Bearer KEY' or "
                                  "'x-api-key: KEY'"};
}

HttpHeaders Access::cors(const HttpRequest& request) const {
  const auto origin = request.header("origin");
  if (!origin || !allows_origin(*origin, request.header("host").value_or(""))) return {};
  return {{"Access-Control-Allow-Origin", std::string(*origin)},
          {"Access-Control-Expose-Headers", "x-request-id, x-ridge-warning, retry-after"},
          {"Vary", "Origin"}};
}

HttpReply Access::preflight(const HttpRequest& request) const {
  HttpReply reply{.status = 204, .headers = {}, .body = {}};
  if (!request.header("origin")) return reply;
  reply.headers = {{"Access-Control-Allow-Methods", "GET, POST, HEAD, OPTIONS"},
                   {"Access-Control-Max-Age", "600"}};
  if (const auto wanted = request.header("access-control-request-headers")) {
    reply.headers.emplace_back("Access-Control-Allow-Headers", std::string(*wanted));
  }
  if (request.header("access-control-request-private-network")) {
    reply.headers.emplace_back("Access-Control-Allow-Private-Network", "true");
  }
  return reply;
}

}  // namespace ridge::server
