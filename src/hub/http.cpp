#include "hub/http.h"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <new>

#include "base/ascii.h"
#include "base/error.h"
#include "hub/address.h"

namespace ridge::hub {
namespace {

constexpr int kMaxRedirects = 8;
constexpr size_t kMaxHeaderBytes = 1 << 20;
constexpr size_t kMaxDroppedBody = 64 << 10;  // read past to keep the connection, then cut

using EasyPtr = std::unique_ptr<CURL, decltype([](CURL* easy) { curl_easy_cleanup(easy); })>;
using UrlPtr = std::unique_ptr<CURLU, decltype([](CURLU* url) { curl_url_cleanup(url); })>;
using ListPtr =
    std::unique_ptr<curl_slist, decltype([](curl_slist* list) { curl_slist_free_all(list); })>;
using CurlString = std::unique_ptr<char, decltype([](char* text) { curl_free(text); })>;

UrlPtr parse_url(std::string_view text) {
  UrlPtr url(curl_url());
  if (!url) throw std::bad_alloc();
  if (curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), 0) != CURLUE_OK) return {};
  return url;
}

std::string url_part(CURLU* url, CURLUPart part, unsigned int flags = 0) {
  char* text = nullptr;
  if (url == nullptr || curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  return CurlString(text).get();
}

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Failures that a second try cannot mend.
bool is_permanent(CURLcode code) {
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_NOTFOUND:
      return true;
    default:
      return false;
  }
}

// What the hops of one request share.
struct Chain {
  const HttpRequest& request;
  HttpReceiver& receiver;
  std::string origin;
  bool private_host = false;    // the first URL names a private address
  bool private_socket = false;  // the first hop connected to one
  HttpHeaders first_headers;
  std::optional<std::string_view> body;  // POSTs it, and follows no redirect
};

// One request and its response. Callbacks never let an exception through C code: it waits in
// `failure_`.
class Hop {
 public:
  Hop(Chain& chain, CURL* easy, std::string url, int index)
      : chain_(chain), easy_(easy), url_(std::move(url)), index_(index) {
    response_.url = url_;
  }

  // The URL to go on with; empty when this was the last hop.
  std::string run();
  HttpResponse take_response() { return std::move(response_); }

 private:
  void set_options();
  void set_callbacks();
  ListPtr header_list() const;
  void classify(CURLcode code);
  std::string redirect_target();

  size_t on_header(std::string_view line);
  size_t on_body(std::span<const std::byte> bytes);
  curl_socket_t open_socket(const curl_sockaddr& address);
  void begin_once();

  template <class Function>
  size_t guarded(size_t failed, const Function& function) noexcept {
    try {
      return function();
    } catch (...) {
      failure_ = std::current_exception();
      return failed;
    }
  }

  Chain& chain_;
  CURL* easy_;
  std::string url_;
  int index_;
  HttpResponse response_;
  std::exception_ptr failure_;
  size_t header_bytes_ = 0;
  size_t dropped_bytes_ = 0;
  BodyWish wish_ = BodyWish::kPass;
  bool redirecting_ = false;
  bool begun_ = false;
  bool refused_address_ = false;
  char error_text_[CURL_ERROR_SIZE] = {};
};

std::string Hop::run() {
  curl_easy_reset(easy_);
  set_options();
  set_callbacks();
  const ListPtr headers = header_list();
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers.get());
  const CURLcode code = curl_easy_perform(easy_);
  curl_easy_getinfo(easy_, CURLINFO_PRETRANSFER_TIME, &response_.connect_seconds);
  if (failure_) std::rethrow_exception(failure_);
  if (index_ == 0) chain_.first_headers = response_.headers;
  response_.first_headers = chain_.first_headers;
  const bool cut_by_us = code == CURLE_WRITE_ERROR && dropped_bytes_ > kMaxDroppedBody;
  if (code != CURLE_OK && !cut_by_us) {
    classify(code);
    return {};
  }
  if (redirecting_) return redirect_target();
  begin_once();
  return {};
}

