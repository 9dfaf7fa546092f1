#include "tests/kernels/bench.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "cpu/dispatch.h"
#include "cpu/ops/bandwidth.h"
#include "cpu/ops/matmul.h"
#include "tests/kernels/machine.h"

namespace ridge::cpu::testing {
namespace {

struct BenchOptions {
  std::vector<DType> dtypes;
  std::vector<int> columns = {1, 2, 4, 8, 64, 512};
  int n_threads = 0;
  std::string isa;
  int64_t n_out = 32768;
  int64_t n_in = 4096;
};

// One thread is timed by its own CPU clock, which stands still while other programs run.
double now(int n_threads) {
  timespec t{};
  clock_gettime(n_threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}

double seconds_of(const auto& fn, int n_threads) {
  const double start = now(n_threads);
  fn();
  return now(n_threads) - start;
}

// The best of several runs within about `budget` seconds: other programs only ever make it slower.
double best_seconds(const auto& fn, int n_threads, double budget) {
  double best = seconds_of(fn, n_threads);
  double spent = best;
  for (int i = 0; i < 200 && (spent < budget || i < 2); ++i) {
    const double next = seconds_of(fn, n_threads);
    best = std::min(best, next);
    spent += next;
  }
  return best;
}

// Cycles per second of a core just now: a chain of dependent additions takes one cycle each.
double measure_clock() {
  constexpr int64_t kAdditions = 2'000'000;
  const double seconds = best_seconds(
      [] {
        uint64_t x = 0;
        for (int64_t i = 0; i < kAdditions; ++i) {
          x += 3;
          asm volatile("" : "+r"(x));
        }
      },
      1, 0.1);
  return double(kAdditions) / seconds;
}

BenchOptions parse(std::span<char* const> args) {
  BenchOptions options;
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string_view arg = args[i];
    if (arg == "--threads" && i + 1 < args.size()) {
      options.n_threads = std::atoi(args[++i]);
    } else if (arg == "--isa" && i + 1 < args.size()) {
      options.isa = args[++i];
    } else if (arg == "--columns" && i + 1 < args.size()) {
      options.columns = {std::atoi(args[++i])};
    } else if (arg == "--shape" && i + 1 < args.size()) {
      char* end = nullptr;
      options.n_out = std::strtol(args[++i], &end, 10);
      options.n_in = std::strtol(end + (*end == 'x'), nullptr, 10);
    } else if (const auto dtype = dtype_from_name(arg)) {
      options.dtypes.push_back(*dtype);
    } else {
      std::fprintf(stderr, "unknown flag or type: %s\n", args[i]);
      std::exit(2);
    }
  }
  if (options.dtypes.empty()) {
    for (const DTypeInfo& type : all_dtypes()) options.dtypes.push_back(type.dtype);
  }
  return options;
}

void bench_type(Machine& machine, DType dtype, const BenchOptions& options, double clock) {
  // A few different rows, repeated: making 32 k random rows takes longer than timing them.
  const PlainWeight plain = make_weight(dtype, 64, options.n_in, Fill::kRandom, 1);
  const size_t bytes_a_row = size_t(row_bytes(dtype, options.n_in));
  WeightSource source = plain.source();
  source.n_out = options.n_out;
  source.read = [&](uint64_t begin, std::span<std::byte> destination) {
    for (size_t i = 0; i < destination.size(); i += bytes_a_row) {
      const auto row = int64_t((begin + i) / bytes_a_row);
      std::copy_n(plain.row(row % plain.n_out), bytes_a_row, destination.data() + i);
    }
  };
  const PackedWeight weight(machine.context, source);
  for (int n : options.columns) {
    Matrix x(n, options.n_in);
    for (int64_t c = 0; c < n; ++c) {
      for (int64_t k = 0; k < options.n_in; ++k) x.at(c, k) = float((c * 31 + k * 17) % 255 - 127);
    }
    Matrix out(n, options.n_out);
    const Projection projection{.weight = &weight, .out = out.tensor()};
    const double seconds =
        best_seconds([&] { matmul(machine.context, x.tensor(), {&projection, 1}, Store::kWrite); },
                     machine.pool.size(), n > 8 ? 0.3 : 0.15);
    const double macs = double(options.n_out) * double(options.n_in) * n;
    std::printf("%-8s %5d  %12.0f ns  %7.2f GB/s  %6.2f MAC/cycle/thread\n",
                info(dtype).name.data(), n, seconds * 1e9,
                double(weight.n_bytes()) / seconds * 1e-9,
                macs / seconds / clock / machine.pool.size());
    std::fflush(stdout);
  }
}

}  // namespace

BenchLevel parse_bench_level(std::span<char* const> args) {
  int n_threads = 0;
  std::string isa;
  for (size_t i = 0; i + 1 < args.size(); i += 2) {
    const std::string_view name = args[i];
    if (name == "--threads") n_threads = std::atoi(args[i + 1]);
    if (name == "--isa") isa = args[i + 1];
  }
  const ChosenKernels chosen = choose_kernels(isa);
  return {n_threads, {std::string(chosen.level), chosen.table}};
}

void print_bench_head(Machine& machine, const TestedLevel& level) {
  std::printf("%s, %d threads, read bandwidth %.1f GB/s\n", level.name.c_str(), machine.pool.size(),
              measure_read_bandwidth(machine.pool) * 1e-9);
}

int run_bench(std::span<char* const> args) {
  const BenchOptions options = parse(args);
  const ChosenKernels chosen = choose_kernels(options.isa);
  const TestedLevel level{std::string(chosen.level), chosen.table};
  Machine machine(level, options.n_threads);
  const double clock = measure_clock();
  std::printf("level %s, %d threads, %.2f GHz, W is %lldx%lld\n", level.name.c_str(),
              machine.pool.size(), clock * 1e-9, (long long)(options.n_out),
              (long long)(options.n_in));
  std::printf("%-8s %5s\n", "type", "columns");
  for (DType dtype : options.dtypes) {
    std::printf("read bandwidth %.2f GB/s\n", measure_read_bandwidth(machine.pool) * 1e-9);
    bench_type(machine, dtype, options, clock);
  }
  return 0;
}

}  // namespace ridge::cpu::testing
