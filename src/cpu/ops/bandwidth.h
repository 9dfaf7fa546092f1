// The read bandwidth that decode is measured against.
#pragma once

#include <cstddef>

#include "backend/backend.h"
#include "base/thread_pool.h"

namespace ridge::cpu {

// Bytes per second of a plain read loop over n_bytes of anonymous memory, or less where it is
// short, on all members of the pool; the median of its slices, about 0.3 s in all.
double measure_read_bandwidth(ThreadPool& pool, size_t n_bytes = kBandwidthBytes);

}  // namespace ridge::cpu
