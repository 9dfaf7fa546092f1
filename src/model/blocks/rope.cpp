#include "model/blocks/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ridge {
namespace {

// The pair whose wavelength makes `turns` turns over the original context (YaRN, appendix A.2).
double yarn_pair(const RopeSpec& rope, const YarnSpec& yarn, double turns) {
  const double wavelengths = double(yarn.original_context) / (turns * 2 * std::numbers::pi);
  return double(rope.n_rotated) * std::log(wavelengths) / (2 * std::log(double(rope.base)));
}

void apply(const RopeSpec&, const std::monostate&, RopeFrequencies&) {}

void apply(const RopeSpec&, const LinearRopeSpec& linear, RopeFrequencies& rope) {
  for (float& f : rope.frequency) f /= linear.factor;
}

void apply(const RopeSpec&, const LongRopeSpec&, RopeFrequencies&) {}  // by its factors alone

void apply(const RopeSpec& spec, const YarnSpec& yarn, RopeFrequencies& rope) {
  const double last = double(spec.n_rotated - 1);
  const double low = std::max(0.0, std::floor(yarn_pair(spec, yarn, yarn.beta_fast)));
  const double high = std::min(last, std::ceil(yarn_pair(spec, yarn, yarn.beta_slow)));
  for (size_t i = 0; i < rope.frequency.size(); ++i) {
    const double ramp = (double(i) - low) / std::max(0.001, high - low);
    const double kept = (1.0 - std::clamp(ramp, 0.0, 1.0)) * yarn.ext_factor;
    const double frequency = rope.frequency[i];
    rope.frequency[i] = float(frequency / yarn.factor * (1.0 - kept) + frequency * kept);
  }
  rope.magnitude *= yarn.attn_factor;
  if (yarn.ext_factor != 0.0f) rope.magnitude *= 1.0f + 0.1f * std::log(yarn.factor);
}

}  // namespace

RopeFrequencies rope_frequencies(const RopeSpec& spec, std::span<const float> factors) {
  RopeFrequencies rope{.magnitude = spec.magnitude};
  rope.frequency.resize(size_t(spec.n_rotated / 2));
  for (size_t i = 0; i < rope.frequency.size(); ++i) {
    const double exponent = -2.0 * double(i) / double(spec.n_rotated);
    rope.frequency[i] = float(std::pow(double(spec.base), exponent));
    if (!factors.empty()) rope.frequency[i] /= factors[i];
  }
  std::visit([&](const auto& scaling) { apply(spec, scaling, rope); }, spec.scaling);
  return rope;
}

Rope::Turn Rope::make_turn(const RopeSpec& spec, const VectorSpec& factors, WeightLoader& loader) {
  const RopeFrequencies rope = rope_frequencies(spec, loader.values(factors));
  Parameter frequencies = make_parameter(loader.backend(), rope.frequency);
  const RopeParams params{
      .style = spec.pairs == RopePairs::kHalves ? RopeStyle::kHalves : RopeStyle::kInterleaved,
      .inverse_frequency = frequencies.tensor,
      .magnitude = rope.magnitude};
  return {std::move(frequencies), params};
}

Rope::Rope(const RopeSpec& spec, WeightLoader& loader) {
  if (spec.n_rotated == 0) return;
  const auto* scaling = std::get_if<LongRopeSpec>(&spec.scaling);
  turn_ = make_turn(spec, scaling ? scaling->short_factors : spec.factors, loader);
  if (scaling == nullptr) return;
  long_turn_ = make_turn(spec, scaling->long_factors, loader);
  original_context_ = scaling->original_context;
}

void Rope::forward(Step& step, const Tensor& x) const {
  if (!turn_.frequencies) return;
  const bool is_long = long_turn_ && step.context() > original_context_;
  step.backend.rope(x, step.positions(), is_long ? long_turn_->params : turn_.params);
}

}  // namespace ridge
