// Verbs on their way: each function leaves this file when its own ops/<verb>.cpp arrives.
#include "base/error.h"
#include "cpu/ops/attention.h"
#include "cpu/ops/elementwise.h"
#include "cpu/ops/kv_write.h"
#include "cpu/ops/norm.h"
#include "cpu/ops/rope.h"

namespace ridge::cpu {
namespace {
[[noreturn]] void unfinished(std::string_view verb) {
  fail(ErrorCode::kUnsupported, "the CPU back end has no ", verb, " yet");
}
}  // namespace

void rms_norm(Context&, const Tensor&, const Tensor&, const Tensor&, float) {
  unfinished("rms_norm");
}
void rope(Context&, const Tensor&, std::span<const int32_t>, const RopeParams&) {
  unfinished("rope");
}
void kv_write(Context&, const KvView&, const Tensor&, const Tensor&,
              std::span<const SequenceRows>) {
  unfinished("kv_write");
}
void attention(Context&, const Tensor&, const Tensor&, const KvView&, std::span<const SequenceRows>,
               const AttentionParams&) {
  unfinished("attention");
}
void gated_activation(Context&, const Tensor&, const Tensor&, const Tensor&, Activation) {
  unfinished("gated_activation");
}
void add(Context&, const Tensor&, const Tensor&) {
  unfinished("add");
}
void softcap(Context&, const Tensor&, float) {
  unfinished("softcap");
}
void scale(Context&, const Tensor&, float) {
  unfinished("scale");
}
void gather_rows(Context&, const Tensor&, const Tensor&, std::span<const int32_t>) {
  unfinished("gather_rows");
}

}  // namespace ridge::cpu
