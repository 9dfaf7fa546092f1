#include "server/metrics.h"

#include <algorithm>

#include "base/strcat.h"

namespace ridge::server {
namespace {

using Samples = std::vector<std::pair<std::string, double>>;

// Tokens below which a time says little of a speed: a prompt's are read together.
constexpr int64_t kLeastSteps = 16;
constexpr int64_t kLeastRead = 64;

void write_counter(std::string& out, std::string_view name, std::string_view help, double value) {
  write_metric(out, name, "counter", help, {{"", value}});
}

void write_gauge(std::string& out, std::string_view name, std::string_view help, double value) {
  write_metric(out, name, "gauge", help, {{"", value}});
}

void write_histogram(std::string& out, std::string_view name, std::string_view help,
                     const Histogram& histogram) {
  append(out, cat("# HELP ", name, " ", help, "\n# TYPE ", name, " histogram\n"));
  histogram.write(out, name);
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), counts_(bounds_.size(), 0) {}

void Histogram::add(double value, int64_t times) {
  n_ += times;
  sum_ += value * double(times);
  for (size_t i = 0; i < bounds_.size(); ++i) {
    if (value <= bounds_[i]) counts_[i] += times;
  }
}

void Histogram::write(std::string& out, std::string_view name) const {
  for (size_t i = 0; i < bounds_.size(); ++i) {
    append(out, cat(name, "_bucket{le=\"", bounds_[i], "\"} ", counts_[i], "\n"));
  }
  append(out, cat(name, "_bucket{le=\"+Inf\"} ", n_, "\n", name, "_sum ", sum_, "\n", name,
                  "_count ", n_, "\n"));
}

void RecentRate::add(double n_tokens, double seconds) {
  if (timed_.size() == kMost) timed_.pop_front();
  timed_.emplace_back(n_tokens, seconds);
}

double RecentRate::per_second() const {
  double n_tokens = 0, seconds = 0;
  for (const auto& [n, time] : timed_) {
    n_tokens += n;
    seconds += time;
  }
  return seconds > 0 ? n_tokens / seconds : 0;
}

void write_metric(std::string& out, std::string_view name, std::string_view type,
                  std::string_view help, const Samples& samples) {
  append(out, cat("# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n"));
  for (const auto& [labels, value] : samples) {
    append(out, labels.empty() ? cat(name, " ", value, "\n")
                               : cat(name, "{", labels, "} ", value, "\n"));
  }
}

Metrics::Metrics()
    : first_token_({0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300}),
      between_tokens_({0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2}),
      duration_({0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600}) {}

void Metrics::http_answered(std::string_view route, int status) {
  const std::lock_guard lock(mutex_);
  ++http_[{std::string(route), status}];
}

void Metrics::request_began() {
  const std::lock_guard lock(mutex_);
  is_alone_ = n_began_ == n_ended_;
  ++n_began_;
}

// Why a token had to be read: nobody had said what stands there, or what the cache has there is
// something else, or it was there once and cannot be used any more.
void Metrics::count_prompt(const AnswerRecord& record) {
  const int64_t n_reused = std::min(record.n_reused, record.n_prompt);
  n_reused_ += n_reused;
  if (record.n_equal == 0) {
    n_new_ += record.n_prompt - n_reused;
    return;
  }
  const int64_t n_equal = std::clamp(record.n_equal, n_reused, record.n_prompt);
  n_forgotten_ += n_equal - n_reused;
  n_changed_ += record.n_prompt - n_equal;
}

// What a prediction of one request alone can be held against. An answer that was guessed ahead
// counts with the time that a pass without guesses takes.
void Metrics::time_alone(const AnswerRecord& record) {
  const bool is_whole = record.error.empty() && !record.cancelled;
  if (!is_alone_ || !is_whole || record.n_choices != 1) return;
  const int64_t n_read = record.n_prompt - record.n_reused;
  if (n_read >= kLeastRead && record.prompt_seconds > 0) {
    prompt_alone_.add(double(n_read), record.prompt_seconds);
  }
  const int64_t n_steps = record.n_generated - 1;
  const auto keep = [&](double n_done, double seconds) {
    decode_alone_.add(n_done, seconds);
    alone_ = {n_done / seconds, record.n_prompt};
  };
  if (record.n_drafted > 0 && record.plain_seconds > 0 && record.n_passes >= kLeastSteps) {
    keep(double(record.n_passes), double(record.n_passes) * record.plain_seconds);
  } else if (record.n_drafted == 0 && n_steps >= kLeastSteps && record.decode_seconds > 0) {
    keep(double(n_steps), record.decode_seconds);
  }
}

void Metrics::request_ended(const AnswerRecord& record) {
  const std::lock_guard lock(mutex_);
  ++n_ended_;
  if (!record.error.empty()) ++n_failed_;
  if (record.cancelled) ++n_cancelled_;
  n_unparsed_calls_ += record.n_unparsed_calls;
  count_prompt(record);
  time_alone(record);
  n_generated_ += record.n_generated;
  n_drafted_ += record.n_drafted;
  n_accepted_ += record.n_accepted;
  duration_.add(record.seconds);
  if (record.first_token_seconds) first_token_.add(*record.first_token_seconds);
  const int64_t n_steps = record.n_generated - record.n_choices;  // of choices that run together
  if (n_steps > 0) {
    between_tokens_.add(record.decode_seconds * record.n_choices / double(n_steps), n_steps);
  }
}

Metrics::Alone Metrics::alone() const {
  const std::lock_guard lock(mutex_);
  return alone_;
}

void Metrics::set_fixed(Fixed fixed) {
  const std::lock_guard lock(mutex_);
  fixed_ = std::move(fixed);
}

// What is unknown is left out.
void Metrics::write_speeds(std::string& out) const {
  const auto write = [&out](std::string_view name, std::string_view help, double speed) {
    if (speed > 0) write_gauge(out, cat("ridge_", name, "_tokens_per_second"), help, speed);
  };
  write("predicted_decode", "What the planner says of an answer alone, without guesses ahead.",
        fixed_.predicted_decode);
  write("measured_decode", "Of the newest answers that ran alone, without guesses ahead.",
        decode_alone_.per_second());
  write("predicted_prompt", "What the planner says of reading a prompt alone.",
        fixed_.predicted_prompt);
  write("measured_prompt", "Of the newest prompts that were read alone.",
        prompt_alone_.per_second());
}

std::string Metrics::text(const ServiceStatus& service, const HttpTotals& http) const {
  const std::lock_guard lock(mutex_);
  std::string out;
  Samples answers;
  for (const auto& [key, n] : http_) {
    answers.emplace_back(cat("route=\"", key.first, "\",status=\"", key.second, "\""), double(n));
  }
  write_metric(out, "ridge_http_requests_total", "counter", "Answered HTTP requests.", answers);
  write_gauge(out, "ridge_http_connections", "Open connections.", double(http.n_connections));
  write_counter(out, "ridge_http_connections_refused_total", "Connections beyond the limit.",
                double(http.n_refused));
  write_gauge(out, "ridge_requests_open", "Requests for answers that have not ended.",
              double(n_began_ - n_ended_));
  write_counter(out, "ridge_requests_total", "Requests for answers that have ended.",
                double(n_ended_));
  write_counter(out, "ridge_requests_failed_total", "… by an error.", double(n_failed_));
  write_counter(out, "ridge_requests_cancelled_total", "… because the client left.",
                double(n_cancelled_));
  write_gauge(out, "ridge_requests_running", "Requests that take steps now.",
              double(service.running.size()));
  write_gauge(out, "ridge_requests_waiting", "Requests in line.", double(service.n_waiting));
  write_counter(out, "ridge_requests_refused_total", "Requests that found the line full.",
                double(service.totals.n_refused));
  write_counter(out, "ridge_preemptions_total", "Requests that made room for others and came back.",
                double(service.totals.n_preempted));
  write_metric(
      out, "ridge_prompt_tokens_total", "counter",
      "Tokens of prompts: reused from the cache, or read since they were new, since the cache "
      "has something else there, or since it no longer has them.",
      {{"source=\"reused\"", double(n_reused_)},
       {"source=\"new\"", double(n_new_)},
       {"source=\"changed\"", double(n_changed_)},
       {"source=\"forgotten\"", double(n_forgotten_)}});
  write_counter(out, "ridge_disk_tokens_total", "Tokens of prompts that came from the disk cache.",
                double(service.totals.n_disk_tokens));
  write_counter(out, "ridge_generated_tokens_total", "Tokens of answers.", double(n_generated_));
  write_counter(out, "ridge_drafted_tokens_total", "Tokens that were guessed ahead.",
                double(n_drafted_));
  write_counter(out, "ridge_accepted_tokens_total", "… and were right.", double(n_accepted_));
  write_counter(out, "ridge_tool_parse_failures_total", "Tool calls that could not be read.",
                double(n_unparsed_calls_));
  write_counter(out, "ridge_engine_prompt_seconds_total", "Time that the engine read prompts.",
                service.totals.prompt_seconds);
  write_counter(out, "ridge_engine_decode_seconds_total", "Time that the engine generated.",
                service.totals.decode_seconds);
  write_speeds(out);
  write_histogram(out, "ridge_first_token_seconds", "Time to the first token.", first_token_);
  write_histogram(out, "ridge_between_tokens_seconds", "Time from token to token.",
                  between_tokens_);
  write_histogram(out, "ridge_request_seconds", "Time of a whole request.", duration_);
  Samples memory;
  for (const auto& [name, bytes] : fixed_.memory_bytes) {
    memory.emplace_back(cat("class=\"", name, "\""), bytes);
  }
  memory.emplace_back("class=\"kv_running\"", double(service.kv_bytes_running));
  memory.emplace_back("class=\"kv_cached\"", double(service.kv_bytes_cached));
  memory.emplace_back("class=\"kv_pool\"", double(service.kv_bytes));
  write_metric(out, "ridge_memory_bytes", "gauge", "Memory by class.", memory);
  write_gauge(out, "ridge_cache_disk_bytes", "Size of the disk cache.", double(service.disk_bytes));
  write_gauge(out, "ridge_healthy", "1 while the engine can generate.",
              service.failure.empty() ? 1 : 0);
  return out;
}

}  // namespace ridge::server
