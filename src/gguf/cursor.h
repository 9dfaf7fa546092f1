// Reads the header of a file front to back through a window of bounded size. Every length is
// checked against what is left of the file before anything is allocated. Internal to this folder;
// one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "base/file_reader.h"

namespace ridge::gguf {

class Cursor {
 public:
  explicit Cursor(const FileReader& file);

  uint64_t position() const { return window_begin_ + next_; }
  uint64_t remaining() const { return limit_ - position(); }
  const FileReader& file() const { return file_; }

  // What is being read, for messages: "key 'general.name'".
  void set_subject(std::string subject) { subject_ = std::move(subject); }

  template <class T>
    requires std::is_arithmetic_v<T>
  T read(std::string_view what) {
    if (window_.size() - next_ < sizeof(T)) refill(sizeof(T), what);
    T value;
    std::memcpy(&value, window_.data() + next_, sizeof(T));
    next_ += sizeof(T);
    return value;
  }
  // A length of 64 bits and so many bytes.
  std::string read_string(std::string_view what, uint64_t max_bytes);

  // Throws kInvalidFile with file and subject in front of the parts.
  template <class... Parts>
  [[noreturn]] void fail_invalid(const Parts&... parts) const {
    fail(ErrorCode::kInvalidFile, file_.path().string(), ": ", subject_, parts...);
  }
  template <class... Parts>
  [[noreturn]] void fail_unsupported(const Parts&... parts) const {
    fail(ErrorCode::kUnsupported, file_.path().string(), ": ", subject_, parts...);
  }
  // As if `wanted` bytes for `what` had been read past the end.
  [[noreturn]] void fail_short(uint64_t wanted, std::string_view what) const;

 private:
  void refill(size_t at_least, std::string_view what);

  const FileReader& file_;
  uint64_t limit_;  // bytes of the file that may belong to the header
  std::string subject_;
  std::vector<std::byte> window_;
  uint64_t window_begin_ = 0;
  size_t next_ = 0;
};

}  // namespace ridge::gguf
