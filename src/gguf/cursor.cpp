#include "gguf/cursor.h"

#include <algorithm>

#include "gguf/limits.h"

namespace ridge::gguf {
namespace {

constexpr size_t kWindowBytes = 256 << 10;

}  // namespace

Cursor::Cursor(const FileReader& file)
    : file_(file), limit_(std::min(file.size(), kMaxHeaderBytes)) {}

std::string Cursor::read_string(std::string_view what, uint64_t max_bytes) {
  const uint64_t n = read<uint64_t>(what);
  if (n > max_bytes)
    fail_invalid(": ", what, " has ", n, " bytes, at most ", max_bytes, " allowed");
  if (n > remaining()) fail_short(n, what);
  std::string text(n, '\0');
  for (size_t done = 0; done < n;) {
    if (next_ == window_.size()) refill(1, what);
    const size_t chunk = std::min(text.size() - done, window_.size() - next_);
    std::memcpy(text.data() + done, window_.data() + next_, chunk);
    next_ += chunk;
    done += chunk;
  }
  return text;
}

void Cursor::fail_short(uint64_t wanted, std::string_view what) const {
  if (limit_ < file_.size()) {
    fail_unsupported(": ", what, " needs ", wanted, " bytes at byte ", position(),
                     ", which goes past the largest header taken, ", kMaxHeaderBytes, " bytes");
  }
  fail_invalid(": ", what, " needs ", wanted, " bytes at byte ", position(),
               ", but the file ends after ", remaining(), " more");
}

void Cursor::refill(size_t at_least, std::string_view what) {
  if (remaining() < at_least) fail_short(at_least, what);
  window_begin_ += next_;
  next_ = 0;
  window_.resize(size_t(std::min<uint64_t>(kWindowBytes, limit_ - window_begin_)));
  file_.read_at(window_begin_, window_);
}

}  // namespace ridge::gguf
