// What a model must read and compute for a token, counted from its description and the types of its
// tensors: the figures that every prediction of speed stands on. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kv/pool.h"
#include "spec/spec.h"

namespace ridge::planner {

// Models that cost alike beyond their bytes: kernels a layer, routing, kinds of mixer.
enum class ModelKind { kDense, kMoe, kHybrid, kLatent };
inline constexpr int kModelKinds = 4;
std::string_view name(ModelKind kind);  // "hybrid"

// A model as it is planned with: from the catalogue and a mix of types, or from a file's header.
struct PlannedModel {
  std::string name;
  std::string quant;
  std::string note;
  ModelSpec spec;
  std::vector<int64_t> tensor_bytes;  // of tensor_uses(spec)
  std::vector<DType> tensor_types;    // likewise; empty: not GGUF's
};

struct AttentionWork {
  int64_t flops = 0;   // with each position that a token sees
  int64_t window = 0;  // positions that it sees at most; 0: all
};

// What one token takes of tensors of a type.
struct TypeWork {
  double bytes = 0;
  double flops = 0;
};

struct Work {
  ModelKind kind = ModelKind::kDense;
  int64_t n_layers = 0;
  int64_t n_recurrent = 0;  // layers that keep a state in place of positions
  int64_t n_parameters = 0;
  int64_t active_parameters = 0;    // read for a token, embedding tables not counted
  double weight_bytes = 0;          // all of the model
  double shared_bytes = 0;          // read by every token: all but embeddings and routed experts
  double expert_bytes = 0;          // of routed experts, all of them
  double expert_share = 0;          // of them that one token reads
  double weight_flops = 0;          // a token's, in the layers
  double expert_flops = 0;          // of them in routed experts
  double head_flops = 0;            // of the output matrix
  double product_values = 0;        // into and out of the layers' matrices, a token's
  std::map<DType, TypeWork> types;  // of GGUF files; else empty
  std::vector<AttentionWork> attention;
  std::vector<KvKindBytes> kv;

  // Bytes of weights that a step of n_streams tokens reads, one token each. Which experts they take
  // is correlated: beyond four streams they cover as many as fewer independent ones would.
  double step_bytes(int64_t n_streams) const;
  double active_bytes() const { return step_bytes(1); }
  double kv_bytes_read(int64_t n_tokens) const;  // by a token that sees n_tokens
  double attention_flops(double n_seen) const;   // of such a token
};
Work work_of(const PlannedModel& model, DType k_dtype, DType v_dtype);

}  // namespace ridge::planner
