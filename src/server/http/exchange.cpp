#include "server/http/exchange.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ascii.h"
#include "base/strcat.h"

namespace ridge::server {
namespace {

bool has_header(const HttpHeaders& headers, std::string_view lower_case_name) {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& header) {
    return ascii_lower(header.first) == lower_case_name;
  });
}

// A header's value may carry what a request said: no byte of it may begin another header.
void append_header(std::string& out, std::string_view name, std::string_view value) {
  append(out, name);
  append(out, ": ");
  for (const char c : value) out += (c >= ' ' && c != '\x7f') || c == '\t' ? c : ' ';
  append(out, "\r\n");
}

std::string chunk(std::string_view bytes) {
  char digits[17];
  const char* end = std::to_chars(digits, digits + sizeof digits, bytes.size(), 16).ptr;
  return cat(std::string_view(digits, size_t(end - digits)), "\r\n", bytes, "\r\n");
}

}  // namespace

Exchange::Exchange(Options options, std::function<void()> changed)
    : options_(std::move(options)), changed_(std::move(changed)) {}

void Exchange::head(int status, const HttpHeaders& headers, std::string_view framing) {
  status_ = status;
  append(output_, cat("HTTP/1.1 ", status, " ", reason_phrase(status), "\r\n"));
  for (const auto& [name, value] : headers) append_header(output_, name, value);
  for (const auto& [name, value] : options_.headers) append_header(output_, name, value);
  append(output_, framing);
  append(output_, options_.keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
}

void Exchange::end() {
  phase_ = Phase::kDone;
  on_gone_ = nullptr;  // it may own who owns this
  changed_();
}

void Exchange::reply(HttpReply reply) {
  if (phase_ != Phase::kWaiting) return;
  if (reply.closes) options_.keep_alive = false;
  const bool bodiless = reply.status == 204;
  if (!bodiless && !has_header(reply.headers, "content-type")) {
    reply.headers.emplace_back("Content-Type", "application/json");
  }
  head(reply.status, reply.headers,
       bodiless ? "" : cat("Content-Length: ", reply.body.size(), "\r\n"));
  if (!options_.head_only && !bodiless) append(output_, reply.body);
  end();
}

void Exchange::begin(StreamHead stream) {
  if (phase_ != Phase::kWaiting) return;
  phase_ = Phase::kStreaming;
  if (options_.http_1_0) options_.keep_alive = false;
  stream.headers.emplace_back("Content-Type", stream.content_type);
  stream.headers.emplace_back("Cache-Control", "no-cache");
  stream.headers.emplace_back("X-Accel-Buffering", "no");
  head(200, stream.headers, options_.http_1_0 ? "" : "Transfer-Encoding: chunked\r\n");
  keep_alive_ = std::move(stream.keep_alive);
  changed_();
}

void Exchange::body_part(std::string_view bytes) {
  if (options_.head_only || bytes.empty() || gone_) return;
  append(output_, options_.http_1_0 ? std::string(bytes) : chunk(bytes));
  overrun_ = overrun_ || output_.size() > options_.most_unsent;
}

void Exchange::write(std::string_view bytes) {
  if (phase_ != Phase::kStreaming) return;
  body_part(bytes);
  changed_();
}

void Exchange::finish() {
  if (phase_ != Phase::kStreaming) return;
  if (!options_.http_1_0 && !options_.head_only) append(output_, "0\r\n\r\n");
  end();
}

void Exchange::abandon() {
  if (phase_ == Phase::kWaiting) {
    reply({.status = 500,
           .headers = {},
           .body = R"({"error":{"message":"internal error","type":"server_error"}})",
           .closes = true});
  } else if (phase_ == Phase::kStreaming) {
    options_.keep_alive = false;
    end();  // without the last chunk: the client sees that it is cut
  }
}

void Exchange::on_gone(std::function<void()> task) {
  if (gone_) {
    task();
  } else {
    on_gone_ = std::move(task);
  }
}

std::string Exchange::take_output() {
  return std::exchange(output_, {});
}

void Exchange::keep_stream_alive() {
  if (phase_ == Phase::kStreaming && keep_alive_) write(keep_alive_());
}

void Exchange::leave() {
  if (std::exchange(gone_, true)) return;
  if (const auto task = std::exchange(on_gone_, nullptr)) task();
}

}  // namespace ridge::server
