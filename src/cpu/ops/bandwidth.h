// The read bandwidth that decode is measured against.
#pragma once

#include "base/thread_pool.h"

namespace ridge::cpu {

// Bytes per second of a plain read loop over a block of anonymous memory far larger than any cache,
// on all members of the pool; the best of several passes, about 0.3 s in all.
double measure_read_bandwidth(ThreadPool& pool);

}  // namespace ridge::cpu
