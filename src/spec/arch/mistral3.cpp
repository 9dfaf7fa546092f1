// mistral3: Ministral 3 and later Mistral Small. As llama, with YaRN whose magnitude the file may
// take back, and Llama 4's temperature of Q.
#include <cmath>

#include "base/error.h"
#include "spec/arch/list.h"

namespace ridge::arch {
namespace {

// mscale(factor, 1) / mscale(factor, mscale_all_dim) of the original's configuration.
void take_back_magnitude(ArchReader& reader, RopeSpec& rope) {
  const float all_dims = reader.number("rope.scaling.yarn_log_multiplier").value_or(0.0f);
  const auto* yarn = std::get_if<YarnSpec>(&rope.scaling);
  if (yarn == nullptr || yarn->factor <= 1.0f) return;
  rope.magnitude /= 1.0f + 0.1f * all_dims * std::log(yarn->factor);
}

TemperatureSpec temperature(ArchReader& reader) {
  TemperatureSpec temperature;
  temperature.scale = reader.number("attention.temperature_scale").value_or(0.0f);
  temperature.interval =
      reader.integer("rope.scaling.original_context_length", 1, int64_t{1} << 40)
          .value_or(reader.integer("context_length", 1, int64_t{1} << 40).value_or(1));
  return temperature;
}

}  // namespace

ModelSpec mistral3(ArchReader& reader) {
  reader.expect("expert_count", 0);
  ModelSpec spec = reader.model();
  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kInterleaved);
    take_back_magnitude(reader, attention.rope);
    attention.temperature = temperature(reader);
    spec.layers.push_back(reader.pre_norm_layer(i, std::move(attention), FfnActivation::kSilu));
  }
  return spec;
}

}  // namespace ridge::arch
