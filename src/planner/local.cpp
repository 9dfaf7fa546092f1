#include "planner/local.h"

#include <algorithm>

#include "base/error.h"
#include "planner/json_fields.h"

namespace ridge::planner {
namespace {

// Layers of experts and of recurrent states have more steps than dense ones: medians over the
// families that were measured with both (tools/planner/fit.py).
constexpr double kLayerRatio[] = {1.0, 1.5, 2.2, 2.2};
// A machine that measured itself: what repeated runs differ by, and shapes from each other.
constexpr Spread kSpread{-0.105, 0.095};

nlohmann::json rates_json(const std::map<DType, double>& rates) {
  nlohmann::json object = nlohmann::json::object();
  for (const auto& [dtype, rate] : rates) object[std::string(info(dtype).name)] = rate;
  return object;
}

std::map<DType, double> read_rates(const nlohmann::json& object, const std::string& where) {
  std::map<DType, double> rates;
  JsonFields fields(object, where);
  for (const auto& [type, rate] : object.items()) {
    const auto dtype = dtype_from_name(type);
    if (!dtype) fail(ErrorCode::kInvalidArgument, where, ": unknown type \"", type, "\"");
    rates[*dtype] = fields.positive(type.c_str());
  }
  return rates;
}

double median_rate(const std::map<DType, double>& rates, double otherwise) {
  std::vector<double> values;
  for (const auto& [dtype, rate] : rates) values.push_back(rate);
  if (values.empty()) return otherwise;
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

std::string local_json(const LocalSpeed& speed) {
  const nlohmann::ordered_json json{{"schema", 1},
                                    {"time", speed.time},
                                    {"build", speed.build},
                                    {"engine", speed.engine},
                                    {"machine", speed.machine},
                                    {"machine_id", speed.machine_id},
                                    {"memory_gb", speed.memory_gb},
                                    {"bandwidth", speed.bandwidth},
                                    {"type_rates", rates_json(speed.type_rates)},
                                    {"type_flops", rates_json(speed.type_flops)},
                                    {"layer_s", speed.layer_s},
                                    {"cache_rate", speed.cache_rate},
                                    {"attention_flops", speed.attention_flops},
                                    {"prompt_attention_flops", speed.prompt_attention_flops}};
  return json.dump(1);
}

LocalSpeed parse_local(std::string_view text) {
  const nlohmann::json value = parse_json(text, "the calibration of this machine");
  JsonFields fields(value, "the calibration of this machine");
  check_schema(fields);
  constexpr int64_t kMostGigabytes = 1 << 20;
  LocalSpeed speed{.time = fields.text("time"),
                   .build = fields.text("build"),
                   .engine = fields.text("engine"),
                   .machine = fields.text("machine"),
                   .machine_id = fields.text("machine_id"),
                   .memory_gb = fields.integer("memory_gb", kMostGigabytes),
                   .bandwidth = fields.positive("bandwidth"),
                   .type_rates = read_rates(fields.object("type_rates"), "type_rates"),
                   .type_flops = read_rates(fields.object("type_flops"), "type_flops"),
                   .layer_s = fields.positive("layer_s"),
                   .cache_rate = fields.positive("cache_rate"),
                   .attention_flops = fields.positive("attention_flops"),
                   .prompt_attention_flops = fields.positive("prompt_attention_flops")};
  fields.refuse_others();
  return speed;
}

Machine local_machine(const LocalSpeed& speed) {
  // Weights of some types are read from the cache's neighbours faster than the plain loop did.
  double bandwidth = speed.bandwidth;
  for (const auto& [dtype, rate] : speed.type_rates) bandwidth = std::max(bandwidth, rate);
  Hardware hardware{.name = speed.machine,
                    .family = HardwareFamily::kCpu,
                    .memory_gb = {speed.memory_gb},
                    .bandwidth = bandwidth,
                    .prefill_flops = median_rate(speed.type_flops, speed.bandwidth)};
  hardware.source = "ridge calibrate";
  hardware.date = speed.time.substr(0, 10);
  hardware.confidence = "measured here";
  return {.hardware = std::move(hardware), .memory_gb = speed.memory_gb};
}

Family local_family(const LocalSpeed& speed) {
  Family family{.engine = "ridge", .hardware = HardwareFamily::kCpu};
  const Machine machine = local_machine(speed);
  const double flops = machine.hardware.prefill_flops;
  DecodeConstants& decode = family.decode;
  decode.n_points = 3;
  decode.e = median_rate(speed.type_rates, speed.bandwidth) / machine.hardware.bandwidth;
  decode.e_kv = speed.cache_rate / machine.hardware.bandwidth;
  for (size_t i = 0; i < decode.layer_s.size(); ++i) {
    decode.layer_s[i] = speed.layer_s * kLayerRatio[i];
  }
  decode.type_rates = speed.type_rates;
  decode.attention_flops = speed.attention_flops;
  decode.dense = decode.other = kSpread;
  PrefillConstants& prefill = family.prefill;
  prefill.n_points = 2;
  prefill.cost = {1, 1.3, 1.3, 1.3};
  prefill.attention_cost = flops / speed.prompt_attention_flops;
  prefill.type_flops = speed.type_flops;
  prefill.pass_cost = 0;
  prefill.dense = prefill.other = {2 * kSpread.low, 2 * kSpread.high};
  return family;
}

}  // namespace ridge::planner
