#include "planner/speed.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/strcat.h"

namespace ridge::planner {
namespace {

// Constants of another engine on the same hardware hold less well.
constexpr double kOtherEngineWidth = 1.5;

double factor_of(const std::map<std::string, double>& chips, const std::string& chip) {
  const auto found = chips.find(chip);
  return found == chips.end() ? 1 : found->second;
}

Spread wider(const Spread& spread, double times) {
  return {spread.low * times, spread.high * times};
}

const Spread& spread_of(const auto& constants, ModelKind kind) {
  return kind == ModelKind::kDense ? constants.dense : constants.other;
}

std::string percent(double log_factor) {
  return cat(log_factor < 0 ? "-" : "+",
             int64_t(std::llround(std::abs(std::expm1(log_factor)) * 100)), " %");
}

}  // namespace

SpeedModel::SpeedModel(const Calibration& calibration, const Hardware& hardware,
                       std::string_view engine)
    : hardware_(hardware),
      engine_(engine_of(engine, hardware.family)),
      found_(calibration.find(engine_, hardware.family)),
      attention_share_(calibration.decode_attention_share) {}

Rate SpeedModel::around(double rate, const Spread& spread) const {
  const double times = found_.match == Calibration::Match::kOtherEngine ? kOtherEngineWidth : 1;
  const Spread wide = wider(spread, times);
  return {rate, rate * std::exp(wide.low), rate * std::exp(wide.high)};
}

double SpeedModel::decode_ceiling(const Work& work, const SpeedQuestion& question) const {
  const auto streams = double(question.n_streams);
  const double bytes = work.step_bytes(question.n_streams) +
                       streams * work.kv_bytes_read(std::max<int64_t>(question.depth, 1));
  return streams * hardware_.bandwidth / bytes;
}

double SpeedModel::layers_seconds(const Work& work) const {
  return double(work.n_layers) * found_.family.decode.layer_s[size_t(work.kind)];
}

double SpeedModel::weight_seconds(const Work& work, int64_t n_streams) const {
  const DecodeConstants& c = found_.family.decode;
  double by_type = 0, bytes = 0;
  for (const auto& [dtype, type] : work.types) {
    const auto rate = c.type_rates.find(dtype);
    if (rate == c.type_rates.end()) continue;
    by_type += type.bytes / rate->second;
    bytes += type.bytes;
  }
  const double others = std::max(0.0, work.active_bytes() - bytes);
  const double alone = by_type + others / (c.e * hardware_.bandwidth);
  return alone * work.step_bytes(n_streams) / work.active_bytes();
}

double SpeedModel::prompt_seconds(const Work& work) const {
  const PrefillConstants& c = found_.family.prefill;
  double by_type = 0, flops = 0;
  for (const auto& [dtype, type] : work.types) {
    const auto rate = c.type_flops.find(dtype);
    if (rate == c.type_flops.end()) continue;
    by_type += type.flops / rate->second;
    flops += type.flops;
  }
  return by_type + std::max(0.0, work.weight_flops - flops) / hardware_.usable_flops();
}

Rate SpeedModel::decode(const Work& work, const SpeedQuestion& question) const {
  const DecodeConstants& c = found_.family.decode;
  const double flops = hardware_.usable_flops();
  const auto streams = double(question.n_streams);
  const int64_t seen = question.depth + std::max<int64_t>(question.tg_tokens / 2, 1);
  const double cache = work.kv_bytes_read(seen) / (c.e_kv * hardware_.bandwidth);
  const double reached = c.attention_flops > 0 ? c.attention_flops : attention_share_ * flops;
  const double attention = work.attention_flops(double(seen)) / reached;
  const double seconds = weight_seconds(work, question.n_streams) +
                         streams * std::max(cache, attention) + layers_seconds(work) +
                         (streams - 1) * work.weight_flops / (found_.family.streams_share * flops);
  const double factor = factor_of(c.chips, hardware_.name);
  Rate rate = around(factor * streams / seconds, spread_of(c, work.kind));
  const double ceiling = decode_ceiling(work, question);
  if (rate.value > ceiling) {  // it is as uncertain as before
    rate.low *= ceiling / rate.value;
    rate.value = ceiling;
  }
  rate.high = std::min(rate.high, ceiling);
  RIDGE_CHECK(rate.value > 0 && rate.value <= ceiling && rate.high <= ceiling);
  return rate;
}

Rate SpeedModel::prefill(const Work& work, const SpeedQuestion& question) const {
  const PrefillConstants& c = found_.family.prefill;
  const double flops = hardware_.usable_flops();
  const double middle = double(question.depth) + double(question.pp_tokens) / 2;
  const auto tokens = double(std::min(question.pp_tokens, kPassTokens));
  const double experts = work.expert_flops / work.weight_flops;
  const double cost = (1 - experts) * c.shared_cost + experts * c.expert_cost;
  const double seconds = cost * prompt_seconds(work) + c.expert_s * work.expert_flops +
                         c.recurrent_s * double(work.n_recurrent) +
                         c.value_s * work.product_values +
                         c.attention_cost * work.attention_flops(middle) / flops +
                         c.pass_cost * work.weight_bytes / (hardware_.bandwidth * tokens);
  return around(factor_of(c.chips, hardware_.name) / seconds, spread_of(c, work.kind));
}

double SpeedModel::first_token_seconds(const Work& work, const SpeedQuestion& question) const {
  SpeedQuestion step = question;
  step.depth += question.pp_tokens;
  step.n_streams = 1;
  step.tg_tokens = 1;
  return double(question.pp_tokens) / prefill(work, question).value + 1 / decode(work, step).value;
}

std::string SpeedModel::provenance(const Work& work) const {
  const DecodeConstants& c = found_.family.decode;
  const double times = found_.match == Calibration::Match::kOtherEngine ? kOtherEngineWidth : 1;
  const Spread spread = wider(spread_of(c, work.kind), times);
  const std::string range = cat(percent(spread.low), " ", percent(spread.high));
  const std::string_view hardware = name(hardware_.family);
  switch (found_.match) {
    case Calibration::Match::kFamily:
      if (engine_ == kHere && c.n_points > 0) {
        return cat("measured here by 'ridge calibrate' on ", hardware_.date, ", ", range);
      }
      if (c.n_points == 0) return cat("nominal: ", hardware_.source, ", ", range);
      return cat("calibrated on ", c.n_points, " points of ", found_.family.engine, " on ",
                 hardware, ", ", range);
    case Calibration::Match::kOtherEngine:
      return cat("nominal: constants of ", found_.family.engine, " on ", hardware, ", ", range);
    case Calibration::Match::kNone:
      break;
  }
  return cat("nominal: nothing was measured on ", hardware, ", ", range);
}

}  // namespace ridge::planner
