// The options that choose the next token, by the names that llama.cpp's users know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sample/params.h"
#include "text/tokenizer/tokenizer.h"

namespace ridge::cli {

class OptionSet;

struct SamplingOptions {
  SamplerParams params;  // what needs no tokenizer
  std::optional<uint64_t> seed;
  int mirostat = 0;                     // 0 or 2
  std::vector<std::string> logit_bias;  // "ID+BIAS", "ID-BIAS", "ID=BIAS"
  std::vector<std::string> dry_breakers{"\n", ":", "\"", "*"};
  std::vector<std::string> stops;
  int64_t n_predict = -1;

  SamplingOptions();
};

void declare_sampling_options(OptionSet& set, SamplingOptions& options);

// The parameters for a model with this tokenizer; without --seed a random one is drawn. Throws
// Error{kInvalidArgument}.
SamplerParams make_sampler_params(const SamplingOptions& options, const text::Tokenizer& tokenizer);

LogitBias parse_logit_bias(const std::string& text);

}  // namespace ridge::cli
