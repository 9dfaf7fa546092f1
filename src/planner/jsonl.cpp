#include "planner/jsonl.h"

#include <algorithm>

#include "base/error.h"
#include "planner/json_fields.h"

namespace ridge::planner {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kMostTokens = int64_t{1} << 24;
constexpr int64_t kMostStreams = 4096;
constexpr int64_t kLeastContext = 4096;  // that "fits" speaks of

DType kv_type_from(const std::string& text) {
  if (const auto dtype = dtype_from_name(text)) {
    const bool is_known =
        *dtype == DType::kF16 || *dtype == DType::kBF16 || *dtype == DType::kF32 ||
        *dtype == DType::kQ8_0 || *dtype == DType::kQ5_0 || *dtype == DType::kQ5_1 ||
        *dtype == DType::kQ4_0 || *dtype == DType::kQ4_1 || *dtype == DType::kIQ4_NL;
    if (is_known) return *dtype;
  }
  fail(ErrorCode::kInvalidArgument, "\"kv_type\" is \"", text,
       "\"; f16, bf16, f32, q8_0, q5_1, q5_0, q4_1, q4_0 and iq4_nl are known");
}

int64_t at_least_one(JsonFields& fields, const char* name, int64_t most, int64_t otherwise) {
  const int64_t value = fields.integer(name, most, otherwise);
  if (value < 1) {
    fail(ErrorCode::kInvalidArgument, fields.where(), ": \"", name, "\" is 0, expected 1 or more");
  }
  return value;
}

Json bytes_json(const Footprint& bytes) {
  Json cache = Json::object();
  for (const KvKindMemory& kind : bytes.kv) cache[kind.kind] = kind.n_bytes;
  return {{"weights", bytes.weights}, {"kv", bytes.cache()},      {"kv_kinds", cache},
          {"state", bytes.state},     {"compute", bytes.compute}, {"reserve", bytes.reserve},
          {"total", bytes.total()}};
}

Json work_json(const Plan& plan, const PlanQuestion& question) {
  const Work& work = plan.work;
  const SpeedQuestion& speed = question.speed;
  const int64_t seen = speed.depth + std::max<int64_t>(speed.tg_tokens / 2, 1);
  const double middle = double(speed.depth) + double(speed.pp_tokens) / 2;
  const Hardware& hardware = question.machine.hardware;
  return {{"chip", hardware.name},
          {"family", name(hardware.family)},
          {"engine", engine_of(question.engine, hardware.family)},
          {"bandwidth", hardware.bandwidth},
          {"flops", hardware.usable_flops()},
          {"kind", name(work.kind)},
          {"layers", work.n_layers},
          {"recurrent_layers", work.n_recurrent},
          {"weight_bytes", work.active_bytes()},
          {"step_bytes", work.step_bytes(speed.n_streams)},
          {"kv_bytes", work.kv_bytes_read(seen)},
          {"decode_attention_flops", work.attention_flops(double(seen))},
          {"weight_flops", work.weight_flops},
          {"expert_flops", work.expert_flops},
          {"attention_flops", work.attention_flops(middle)},
          {"pass_bytes", work.weight_bytes},
          {"pass_tokens", std::min(speed.pp_tokens, kPassTokens)}};
}

void put_rate(Json& answer, const std::string& name, const Rate& rate) {
  answer[name + "_tok_s"] = rate.value;
  answer[name + "_low"] = rate.low;
  answer[name + "_high"] = rate.high;
}

}  // namespace

std::string answer_line(const Catalogues& catalogues, std::string_view text) {
  const nlohmann::json value = parse_json(text, "the question");
  JsonFields fields(value, "the question");
  const CatalogueEntry& entry = find_shape(catalogues.models, fields.text("model"));
  const Quant quant = quant_from_name(fields.text("quant", "Q4_K_M"));
  PlanQuestion question{.machine = find_machine(catalogues.hardware, fields.text("hardware"))};
  question.engine = fields.text("engine", "llama.cpp");
  question.setup.k_dtype = kv_type_from(fields.text("kv_type", "f16"));
  question.setup.v_dtype = question.setup.k_dtype;
  SpeedQuestion& speed = question.speed;
  speed.depth = fields.integer("depth", kMostTokens, 0);
  speed.n_streams = at_least_one(fields, "streams", kMostStreams, 1);
  speed.pp_tokens = at_least_one(fields, "pp_tokens", kMostTokens, 512);
  speed.tg_tokens = at_least_one(fields, "tg_tokens", kMostTokens, 128);
  fields.refuse_others();
  const PlannedModel model = planned_model(entry, quant);
  const int64_t least = std::min(kLeastContext, model.spec.context_length);
  question.setup.context = std::max(least, speed.depth + speed.pp_tokens + speed.tg_tokens);
  question.setup.n_slots = speed.n_streams;

  const Plan plan = make_plan(catalogues, model, question);
  Json answer{{"model", model.name},
              {"quant", model.quant},
              {"hardware", question.machine.hardware.name},
              {"fits", plan.fits},
              {"bytes", bytes_json(plan.bytes)},
              {"limit_bytes", plan.limit.bytes},
              {"limit_rule", plan.limit.rule},
              {"context", question.setup.context},
              {"longest_context", plan.longest_context}};
  put_rate(answer, "decode", plan.decode);
  put_rate(answer, "prefill", plan.prefill);
  answer["decode_ceiling_tok_s"] = plan.ceiling;
  answer["provenance"] = plan.provenance;
  if (!plan.fits) answer["note"] = "it does not fit; the rates are those of enough memory";
  if (!model.note.empty()) answer["model_note"] = model.note;
  answer["work"] = work_json(plan, question);
  return answer.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ridge::planner
