#include "hub/download.h"

#include <algorithm>
#include <charconv>
#include <thread>

#include "base/ascii.h"
#include "base/error.h"
#include "hub/http.h"
#include "hub/part_file.h"

namespace ridge::hub {
namespace {

using std::chrono::milliseconds;

constexpr int kMaxRestarts = 4;  // of one download

std::optional<uint64_t> parse_size(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct ContentRange {
  std::optional<uint64_t> begin;
  std::optional<uint64_t> total;
};

// "bytes 100-199/200", "bytes */200" (RFC 9110, 14.4)
ContentRange parse_content_range(std::string_view text) {
  ContentRange range;
  if (!text.starts_with("bytes ")) return range;
  text.remove_prefix(6);
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return range;
  range.total = parse_size(text.substr(slash + 1));
  range.begin = parse_size(text.substr(0, std::min(slash, text.find('-'))));
  return range;
}

std::string strong_etag(const HttpHeaders& headers) {
  const auto etag = headers.find("etag");
  const bool strong = etag && etag->size() >= 2 && etag->front() == '"' && etag->back() == '"';
  return strong ? std::string(*etag) : std::string();
}

// The hub's own digest of a large file, from the answer of the server that was asked.
std::string linked_sha256(const HttpHeaders& headers) {
  auto etag = headers.find("x-linked-etag").value_or("");
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return is_sha256(etag) ? ascii_lower(etag) : std::string();
}

std::string shown_name(const Source& source) {
  return display_url(source.url);
}

[[noreturn]] void fail_status(const Source& source, int status) {
  const std::string shown = shown_name(source);
  if (status == 404 || status == 410) {
    fail(ErrorCode::kNotFound, shown, " does not exist (HTTP ", status, ")");
  }
  if (status == 401 || status == 403) {
    fail(ErrorCode::kNetwork, shown, " may not be read (HTTP ", status,
         "): it needs a token, or another one");
  }
  fail(ErrorCode::kNetwork, shown, " answers HTTP ", status);
}

bool is_temporary(int status) {
  return status == 408 || status == 429 || status >= 500;
}

// Counts tries that brought nothing and waits between them.
class Retries {
 public:
  Retries(const RetryPolicy& policy, DownloadObserver& observer)
      : policy_(policy), observer_(observer) {}

  void progressed() { failures_ = 0; }

  // Waits before the next try, or throws when there has been enough of them.
  void wait(const Source& source, const HttpResponse& response) {
    const bool answered = response.interruption.empty();
    const std::string reason =
        answered ? cat("HTTP ", response.status) : std::string(response.interruption);
    if (++failures_ >= policy_.max_attempts) {
      fail(ErrorCode::kNetwork, shown_name(source), ": ", reason, " (gave up after ", failures_,
           failures_ == 1 ? " try)" : " tries)");
    }
    milliseconds delay = policy_.first_delay * (int64_t(1) << std::min(failures_ - 1, 20));
    if (const auto after = answered ? response.headers.find("retry-after") : std::nullopt) {
      delay = std::max(delay, milliseconds(1000 * parse_size(*after).value_or(0) % 3'600'000));
    }
    delay = std::min(delay, policy_.max_delay);
    observer_.on_note(cat(reason, "; trying again in ", double(delay.count()) / 1000.0, " s"));
    sleep(delay);
  }

 private:
  void sleep(milliseconds delay) {
    const auto end = std::chrono::steady_clock::now() + delay;
    while (std::chrono::steady_clock::now() < end) {
      if (!observer_.keep_going()) fail(ErrorCode::kCancelled, "the download was stopped");
      std::this_thread::sleep_for(std::min(delay, milliseconds(50)));
    }
  }

  const RetryPolicy& policy_;
  DownloadObserver& observer_;
  int failures_ = 0;
};

HttpRequest make_request(const Source& source, const DownloadLimits& limits,
                         DownloadObserver& observer) {
  HttpRequest request;
  request.url = source.url;
  request.bearer_token = source.bearer_token;
  request.connect_timeout = limits.connect_timeout;
  request.stall_timeout = limits.stall_timeout;
  request.keep_going = [&observer] { return observer.keep_going(); };
  return request;
}

// Puts the body of each try behind what the part holds already.
class PartReceiver : public HttpReceiver {
 public:
  PartReceiver(const Source& source, const std::filesystem::path& destination,
               const DownloadLimits& limits, DownloadObserver& observer)
      : source_(source),
        destination_(destination),
        limits_(limits),
        observer_(observer),
        part_(destination) {
    const PartInfo& info = part_.info();
    const bool other_size = source.size && info.size != *source.size;
    const bool other_digest = !source.sha256.empty() && info.sha256 != ascii_lower(source.sha256);
    if (part_.size() > 0 && (other_size || other_digest || !resumable())) restart("has changed");
  }

  // Headers that ask for the rest only, if there is a beginning.
  std::vector<std::string> range_headers() const {
    if (part_.size() == 0) return {};
    std::vector<std::string> headers{cat("Range: bytes=", part_.size(), "-")};
    if (!part_.info().etag.empty()) headers.push_back("If-Range: " + part_.info().etag);
    return headers;
  }

  BodyWish begin(const HttpResponse& response) override {
    if (response.status == 200) return begin_whole(response);
    return response.status == 206 ? begin_rest(response) : BodyWish::kDrop;
  }

  void body(std::span<const std::byte> bytes) override {
    if (bytes.size() > part_.info().size - part_.size()) {
      fail(ErrorCode::kNetwork, shown_name(source_), " sends more than the ", part_.info().size,
           " bytes that it announced");
    }
    part_.append(bytes);
    observer_.on_progress(part_.size(), part_.info().size);
  }

  bool is_whole() const { return part_.info().size > 0 && part_.size() == part_.info().size; }
  bool resumed() const { return resumed_; }
  bool mismatched() const { return mismatched_; }  // the last answer was the rest of another file
  PartFile& part() { return part_; }

  void restart(std::string_view why) { start_over(why, {}); }

 private:
  void start_over(std::string_view why, const PartInfo& info) {
    if (++n_restarts_ > kMaxRestarts) {
      fail(ErrorCode::kNetwork, shown_name(source_), " had to be started over ", kMaxRestarts,
           " times: its server does not keep to what it announces");
    }
    observer_.on_note(cat(destination_.filename().string(), " ", why, ": starting over"));
    part_.restart(info);
    resumed_ = false;
  }

  bool resumable() const { return !part_.info().etag.empty() || !part_.info().sha256.empty(); }

  std::string wanted_sha256(const HttpResponse& response) const {
    return source_.sha256.empty() ? linked_sha256(response.first_headers)
                                  : ascii_lower(source_.sha256);
  }

  BodyWish begin_whole(const HttpResponse& response) {
    const auto length = parse_size(response.headers.find("content-length").value_or(""));
    if (!length || *length == 0) {
      fail(ErrorCode::kNetwork, shown_name(source_),
           length ? " is empty" : " does not announce its size, so it cannot be checked");
    }
    check_size(*length);
    require_free_space(destination_.parent_path(), *length, limits_.keep_free);
    mismatched_ = false;
    const PartInfo info{
        .etag = strong_etag(response.headers), .sha256 = wanted_sha256(response), .size = *length};
    if (part_.size() > 0) {
      start_over("has changed or cannot be continued", info);
    } else {
      part_.restart(info);
    }
    return BodyWish::kPass;
  }

  BodyWish begin_rest(const HttpResponse& response) {
    const auto range =
        parse_content_range(response.headers.find("content-range").value_or(std::string_view()));
    const PartInfo& info = part_.info();
    const std::string etag = strong_etag(response.headers);
    const bool same_version = info.etag.empty() || etag.empty() || info.etag == etag;
    mismatched_ = range.begin != part_.size() || range.total != info.size || !same_version;
    if (mismatched_) return BodyWish::kDrop;
    require_free_space(destination_.parent_path(), info.size - part_.size(), limits_.keep_free);
    if (!resumed_) observer_.on_note(cat("continuing after ", part_.size(), " bytes"));
    resumed_ = true;
    return BodyWish::kPass;
  }

  void check_size(uint64_t length) const {
    if (!source_.size || *source_.size == length) return;
    fail(ErrorCode::kNetwork, shown_name(source_), " announces ", length,
         " bytes, but the hub lists it with ", *source_.size);
  }

  const Source& source_;
  const std::filesystem::path& destination_;
  const DownloadLimits& limits_;
  DownloadObserver& observer_;
  PartFile part_;
  int n_restarts_ = 0;
  bool resumed_ = false;
  bool mismatched_ = false;
};

// Until the part is whole.
void transfer(const Source& source, const RetryPolicy& policy, const DownloadLimits& limits,
              PartReceiver& receiver, DownloadObserver& observer) {
  Retries retries(policy, observer);
  while (!receiver.is_whole()) {
    const uint64_t before = receiver.part().size();
    HttpRequest request = make_request(source, limits, observer);
    request.headers = receiver.range_headers();
    HttpResponse response = http_get(request, receiver);
    if (receiver.part().size() > before) retries.progressed();
    if (receiver.is_whole()) return;
    if (before > 0 && (receiver.mismatched() || response.status == 416)) {
      receiver.restart("has changed");
      continue;
    }
    const bool delivering = response.status == 200 || response.status == 206;
    if (response.interruption.empty() && !delivering && !is_temporary(response.status)) {
      fail_status(source, response.status);
    }
    if (response.interruption.empty() && delivering) response.interruption = "the answer is cut";
    retries.wait(source, response);
  }
}

class TextReceiver : public HttpReceiver {
 public:
  TextReceiver(const Source& source, uint64_t limit) : source_(source), limit_(limit) {}

  BodyWish begin(const HttpResponse& response) override {
    return response.status == 200 ? BodyWish::kPass : BodyWish::kDrop;
  }
  void body(std::span<const std::byte> bytes) override {
    if (bytes.size() > limit_ - text_.size()) {
      fail(ErrorCode::kNetwork, shown_name(source_), " is longer than ", limit_, " bytes");
    }
    text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  std::string take() { return std::move(text_); }

 private:
  const Source& source_;
  uint64_t limit_;
  std::string text_;
};

}  // namespace

void require_free_space(const std::filesystem::path& folder, uint64_t n_bytes, uint64_t keep_free) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  if (error) fail(ErrorCode::kIo, "cannot ask for the free space of ", folder.string());
  if (space.available >= keep_free && space.available - keep_free >= n_bytes) return;
  fail(ErrorCode::kOutOfMemory, "the file needs ", n_bytes, " more bytes, and the disk of ",
       folder.string(), " has ", space.available, " free, of which ", keep_free, " stay free");
}

DownloadResult download(const Source& source, const std::filesystem::path& destination,
                        const RetryPolicy& retry, const DownloadLimits& limits,
                        DownloadObserver& observer) {
  if (!source.sha256.empty() && !is_sha256(source.sha256)) {
    fail(ErrorCode::kNetwork, "the digest given for ", shown_name(source),
         " is not 64 hexadecimal digits");
  }
  PartReceiver receiver(source, destination, limits, observer);
  for (;;) {
    transfer(source, retry, limits, receiver, observer);
    PartFile& part = receiver.part();
    const std::string found = part.sha256();
    const std::string wanted = part.info().sha256;
    if (wanted.empty() || found == wanted) {
      const DownloadResult result{
          .n_bytes = part.size(), .sha256 = found, .verified = !wanted.empty()};
      part.publish();
      return result;
    }
    if (receiver.resumed()) {  // the earlier beginning may be the wrong part of it
      receiver.restart("does not have the digest that it should");
      continue;
    }
    part.discard();
    fail(ErrorCode::kNetwork, shown_name(source), " has sha256 ", found, ", wanted ", wanted,
         "; it was deleted");
  }
}

std::string fetch_text(const Source& source, const RetryPolicy& retry, const DownloadLimits& limits,
                       DownloadObserver& observer) {
  Retries retries(retry, observer);
  for (;;) {
    TextReceiver receiver(source, limits.max_text);
    const HttpResponse response = http_get(make_request(source, limits, observer), receiver);
    if (response.interruption.empty() && response.status == 200) return receiver.take();
    if (response.interruption.empty() && !is_temporary(response.status)) {
      fail_status(source, response.status);
    }
    retries.wait(source, response);
  }
}

}  // namespace ridge::hub
