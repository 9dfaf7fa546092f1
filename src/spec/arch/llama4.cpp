// llama4: three layers of four turn Q and K by rope and see their own chunk; the fourth sees
// everything, without rope and with a temperature. Some layers send each token to one expert, whose
// score multiplies what it reads, and to a shared one.
#include "spec/arch/list.h"

namespace ridge::arch {
namespace {

// Fixed by the architecture; files do not say so.
constexpr int64_t kChunk = 8192;
constexpr int64_t kPeriod = 4;
constexpr TemperatureSpec kTemperature{.scale = 0.1f, .interval = 8192, .offset = 1};
constexpr int64_t kExpertsOfMaverick = 128;  // the one model without norms over Q and K

TemperatureSpec read_temperature(ArchReader& reader) {
  TemperatureSpec temperature = kTemperature;
  temperature.scale = reader.number("attention.temperature_scale").value_or(temperature.scale);
  temperature.interval =
      reader.integer("attention.temperature_length", 1, 1 << 30).value_or(temperature.interval);
  return temperature;
}

MoeFfnSpec read_experts(ArchReader& reader, int layer) {
  const int64_t d_ff = reader.expert_width(layer);
  MoeFfnSpec moe = reader.moe_ffn(layer, FfnActivation::kSilu, d_ff);
  moe.score = ExpertScore::kSigmoid;
  moe.weighs_input = true;
  reader.add_shared_expert(layer, moe, d_ff, ArchReader::SharedGate::kNone);
  return moe;
}

}  // namespace

ModelSpec llama4(ArchReader& reader) {
  ModelSpec spec = reader.model();
  const int64_t moe_step = reader.require_integer("interleave_moe_layer_step", 0, 1024);
  const int64_t chunk =
      reader.integer("attention.sliding_window", 1, int64_t{1} << 30).value_or(kChunk);
  const bool has_norms = reader.require_integer("expert_count", 1, 1 << 14) != kExpertsOfMaverick;
  const TemperatureSpec temperature = read_temperature(reader);
  const std::vector<bool> windowed = reader.windowed_layers(kPeriod);
  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kInterleaved);
    attention.window = windowed[size_t(i)] ? chunk : 0;
    attention.chunked = windowed[size_t(i)];
    if ((i + 1) % kPeriod == 0) {
      attention.rope = {};
      attention.temperature = temperature;
    } else if (has_norms) {  // without weights, so that rope before or after is the same
      attention.q_norm = attention.k_norm = reader.unit_norm(attention.k_dim);
    }
    const bool has_experts = moe_step > 0 && (i + 1) % moe_step == 0;
    spec.layers.push_back(
        has_experts ? reader.pre_norm_layer(i, std::move(attention), read_experts(reader, i))
                    : reader.pre_norm_layer(i, std::move(attention), FfnActivation::kSilu));
  }
  return spec;
}

}  // namespace ridge::arch