void Hop::set_options() {
  const HttpRequest& request = chain_.request;
  curl_easy_setopt(easy_, CURLOPT_URL, url_.c_str());
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_USERAGENT, "ridge");
  curl_easy_setopt(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, 512L << 10);
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT, long(request.connect_timeout.count()));
  curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_TIME, long(request.stall_timeout.count()));
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_text_);
  if (chain_.body) {
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(chain_.body->size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, chain_.body->data());
  }
}

void Hop::set_callbacks() {
  curl_easy_setopt(
      easy_, CURLOPT_HEADERFUNCTION,
      +[](char* data, size_t size, size_t count, void* self) -> size_t {
        return static_cast<Hop*>(self)->on_header({data, size * count});
      });
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(
      easy_, CURLOPT_WRITEFUNCTION,
      +[](char* data, size_t size, size_t count, void* self) -> size_t {
        return static_cast<Hop*>(self)->on_body(std::as_bytes(std::span(data, size * count)));
      });
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(
      easy_, CURLOPT_OPENSOCKETFUNCTION,
      +[](void* self, curlsocktype, curl_sockaddr* address) -> curl_socket_t {
        return static_cast<Hop*>(self)->open_socket(*address);
      });
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(
      easy_, CURLOPT_XFERINFOFUNCTION,
      +[](void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) -> int {
        const auto& keep_going = static_cast<Hop*>(self)->chain_.request.keep_going;
        return keep_going && !keep_going() ? 1 : 0;
      });
  curl_easy_setopt(easy_, CURLOPT_XFERINFODATA, this);
  curl_easy_setopt(easy_, CURLOPT_NOPROGRESS, 0L);
}

ListPtr Hop::header_list() const {
  ListPtr list;
  const auto add = [&list](const std::string& line) {
    curl_slist* head = curl_slist_append(list.get(), line.c_str());
    if (head == nullptr) throw std::bad_alloc();
    (void)list.release();
    list.reset(head);
  };
  for (const std::string& line : chain_.request.headers) add(line);
  const bool same_origin = url_origin(url_) == chain_.origin;
  if (!chain_.request.bearer_token.empty() && same_origin) {
    add("Authorization: Bearer " + chain_.request.bearer_token);
  }
  return list;
}

void Hop::classify(CURLcode code) {
  const std::string shown = display_url(url_);
  if (refused_address_) {
    fail(ErrorCode::kNetwork, "refused: ", display_url(chain_.request.url),
         " redirects to the private address of ", shown);
  }
  if (code == CURLE_ABORTED_BY_CALLBACK) fail(ErrorCode::kCancelled, "the transfer was stopped");
  const std::string reason = error_text_[0] != '\0' ? error_text_ : curl_easy_strerror(code);
  if (code == CURLE_URL_MALFORMAT) {
    fail(ErrorCode::kInvalidArgument, "not a URL: ", shown, " (", reason, ")");
  }
  if (is_permanent(code)) fail(ErrorCode::kNetwork, shown, ": ", reason);
  response_.interruption = reason;
}

std::string Hop::redirect_target() {
  char* target = nullptr;
  curl_easy_getinfo(easy_, CURLINFO_REDIRECT_URL, &target);
  const std::string shown = display_url(url_);
  if (target == nullptr) {
    fail(ErrorCode::kNetwork, shown, " answers with redirect ", response_.status,
         " to no usable address");
  }
  const UrlPtr next = parse_url(target);
  const std::string scheme = url_part(next.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    fail(ErrorCode::kNetwork, "refused: ", shown, " redirects to ", display_url(target),
         ", which is neither http nor https");
  }
  if (scheme == "http" && url_.starts_with("https:")) {
    fail(ErrorCode::kNetwork, "refused: ", shown, " redirects from https to plain http (",
         display_url(target), ")");
  }
  if (!chain_.private_host && !chain_.private_socket &&
      is_private_host(url_part(next.get(), CURLUPART_HOST))) {
    fail(ErrorCode::kNetwork, "refused: ", shown, " redirects to the private address ",
         display_url(target));
  }
  return target;
}

