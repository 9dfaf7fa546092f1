// The --json answers of the commands, each one line of JSON without a line feed. Text that is not
// UTF-8 is shown with replacement characters. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/perplexity.h"
#include "cli/stats.h"
#include "engine/engine.h"

namespace ridge::cli {

struct ListedModel {
  std::string name;
  std::string path;
  std::string architecture;
  std::string quant;
  uint64_t n_bytes = 0;
  bool complete = true;
  std::string problem;  // why it cannot be read; empty: it can
};
std::string list_json(const std::vector<ListedModel>& models);

struct RunReport {
  std::string model;
  std::string text;
  uint64_t seed = 0;
  const GenerateResult* result = nullptr;
  const text::Tokenizer* tokenizer = nullptr;
  RunStats stats;
};
std::string run_json(const RunReport& report);

std::string perplexity_json(const std::string& model, const PerplexityResult& result);

}  // namespace ridge::cli
