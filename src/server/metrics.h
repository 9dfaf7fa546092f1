// Metrics: what the server counts, and its text for Prometheus. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
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
  int64_t n_passes = 0;      // of the model, for the answer
  double plain_seconds = 0;  // of a pass without guesses; 0: unknown
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

// Tokens per second over the newest of what was timed.
class RecentRate {
 public:
  void add(double n_tokens, double seconds);
  double per_second() const;  // 0: nothing was timed

 private:
  static constexpr size_t kMost = 32;
  std::deque<std::pair<double, double>> timed_;  // tokens, seconds; the newest last
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

  // Memory by class, in bytes, and predicted speeds are told once, at start. The speeds are of one
  // request alone, without guesses ahead, in tokens per second; 0: unknown.
  struct Fixed {
    std::vector<std::pair<std::string, double>> memory_bytes;  // class, bytes
    double predicted_decode = 0;
    double predicted_prompt = 0;
  };
  void set_fixed(Fixed fixed);

  // The last answer that no other request ran beside, as it was without guesses: what a prediction
  // for one stream can be held against.
  struct Alone {
    double tokens_per_second = 0;  // 0: there was none
    int64_t depth = 0;             // tokens before the answer
  };
  Alone alone() const;

  std::string text(const ServiceStatus& service, const HttpTotals& http) const;

 private:
  void count_prompt(const AnswerRecord& record);
  void time_alone(const AnswerRecord& record);
  void write_speeds(std::string& out) const;

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, int64_t> http_;
  int64_t n_began_ = 0, n_ended_ = 0, n_failed_ = 0, n_cancelled_ = 0, n_unparsed_calls_ = 0;
  int64_t n_reused_ = 0, n_new_ = 0, n_changed_ = 0, n_forgotten_ = 0;  // tokens of prompts
  int64_t n_generated_ = 0, n_drafted_ = 0, n_accepted_ = 0;
  bool is_alone_ = false;  // the request that is open has had company at no time
  RecentRate decode_alone_, prompt_alone_;
  Alone alone_;
  Histogram first_token_, between_tokens_, duration_;
  Fixed fixed_;
};

}  // namespace ridge::server