size_t Hop::on_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaderBytes) return 0;
  return guarded(0, [&] {
    if (line.starts_with("HTTP/")) {  // also after "100 Continue"
      response_.headers = {};
      redirecting_ = false;
      return line.size();
    }
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) {
      std::string name = ascii_lower(trimmed(line.substr(0, colon)));
      response_.headers.entries.emplace_back(std::move(name), trimmed(line.substr(colon + 1)));
    } else if (trimmed(line).empty()) {
      long status = 0;
      curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
      response_.status = int(status);
      redirecting_ =
          !chain_.body && is_redirect(status) && response_.headers.find("location").has_value();
    }
    return line.size();
  });
}

size_t Hop::on_body(std::span<const std::byte> bytes) {
  return guarded(0, [&] {
    if (!redirecting_) begin_once();
    if (redirecting_ || wish_ == BodyWish::kDrop) {
      dropped_bytes_ += bytes.size();
      return dropped_bytes_ > kMaxDroppedBody ? 0 : bytes.size();
    }
    chain_.receiver.body(bytes);
    return bytes.size();
  });
}

void Hop::begin_once() {
  if (begun_) return;
  begun_ = true;
  if (index_ == 0) chain_.first_headers = response_.headers;
  response_.first_headers = chain_.first_headers;
  wish_ = chain_.receiver.begin(response_);
}

curl_socket_t Hop::open_socket(const curl_sockaddr& address) {
  const bool is_private = is_private_address(address.addr);
  if (index_ == 0) chain_.private_socket = chain_.private_socket || is_private;
  if (is_private && index_ > 0 && !chain_.private_host && !chain_.private_socket) {
    refused_address_ = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
}

HttpResponse follow(const HttpRequest& request, std::optional<std::string_view> body,
                    HttpReceiver& receiver) {
  const UrlPtr url = parse_url(request.url);
  if (!url) fail(ErrorCode::kInvalidArgument, "not a URL: ", display_url(request.url));
  EasyPtr easy(curl_easy_init());
  if (!easy) throw std::bad_alloc();

  Chain chain{.request = request,
              .receiver = receiver,
              .origin = url_origin(request.url),
              .private_host = is_private_host(url_part(url.get(), CURLUPART_HOST)),
              .body = body};
  std::string next = request.url;
  for (int i = 0; i <= kMaxRedirects; ++i) {
    Hop hop(chain, easy.get(), next, i);
    next = hop.run();
    if (next.empty()) return hop.take_response();
  }
  fail(ErrorCode::kNetwork, display_url(request.url), " redirects more than ", kMaxRedirects,
       " times");
}

}  // namespace

std::optional<std::string_view> HttpHeaders::find(std::string_view lower_case_name) const {
  for (const auto& [name, value] : entries) {
    if (name == lower_case_name) return value;
  }
  return std::nullopt;
}

HttpResponse http_get(const HttpRequest& request, HttpReceiver& receiver) {
  return follow(request, std::nullopt, receiver);
}

HttpResponse http_post(const HttpRequest& request, std::string_view body, HttpReceiver& receiver) {
  return follow(request, body, receiver);
}

std::string display_url(std::string_view text) {
  const UrlPtr url = parse_url(text);
  if (!url) return std::string(text.substr(0, text.find_first_of("?#")));
  for (CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
    curl_url_set(url.get(), part, nullptr, 0);
  }
  return url_part(url.get(), CURLUPART_URL);
}

std::string url_origin(std::string_view text) {
  const UrlPtr url = parse_url(text);
  if (!url) return {};
  return cat(url_part(url.get(), CURLUPART_SCHEME), "://", url_part(url.get(), CURLUPART_HOST), ":",
             url_part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT));
}

std::string url_path(std::string_view text) {
  const UrlPtr url = parse_url(text);
  return url_part(url.get(), CURLUPART_PATH, CURLU_URLDECODE);
}

std::string url_escape_path(std::string_view path) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (char c : path) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += kDigits[uint8_t(c) >> 4];
      out += kDigits[uint8_t(c) & 15];
    }
  }
  return out;
}

}  // namespace ridge::hub
