// Downloads one file: resumed where an earlier try ended, restarted when the remote file has
// changed, checked by size and SHA-256, and under its name only when it is whole. Connections that
// break are tried again with growing pauses. One thread; a lock keeps two processes off the same
// destination.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace ridge::hub {

struct RetryPolicy {
  int max_attempts = 6;                        // in a row without a new byte
  std::chrono::milliseconds first_delay{500};  // doubles each time
  std::chrono::milliseconds max_delay{30'000};
};

struct Source {
  std::string url;
  std::string bearer_token;      // sent to the URL's own origin only; empty: none
  std::string sha256;            // that the file must have; empty: not known
  std::optional<uint64_t> size;  // bytes that it must have
};

struct DownloadLimits {
  uint64_t keep_free = 64 << 20;  // bytes of the disk that a download leaves
  uint64_t max_text = 32 << 20;   // bytes of fetch_text
  std::chrono::seconds connect_timeout{20};
  std::chrono::seconds stall_timeout{30};
};

// Told what happens, from the thread that downloads.
class DownloadObserver {
 public:
  virtual ~DownloadObserver() = default;
  virtual void on_progress(uint64_t done, uint64_t total) = 0;  // bytes
  virtual void on_note(std::string_view sentence) = 0;          // resumed, restarted, tried again
  virtual bool keep_going() = 0;  // false stops it; the part stays for the next time
};

struct DownloadResult {
  uint64_t n_bytes = 0;
  std::string sha256;     // of the bytes on the disk
  bool verified = false;  // the source or the hub named a digest, and it is this one
};

// A file of the hub's hash database names its digest in X-Linked-ETag; it is checked when `source`
// has none. Throws Error: kNotFound (404), kNetwork (refused, given up, or not what was announced),
// kOutOfMemory (the disk has no room), kIo (the disk failed), kCancelled.
DownloadResult download(const Source& source, const std::filesystem::path& destination,
                        const RetryPolicy& retry, const DownloadLimits& limits,
                        DownloadObserver& observer);

// Throws Error{kOutOfMemory} unless the disk of `folder` has room for n_bytes and keep_free more.
void require_free_space(const std::filesystem::path& folder, uint64_t n_bytes, uint64_t keep_free);

// A small text (a listing), in memory; sha256 and size of `source` are ignored.
std::string fetch_text(const Source& source, const RetryPolicy& retry, const DownloadLimits& limits,
                       DownloadObserver& observer);

}  // namespace ridge::hub
