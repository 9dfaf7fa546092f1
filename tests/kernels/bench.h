// `kernels_test --bench [TYPE…] [--threads N] [--shape ROWSxCOLS] [--isa LEVEL]`: time, GB/s and
// MAC per cycle of matmul for each type, beside the read bandwidth of the same minute.
#pragma once

#include <span>

#include "tests/kernels/machine.h"

namespace ridge::cpu::testing {

// What the benches of a verb take: [--threads N] [--isa LEVEL].
struct BenchLevel {
  int n_threads = 0;
  TestedLevel level;
};
BenchLevel parse_bench_level(std::span<char* const> args);
// Prints level, threads and read bandwidth.
void print_bench_head(Machine& machine, const TestedLevel& level);

int run_bench(std::span<char* const> args);
// `kernels_test --bench attention [--threads N] [--isa LEVEL]`: one layer's attention, as a decode
// step over caches that no cache level holds, and as the last 512 rows of a prompt.
int run_attention_bench(std::span<char* const> args);
// `kernels_test --bench recurrent [--threads N] [--isa LEVEL]`: one layer's delta rule and short
// convolution, as a decode step over states that no cache level holds, and over 512 rows.
int run_recurrent_bench(std::span<char* const> args);

}  // namespace ridge::cpu::testing
