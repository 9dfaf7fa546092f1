// What a request may ask of the sampler; docs/sampling.md defines each step. Defaults leave the
// distribution as the model gave it, but for the temperature. Sampler checks the ranges.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ridge {

struct LogitBias {
  int32_t token = 0;
  float bias = 0.0f;  // added to the logit; -inf bans
};

struct SamplerParams {
  uint64_t seed = 0;
  float temperature = 0.8f;  // 0: greedy, without the steps that cut
  int top_k = 0;             // 0: off
  float top_p = 1.0f;        // 1: off
  float min_p = 0.0f;        // 0: off
  float typical_p = 1.0f;    // 1: off
  int min_keep = 1;          // steps that cut leave at least so many

  float repetition_penalty = 1.0f;
  float presence_penalty = 0.0f;
  float frequency_penalty = 0.0f;
  int penalty_last_n = 64;  // tokens looked back; -1: all, up to 131,072; 0: off

  float dry_multiplier = 0.0f;  // 0: off
  float dry_base = 1.75f;
  int dry_allowed_length = 2;
  int dry_last_n = -1;                             // -1: all
  std::vector<std::vector<int32_t>> dry_breakers;  // token sequences that end a match

  float xtc_probability = 0.0f;  // 0: off
  float xtc_threshold = 0.1f;

  bool mirostat = false;  // v2; replaces the cutting steps
  float mirostat_tau = 5.0f;
  float mirostat_eta = 0.1f;

  std::vector<LogitBias> logit_bias;
  int n_logprobs = 0;  // most likely alternatives to report with each token; 0: none
};

}  // namespace ridge
