// Server-sent events as they arrive: bytes in, the data of each whole event out (WHATWG HTML, 9.2).
// Names and ids of events are passed over. One thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace ridge::cli {

class SseReader {
 public:
  using OnData = std::function<void(std::string_view data)>;
  explicit SseReader(OnData on_data) : on_data_(std::move(on_data)) {}

  // Throws Error{kNetwork} for a line longer than kMostLine, and what on_data throws.
  void feed(std::string_view bytes);

  static constexpr size_t kMostLine = 16 << 20;

 private:
  void take_line(std::string_view line);

  OnData on_data_;
  std::string line_;  // its beginning, while the end is on its way
  std::string data_;  // of the event at hand
  bool has_data_ = false;
};

}  // namespace ridge::cli
