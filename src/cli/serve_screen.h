// What `ridge serve` says when it is ready: where it listens, what it has, and what to paste into
// the clients that people use. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/plan/predicted_speed.h"

namespace ridge::cli {

struct ServeFacts {
  std::string url;  // "http://127.0.0.1:8080"
  std::string model;
  std::string kind;       // "qwen2, Q4_K_M, 1.54 B parameters"
  int64_t n_context = 0;  // tokens that one request may have
  int64_t n_context_trained = 0;
  std::string context_reason;
  int64_t n_parallel = 0;
  std::string tool_format;                              // empty: the model has no chat template
  std::vector<std::pair<std::string, int64_t>> memory;  // class, bytes
  std::optional<PredictedSpeed> speed;
  bool wants_key = false;
};

std::string serve_screen(const ServeFacts& facts);

}  // namespace ridge::cli
