// Metrics: what the server counts, and its text for Prometheus. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/service.h"
#include "server/http/server.h"

namespace ridge::server {

// What became of one request for answers.
struct AnswerRecord {
  int n_choices = 1;
  int64_t n_prompt = 0;
  int64_t n_reused = 0;
  int64_t n_equal = 0;  // tokens before the prompt left what was cached; 0: it did not
  std::string asked_text, cached_text;  // … and what both have there, where the log shows texts
  int64_t n_generated = 0;
  double prompt_seconds = 0;
  double decode_seconds = 0;
  double seconds = 0;
  std::optional<double> first_token_seconds;
  int n_unparsed_calls = 0;
  int64_t n_drafted = 0, n_accepted = 0;
  bool cancelled = false;
  std::string error;  // empty: none
};

// Counts of values up to each bound, as Prometheus has it.
class Histogram {
 public:
  explicit Histogram(std::vector<double> bounds);
  void add(double value, int64_t times = 1);
  void write(std::string& out, std::string_view name) const;

 private:
  std::vector<double> bounds_;
  std::vector<int64_t> counts_;
  double sum_ = 0;
  int64_t n_ = 0;
};

// One family of samples as Prometheus reads it: `# HELP`, `# TYPE`, and lines.
void write_metric(std::string& out, std::string_view name, std::string_view type,
                  std::string_view help,
                  const std::vector<std::pair<std::string, double>>& samples);

class Metrics {
 public:
  Metrics();

  void http_answered(std::string_view route, int status);
  void request_began();
  void request_ended(const AnswerRecord& record);

  // Memory by class, in bytes, and predicted speeds are told once, at start.
  struct Fixed {
    std::vector<std::pair<std::string, double>> memory_bytes;  // class, bytes
    double predicted_decode = 0;                               // tokens per second; 0: unknown
  };
  void set_fixed(Fixed fixed);

  std::string text(const ServiceStatus& service, const HttpTotals& http) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, int64_t> http_;
  int64_t n_began_ = 0, n_ended_ = 0, n_failed_ = 0, n_cancelled_ = 0, n_unparsed_calls_ = 0;
  int64_t n_prompt_ = 0, n_reused_ = 0, n_generated_ = 0, n_drafted_ = 0, n_accepted_ = 0;
  double decode_seconds_ = 0;
  Histogram first_token_, between_tokens_, duration_;
  Fixed fixed_;
};

}  // namespace ridge::server
