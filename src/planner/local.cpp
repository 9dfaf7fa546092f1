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
// Of a machine that did not: ±30 %.
constexpr Spread kNominal{-0.36, 0.26};
constexpr double kShareOfReadLoop = 0.9;
constexpr double kLayer = 20e-6;  // seconds
// Products inside of a model take so much of the time that they take alone, at least and at most:
// beyond it a measurement was disturbed.
constexpr double kFastest = 0.8;
constexpr double kSlowest = 1.6;
constexpr double kLeastLayer = 1e-7;   // seconds
constexpr double kLeastValue = 1e-15;  // seconds
constexpr double kHalfOfPrompt = 256;

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

// Types differ by a few times; by more only where the processors were taken away.
void check_rates(const std::map<DType, double>& rates) {
  constexpr double kMostTimes = 16;
  double least = 0, most = 0;
  for (const auto& [dtype, rate] : rates) {
    least = least == 0 ? rate : std::min(least, rate);
    most = std::max(most, rate);
  }
  if (most > kMostTimes * least) {
    fail(ErrorCode::kBusy,
         "weights of one type were read many times slower than others: something else used the "
         "processors; run it again when the machine is quiet");
  }
}

// What each position costs, in decode and in prompts.
void fix_depth(const ModelTimes& small, LocalSpeed& speed) {
  const auto depth = double(small.depth);
  const double deeper = small.decode_deep - small.decode;
  const double prompt_deeper = small.prompt_deep - small.prompt;
  if (deeper <= 0 || prompt_deeper <= 0) {
    fail(ErrorCode::kBusy,
         "a deep context was not slower than an empty one: something else used "
         "the processors; run it again when the machine is quiet");
  }
  speed.cache_rate = (small.work.kv_bytes_read(small.depth) - small.work.kv_bytes_read(1)) / deeper;
  speed.attention_flops =
      (small.work.attention_flops(depth) - small.work.attention_flops(1)) / deeper;
  speed.prompt_attention_flops = small.work.attention_flops(depth) / prompt_deeper;
}

// Of products alone, by type; types without a rate take the median's.
double product_seconds(const Work& work, const std::map<DType, double>& rates,
                       double TypeWork::* amount) {
  const double otherwise = median_rate(rates, 0);
  double seconds = 0;
  for (const auto& [dtype, type] : work.types) {
    const auto rate = rates.find(dtype);
    seconds += type.*amount / (rate == rates.end() ? otherwise : rate->second);
  }
  return seconds;
}

// factor · products + values · v = measured less attention, of both: what the products take inside
// of a model, and what rounding, summing and moving each value costs beside them.
void fix_prompts(const ModelTimes& small, const ModelTimes& larger, LocalSpeed& speed) {
  const auto rest_of = [&](const ModelTimes& model) {
    const double attention = model.work.attention_flops(kHalfOfPrompt);
    return model.prompt - attention / speed.prompt_attention_flops;
  };
  const double of_small = product_seconds(small.work, speed.type_flops, &TypeWork::flops);
  const double of_larger = product_seconds(larger.work, speed.type_flops, &TypeWork::flops);
  const double small_values = small.work.product_values;
  const double larger_values = larger.work.product_values;
  const double determinant = of_small * larger_values - of_larger * small_values;
  double factor = (rest_of(small) * larger_values - rest_of(larger) * small_values) / determinant;
  factor = std::clamp(factor, kFastest, kSlowest);
  const double value_s = (rest_of(larger) - factor * of_larger) / larger_values;
  speed.prompt_value_s = std::max(value_s, kLeastValue);
  // The larger one's own figure holds, whatever was clamped.
  const double of_values = larger_values * speed.prompt_value_s;
  factor = std::max((rest_of(larger) - of_values) / of_larger, kFastest);
  for (auto& [dtype, flops] : speed.type_flops) flops /= factor;
}

}  // namespace

void fit_local(const ModelTimes& small, const ModelTimes& larger, const ModelTimes& in_blocks,
               LocalSpeed& speed) {
  check_rates(speed.type_rates);
  fix_depth(small, speed);
  const double of_small = product_seconds(small.work, speed.type_rates, &TypeWork::bytes);
  const double of_larger = product_seconds(larger.work, speed.type_rates, &TypeWork::bytes);
  const auto small_layers = double(small.work.n_layers);
  const auto larger_layers = double(larger.work.n_layers);
  // factor · products + layers · c = measured, of both.
  const double determinant = of_small * larger_layers - of_larger * small_layers;
  double factor = (small.decode * larger_layers - larger.decode * small_layers) / determinant;
  factor = std::clamp(factor, kFastest, kSlowest);
  const double rest = small.decode - factor * of_small + larger.decode - factor * of_larger;
  speed.layer_s = std::max(rest / (small_layers + larger_layers), kLeastLayer);
  // The larger one's own figure holds, whatever was clamped.
  factor = std::max((larger.decode - larger_layers * speed.layer_s) / of_larger, kFastest);
  const double of_blocks = product_seconds(in_blocks.work, speed.type_rates, &TypeWork::bytes);
  const double layers_of_blocks = double(in_blocks.work.n_layers) * speed.layer_s;
  const double factor_of_blocks =
      std::clamp((in_blocks.decode - layers_of_blocks) / of_blocks, kFastest, kSlowest);
  for (auto& [dtype, rate] : speed.type_rates) {
    rate /= info(dtype).block_size < 256 ? factor_of_blocks : factor;
  }
  fix_prompts(small, larger, speed);
}

Family nominal_family() {
  Family family{.engine = std::string(kHere), .hardware = HardwareFamily::kCpu};
  family.decode = {.e = kShareOfReadLoop, .e_kv = kShareOfReadLoop / 2};
  for (size_t i = 0; i < family.decode.layer_s.size(); ++i) {
    family.decode.layer_s[i] = kLayer * kLayerRatio[i];
  }
  family.decode.dense = family.decode.other = kNominal;
  family.prefill = {.expert_cost = 1.3, .expert_s = 0, .pass_cost = 0, .recurrent_s = 0};
  family.prefill.dense = family.prefill.other = kNominal;
  return family;
}

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
                                    {"prompt_value_s", speed.prompt_value_s},
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
                   .prompt_value_s = fields.positive("prompt_value_s", 0),
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
  Family family{.engine = std::string(kHere), .hardware = HardwareFamily::kCpu};
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
  prefill.expert_cost = 1.3;
  prefill.expert_s = 0;
  prefill.recurrent_s = 0;
  prefill.value_s = speed.prompt_value_s;
  prefill.attention_cost = flops / speed.prompt_attention_flops;
  prefill.type_flops = speed.type_flops;
  prefill.pass_cost = 0;
  prefill.dense = prefill.other = {2 * kSpread.low, 2 * kSpread.high};
  return family;
}

}  // namespace ridge::planner
