// Verbs on their way: each function leaves this file when its own ops/<verb>.cpp arrives.
#include "base/error.h"
#include "cpu/ops/attention.h"

namespace ridge::cpu {

void attention(Context&, const Tensor&, const Tensor&, const KvView&, std::span<const SequenceRows>,
               const AttentionParams&) {
  fail(ErrorCode::kUnsupported, "the CPU back end has no attention yet");
}

}  // namespace ridge::cpu
