// Plans by name, for tests: a model of the catalogue in a quantization on a machine.
#pragma once

#include "planner/data.h"
#include "planner/metrics.h"
#include "planner/plan.h"

namespace ridge::planner {

inline const Catalogues& test_catalogues() {
  static const Catalogues all = builtin_catalogues();
  return all;
}

inline Hardware hardware_of(const char* name) {
  return find_machine(test_catalogues().hardware, name).hardware;
}

inline PlannedModel model_of(const char* name, const char* quant) {
  return planned_model(find_shape(test_catalogues().models, name), quant_from_name(quant));
}

inline Work work_of_model(const char* name, const char* quant, DType kv = DType::kF16) {
  return work_of(model_of(name, quant), kv, kv);
}

inline SpeedModel speed_on(const char* machine, const char* engine = "llama.cpp") {
  return {test_catalogues().calibration, hardware_of(machine), engine};
}

struct Asked {
  const char* model;
  const char* quant;
  const char* machine;
  const char* engine = "llama.cpp";
  int64_t context = 4096;
  DType kv = DType::kF16;
};

inline PlanQuestion question_of(const Asked& asked) {
  PlanQuestion question{.machine = find_machine(test_catalogues().hardware, asked.machine),
                        .engine = asked.engine};
  question.setup = {.context = asked.context, .k_dtype = asked.kv, .v_dtype = asked.kv};
  return question;
}

inline Plan plan_of(const Asked& asked) {
  return make_plan(test_catalogues(), model_of(asked.model, asked.quant), question_of(asked));
}

// Of one sequence at a context, by the bytes of its positions: no page is rounded up.
inline double cache_bytes(const char* model, int64_t n_tokens, DType kv) {
  double total = 0;
  for (const KvKindBytes& layers : kv_bytes(model_of(model, "F16").spec, kv, kv)) {
    total += double(layers.bytes(n_tokens));
  }
  return total;
}

inline double parameters_in_billions(const char* model) {
  return double(work_of_model(model, "F16").n_parameters) / 1e9;
}

inline double bits_per_weight(const char* model, const char* quant) {
  const Work work = work_of_model(model, quant);
  return 8 * work.weight_bytes / double(work.n_parameters);
}

inline constexpr double kGiB = double(int64_t{1} << 30);

}  // namespace ridge::planner
