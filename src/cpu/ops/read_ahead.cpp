#include "cpu/ops/read_ahead.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "cpu/cpu_buffer.h"
#include "cpu/packed_weight.h"

namespace ridge::cpu {
namespace {

void will_need(std::span<const std::byte> bytes) {
  static const auto kPage = uintptr_t(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<uintptr_t>(bytes.data()) / kPage * kPage;
  const auto end = reinterpret_cast<uintptr_t>(bytes.data()) + bytes.size();
  // Only a hint: where it is refused, the pages come when they are touched.
  ::posix_madvise(reinterpret_cast<void*>(begin), end - begin, POSIX_MADV_WILLNEED);
}

}  // namespace

void read_ahead(const Routing& routing, std::span<const Weight* const> weights) {
  const auto is_mapped = [](const Weight* weight) {
    return static_cast<const PackedWeight*>(weight)->is_mapped();
  };
  if (std::ranges::none_of(weights, is_mapped)) return;
  const auto* buffer = static_cast<const CpuBuffer*>(routing.experts);
  const std::span chosen(reinterpret_cast<const int32_t*>(buffer->data()),
                         size_t(routing.weights.n_elements()));
  for (const Weight* weight : weights) {
    if (!is_mapped(weight)) continue;
    for (int32_t expert = 0; expert < weight->n_matrices(); ++expert) {
      if (std::ranges::find(chosen, expert) == chosen.end()) continue;
      will_need(static_cast<const PackedWeight*>(weight)->matrix(expert));
    }
  }
}

}  // namespace ridge::cpu
