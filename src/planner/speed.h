// How fast a model decodes and reads prompts on a machine. Pure functions; any thread.
//
//   seconds a step of n streams = step bytes / (e BW) + n max(cache / (e_kv BW), attention / (a
//   R_w))
//                                 + layers c[kind] + (n - 1) F_w / (s R_w)
//   seconds a prompt token      = m[kind] F_w / R_w + a' F_att / R_w + pass all weights / (BW 512)
//
// with BW the nominal bandwidth, R_w what prompts of a 7B model reach here, F the FLOPs of a token,
// and e, e_kv, c, m, a', pass of the family (planner/calibration.h). Attention of one token is
// bound by bytes or by arithmetic, whichever takes longer: grouped heads and latent vectors reach
// the second. No rate exceeds what the bandwidth allows.
#pragma once

#include <cstdint>
#include <string>

#include "planner/calibration.h"
#include "planner/hardware.h"
#include "planner/work.h"

namespace ridge::planner {

// Tokens/s with the interval that holds 80 % of what is measured.
struct Rate {
  double value = 0;
  double low = 0;
  double high = 0;
};

struct SpeedQuestion {
  int64_t depth = 0;  // tokens in the cache before
  int64_t n_streams = 1;
  int64_t pp_tokens = 512;  // new ones of a prompt
  int64_t tg_tokens = 128;
};

class SpeedModel {
 public:
  SpeedModel(const Calibration& calibration, const Hardware& hardware, std::string_view engine);

  // Of all streams together.
  Rate decode(const Work& work, const SpeedQuestion& question) const;
  // Of new tokens alone: those at `depth` are cached.
  Rate prefill(const Work& work, const SpeedQuestion& question) const;
  // Until the first token of an answer: the prompt, then one step.
  double first_token_seconds(const Work& work, const SpeedQuestion& question) const;

  // Of a step: what its layers take whatever their size, which no division of matrices shortens.
  double layers_seconds(const Work& work) const;

  // No step can be faster: every byte once at nominal bandwidth. Tokens/s of all streams.
  double decode_ceiling(const Work& work, const SpeedQuestion& question) const;

  const std::string& engine() const { return engine_; }
  // "calibrated on 121 points of llama.cpp on apple, -14 % +11 %", or "nominal, …".
  std::string provenance(const Work& work) const;

 private:
  // Of one token with the weights: of a step of decode; of a prompt.
  double weight_seconds(const Work& work, int64_t n_streams) const;
  double prompt_seconds(const Work& work) const;
  Rate around(double rate, const Spread& spread) const;

  Hardware hardware_;
  std::string engine_;
  Calibration::Found found_;
  double attention_share_;
};

}  // namespace ridge::planner
