// How fast a model decodes and reads prompts on a machine. Pure functions; any thread.
//
//   seconds a step of n streams = step bytes / (e BW) + layers c[kind]
//                                 + n max(cache / (e_kv BW), attention / (a R_w))
//                                 + (n - 1) F_w / (s R_w)
//   seconds a prompt token      = m F_shared / R_w + (m_x / R_w + x) F_experts + a' F_att / R_w
//                                 + recurrent layers r + p all weights / (BW tokens of a pass)
//
// with BW the nominal bandwidth, R_w what prompts of a 7B model reach here, F the FLOPs of a token,
// and e, e_kv, c, m, m_x, x, a', r, p of the family (planner/calibration.h). Attention of one token
// is bound by bytes or by arithmetic, whichever takes longer: grouped heads and latent vectors
// reach the second. Experts have a cost that faster machines do not lessen: few rows meet each of
// them. No rate exceeds what the bandwidth allows.
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

// Tokens of a prompt that go through the model together, as in the measurements.
inline constexpr int64_t kPassTokens = 2048;

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
  double bandwidth() const { return hardware_.bandwidth; }  // nominal, bytes/s
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
