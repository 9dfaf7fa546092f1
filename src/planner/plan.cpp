#include "planner/plan.h"

#include "base/check.h"
#include "base/error.h"
#include "planner/data.h"
#include "planner/json_fields.h"
#include "spec/build.h"
#include "spec/file_type.h"
#include "spec/tensors.h"

namespace ridge::planner {
namespace {

template <class Entry>
void put_first(std::vector<Entry>& catalogue, std::vector<Entry> entries) {
  catalogue.insert(catalogue.begin(), std::make_move_iterator(entries.begin()),
                   std::make_move_iterator(entries.end()));
}

std::string part(const nlohmann::json& entries, const char* name) {
  return nlohmann::json{{"schema", 1}, {name, entries}}.dump();
}

}  // namespace

Catalogues builtin_catalogues() {
  return {.models = parse_catalogue(builtin_models()),
          .hardware = parse_hardware(builtin_hardware()),
          .calibration = parse_calibration(builtin_calibration())};
}

void add_user_entries(Catalogues& catalogues, std::string_view text) {
  const nlohmann::json value = parse_json(text, "the file of own entries");
  JsonFields fields(value, "the file of own entries");
  check_schema(fields);
  if (const auto* models = fields.find("models")) {
    put_first(catalogues.models, parse_catalogue(part(*models, "models")));
  }
  if (const auto* hardware = fields.find("hardware")) {
    put_first(catalogues.hardware, parse_hardware(part(*hardware, "hardware")));
  }
  fields.refuse_others();
}

PlannedModel planned_model(const CatalogueEntry& entry, const Quant& quant) {
  PlannedModel model{.name = entry.shape.name,
                     .quant = quant.name,
                     .note = entry.note,
                     .spec = build_spec(shape_metadata(entry.shape), shape_tensors(entry.shape))};
  model.tensor_bytes = tensor_bytes(model.spec, quant);
  if (quant.kind == QuantKind::kGguf) {
    const std::vector<DType> types = tensor_types(model.spec, file_type_from_name(quant.file_type));
    const auto n_tensors = std::ptrdiff_t(model.tensor_bytes.size());
    model.tensor_types.assign(types.begin(), types.begin() + n_tensors);
  }
  return model;
}

PlannedModel planned_model(const gguf::File& file, std::string name) {
  PlannedModel model{.name = std::move(name), .spec = build_spec(file)};
  for (const TensorUse& use : tensor_uses(model.spec)) {
    const gguf::TensorInfo* tensor = file.find(use.name);
    RIDGE_CHECK(tensor != nullptr);
    model.tensor_bytes.push_back(int64_t(tensor->n_bytes));
    model.tensor_types.push_back(tensor->dtype);
  }
  return model;
}

DeviceLimit limit_of(const PlanQuestion& question) {
  if (question.limit) return *question.limit;
  DeviceLimit limit = device_limit(question.machine);
  limit.bytes *= question.machine.n_devices;
  return limit;
}

Plan make_plan(const Catalogues& catalogues, const PlannedModel& model,
               const PlanQuestion& question) {
  Plan plan{.bytes = footprint_of(model, question.setup),
            .limit = limit_of(question),
            .work = work_of(model, question.setup.k_dtype, question.setup.v_dtype)};
  plan.bytes.reserve *= question.machine.n_devices;
  plan.fits = plan.bytes.total() <= plan.limit.bytes;
  plan.longest_context = longest_context(model, question.setup, plan.limit.bytes);
  const SpeedModel speed(catalogues.calibration, question.machine.hardware, question.engine);
  plan.decode = speed.decode(plan.work, question.speed);
  plan.prefill = speed.prefill(plan.work, question.speed);
  plan.ceiling = speed.decode_ceiling(plan.work, question.speed);
  plan.provenance = speed.provenance(plan.work);
  return plan;
}

}  // namespace ridge::planner
