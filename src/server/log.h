// RequestLog: one line for each request, without a word of what it says. Any thread.
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

  void answered(const Call& call, const AnswerRecord& record);
  void refused(const Call& call, int status, const Problem& problem);
  void line(const std::string& text);

 private:
  std::mutex mutex_;
  Sink sink_;
};

}  // namespace ridge::server
