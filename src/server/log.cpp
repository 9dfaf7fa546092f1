#include "server/log.h"

#include <cmath>

#include "base/quote.h"
#include "server/call.h"
#include "server/metrics.h"

namespace ridge::server {
namespace {

std::string rounded(double value, double steps) {
  return cat(std::round(value * steps) / steps);
}

}  // namespace

void RequestLog::line(const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (sink_) sink_(text);
}

void RequestLog::answered(const Call& call, const AnswerRecord& record) {
  std::string text = cat(call.request->method, " ", call.route, ": ", record.n_prompt,
                         " tokens of prompt (", record.n_reused, " reused)");
  if (record.prompt_seconds > 0) {
    append(text, cat(" in ", rounded(record.prompt_seconds, 1000), " s"));
  }
  if (record.n_equal > 0) {
    append(text, cat(", differs from what was cached after ", record.n_equal, " tokens"));
  }
  if (!record.cached_text.empty()) {
    append(text, cat(": ", in_quotes(record.asked_text, 100), " where the cache has ",
                     in_quotes(record.cached_text, 100)));
  }
  append(text, cat(", ", record.n_generated, " generated"));
  if (record.decode_seconds > 0) {
    append(text, cat(" at ", rounded(double(record.n_generated) / record.decode_seconds, 10),
                     " per second"));
  }
  if (record.first_token_seconds) {
    append(text, cat(", first after ", rounded(*record.first_token_seconds, 1000), " s"));
  }
  append(text, cat(", ", rounded(record.seconds, 1000), " s in all"));
  if (record.n_unparsed_calls > 0) {
    append(text, cat(", ", record.n_unparsed_calls, " tool calls that could not be read"));
  }
  if (record.cancelled) append(text, ", cancelled");
  if (!record.error.empty()) append(text, cat(", failed: ", in_quotes(record.error, 300)));
  line(text);
}

void RequestLog::refused(const Call& call, int status, const Problem& problem) {
  line(cat(call.request->method, " ", in_quotes(call.request->path), ": ", status, ", ",
           in_quotes(problem.message, 200)));
}

}  // namespace ridge::server
