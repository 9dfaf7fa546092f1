// RequestLog: one line for each request, without a word of what it says unless show_texts() asked
// for it. Any thread.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "server/problem.h"

namespace ridge::server {

struct Call;
struct AnswerRecord;

class RequestLog {
 public:
  using Sink = std::function<void(std::string_view line)>;
  explicit RequestLog(Sink sink) : sink_(std::move(sink)) {}

  // Where a prompt left what was cached, says which texts differ. Before the first request.
  void show_texts() { shows_texts_ = true; }
  bool shows_texts() const { return shows_texts_; }

  void answered(const Call& call, const AnswerRecord& record);
  void refused(const Call& call, int status, const Problem& problem);
  void line(const std::string& text);

 private:
  std::mutex mutex_;
  Sink sink_;
  bool shows_texts_ = false;
};

}  // namespace ridge::server
