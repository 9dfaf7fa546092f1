#include "planner/calibration.h"

#include <algorithm>

#include "base/error.h"
#include "planner/json_fields.h"
#include "planner/names.h"

namespace ridge::planner {
namespace {

using nlohmann::json;

constexpr int64_t kMostPoints = 1'000'000;
constexpr ModelKind kKinds[] = {ModelKind::kDense, ModelKind::kMoe, ModelKind::kHybrid,
                                ModelKind::kLatent};

// Without a family of the same hardware: nothing was measured on anything like it.
constexpr Spread kGuess{-0.36, 0.26};  // ±30 %
constexpr double kGuessedLayer[] = {60e-6, 90e-6, 130e-6, 130e-6};

Spread read_spread(const json& value, const std::string& where) {
  const bool fits = value.is_array() && value.size() == 2 && value[0].is_number() &&
                    value[1].is_number() && value[0].get<double>() <= value[1].get<double>();
  if (!fits) fail(ErrorCode::kInvalidArgument, where, ": expected [low, high]");
  return {value[0].get<double>(), value[1].get<double>()};
}

struct Spreads {
  Spread dense, other;
};

Spreads read_spreads(const json* value, const std::string& where, const Spreads& otherwise) {
  if (value == nullptr) return otherwise;
  JsonFields fields(*value, where);
  Spreads spreads = otherwise;
  if (const json* dense = fields.find("dense")) spreads.dense = read_spread(*dense, where);
  if (const json* other = fields.find("other")) spreads.other = read_spread(*other, where);
  fields.refuse_others();
  return spreads;
}

std::map<std::string, double> read_chips(const json& value, const std::string& where) {
  std::map<std::string, double> chips;
  JsonFields fields(value, where);
  for (const auto& [chip, factor] : value.items()) chips[chip] = fields.positive(chip.c_str());
  return chips;
}

std::array<double, kModelKinds> read_kinds(const json& value, const std::string& where) {
  JsonFields fields(value, where);
  std::array<double, kModelKinds> kinds{};
  for (const ModelKind kind : kKinds) {
    kinds[size_t(kind)] = fields.positive(std::string(name(kind)).c_str());
  }
  fields.refuse_others();
  return kinds;
}

DecodeConstants read_decode(const json& value, const std::string& where, const Spreads& all) {
  JsonFields fields(value, where);
  DecodeConstants decode{.n_points = int(fields.integer("n", kMostPoints)),
                         .e = fields.positive("e"),
                         .e_kv = fields.positive("e_kv"),
                         .layer_s = read_kinds(fields.object("layer_us"), where),
                         .chips = read_chips(fields.object("chips"), where)};
  for (double& seconds : decode.layer_s) seconds *= 1e-6;
  const Spreads spreads = read_spreads(fields.find("interval"), where, all);
  decode.dense = spreads.dense;
  decode.other = spreads.other;
  fields.refuse_others();
  return decode;
}

PrefillConstants read_prefill(const json& value, const std::string& where, const Spreads& all) {
  JsonFields fields(value, where);
  PrefillConstants prefill{.n_points = int(fields.integer("n", kMostPoints)),
                           .shared_cost = fields.positive("shared_cost"),
                           .expert_cost = fields.positive("expert_cost"),
                           .expert_s = fields.number("expert_us_per_gflop") * 1e-15,
                           .attention_cost = fields.positive("attention_cost"),
                           .pass_cost = fields.number("pass_cost"),
                           .recurrent_s = fields.number("recurrent_layer_us") * 1e-6,
                           .chips = read_chips(fields.object("chips"), where)};
  const Spreads spreads = read_spreads(fields.find("interval"), where, all);
  prefill.dense = spreads.dense;
  prefill.other = spreads.other;
  fields.refuse_others();
  return prefill;
}

HardwareFamily hardware_family(std::string_view text, const std::string& where) {
  for (int i = 0; i <= int(HardwareFamily::kCpu); ++i) {
    if (name(HardwareFamily(i)) == text) return HardwareFamily(i);
  }
  fail(ErrorCode::kInvalidArgument, where, ": unknown hardware \"", text, "\"");
}

Family read_family(const json& value, const std::string& where, const Spreads& decode,
                   const Spreads& prefill) {
  JsonFields fields(value, where);
  Family family{.engine = fields.text("engine"),
                .hardware = hardware_family(fields.text("hardware"), where)};
  family.decode.dense = decode.dense;
  family.decode.other = decode.other;
  family.prefill.dense = prefill.dense;
  family.prefill.other = prefill.other;
  if (const json* own = fields.find("decode")) {
    family.decode = read_decode(*own, where + ".decode", decode);
  }
  if (const json* own = fields.find("prefill")) {
    family.prefill = read_prefill(*own, where + ".prefill", prefill);
  }
  family.streams_share = fields.positive("streams_share", family.streams_share);
  fields.refuse_others();
  return family;
}

Family guess() {
  Family family;
  std::ranges::copy(kGuessedLayer, family.decode.layer_s.begin());
  family.decode.dense = family.decode.other = kGuess;
  family.prefill.dense = family.prefill.other = kGuess;
  return family;
}

}  // namespace

Calibration::Found Calibration::find(std::string_view engine, HardwareFamily hardware) const {
  const Family* other = nullptr;
  for (const Family& family : families) {
    if (family.hardware != hardware) continue;
    if (family.engine == engine) return {family, Match::kFamily};
    if (other == nullptr || family.decode.n_points > other->decode.n_points) other = &family;
  }
  if (other != nullptr) return {*other, Match::kOtherEngine};
  return {guess(), Match::kNone};
}

Calibration parse_calibration(std::string_view text) {
  const json value = parse_json(text, "the calibration");
  JsonFields fields(value, "the calibration");
  check_schema(fields);
  Calibration calibration{.date = fields.text("date"), .source = fields.text("source")};
  calibration.decode_attention_share = fields.positive("decode_attention_share");
  JsonFields interval(fields.object("interval"), "interval");
  const Spreads decode = read_spreads(&interval.object("decode"), "interval.decode", {});
  const Spreads prefill = read_spreads(&interval.object("prefill"), "interval.prefill", {});
  interval.refuse_others();
  const json& families = fields.array("families");
  fields.refuse_others();
  for (size_t i = 0; i < families.size(); ++i) {
    calibration.families.push_back(
        read_family(families[i], cat("families[", i, "]"), decode, prefill));
  }
  return calibration;
}

std::string engine_of(std::string_view text, HardwareFamily hardware) {
  const std::string key = name_key(text);
  const bool on_apple = hardware == HardwareFamily::kApple || hardware == HardwareFamily::kAppleM5;
  if (key.starts_with("mlx") || key.starts_with("vllmmlx")) return "MLX";
  if (key.starts_with("exo") && on_apple) return "MLX";
  if (key == name_key(kHere)) return std::string(kHere);
  if (key == "ridge") return "ridge";
  return "llama.cpp";
}

}  // namespace ridge::planner
