#include "cli/plan/remote_header.h"

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "hub/http.h"
#include "hub/store.h"

namespace ridge::cli {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kFirstBytes = uint64_t{4} << 20;
constexpr uint64_t kMostBytes = uint64_t{256} << 20;
constexpr uint64_t kOtherParts = 8;

// Of "bytes 0-99/1234" 1234; 0: nothing is said.
uint64_t total_size(const hub::HttpResponse& response) {
  const auto range = response.headers.find("content-range");
  const size_t slash = range ? range->rfind('/') : std::string_view::npos;
  uint64_t size = 0;
  if (slash != std::string_view::npos) {
    std::from_chars(range->data() + slash + 1, range->data() + range->size(), size);
  }
  return size;
}

class Receiver final : public hub::HttpReceiver {
 public:
  Receiver(std::ofstream& out, uint64_t most) : out_(out), left_(most) {}
  hub::BodyWish begin(const hub::HttpResponse& response) override {
    status_ = response.status;
    total_ = total_size(response);
    return status_ == 206 ? hub::BodyWish::kPass : hub::BodyWish::kDrop;
  }
  void body(std::span<const std::byte> bytes) override {
    const auto n = std::min<uint64_t>(left_, bytes.size());
    out_.write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(n));
    left_ -= n;
    n_bytes_ += n;
  }
  uint64_t n_bytes() const { return n_bytes_; }
  bool is_full() const { return left_ == 0; }
  int status() const { return status_; }
  uint64_t total() const { return total_; }  // bytes of the remote file; 0: its server did not say

 private:
  std::ofstream& out_;
  uint64_t left_;
  uint64_t n_bytes_ = 0;
  int status_ = 0;
  uint64_t total_ = 0;
};

// Files in the cache that hold the beginnings of the remote ones and are as long, without taking
// the room: what lies behind a header is never written.
class SparseCopies {
 public:
  SparseCopies(const fs::path& cache, size_t n)
      : folder_(cache / "tmp" / cat("headers-", ::getpid())), n_(int(n)) {
    fs::create_directories(folder_);
  }
  ~SparseCopies() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  SparseCopies(const SparseCopies&) = delete;
  SparseCopies& operator=(const SparseCopies&) = delete;
  fs::path path(size_t i) const {
    const std::string stem = n_ == 1 ? "model" : hub::split_stem("model", int(i) + 1, n_);
    return folder_ / cat(stem, ".gguf");
  }

 private:
  fs::path folder_;
  int n_;
};

// Whether all of the file is there.
bool fetch_beginning(const hub::Source& source, uint64_t n_bytes, const fs::path& copy) {
  std::ofstream out(copy, std::ios::binary | std::ios::trunc);
  Receiver receiver(out, n_bytes);
  hub::HttpRequest request{.url = source.url,
                           .headers = {cat("Range: bytes=0-", n_bytes - 1)},
                           .bearer_token = source.bearer_token};
  request.keep_going = [&receiver] { return !receiver.is_full(); };
  try {
    hub::http_get(request, receiver);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCancelled || !receiver.is_full()) throw;  // it sent more
  }
  out.close();
  const std::string shown = hub::display_url(source.url);
  if (receiver.status() == 404) fail(ErrorCode::kNotFound, "no file ", shown);
  if (receiver.status() != 206 || receiver.total() == 0) {
    fail(ErrorCode::kNetwork, shown, " answered with status ", receiver.status(),
         ", expected 206: a range of a file whose length it says");
  }
  fs::resize_file(copy, receiver.total());
  return receiver.n_bytes() >= receiver.total();
}

// The first part holds the vocabulary, the others a list of tensors.
bool fetch_beginnings(const HubModel& remote, uint64_t n_bytes, const SparseCopies& copies) {
  bool whole = true;
  for (size_t i = 0; i < remote.sources.size(); ++i) {
    const uint64_t wanted = i == 0 ? n_bytes : n_bytes / kOtherParts;
    whole = fetch_beginning(remote.sources[i], wanted, copies.path(i)) && whole;
  }
  return whole;
}

}  // namespace

planner::PlannedModel remote_model(const HubModel& remote, const Context& context) {
  const SparseCopies copies(context.environment.cache, remote.sources.size());
  for (uint64_t n_bytes = kFirstBytes;; n_bytes *= 4) {
    const bool whole = fetch_beginnings(remote, n_bytes, copies);
    try {
      return planner::planned_model(gguf::File::open(copies.path(0)), remote.name);
    } catch (const Error& error) {
      const bool may_be_cut = error.code() == ErrorCode::kInvalidFile;
      if (!may_be_cut || whole || n_bytes * 4 > kMostBytes) throw;
    }
  }
}

}  // namespace ridge::cli
