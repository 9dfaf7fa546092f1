// A Machine is a kernel table with the pool and scratch memory to run it: what a back end has
// inside, open for tests and with any table.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "cpu/context.h"
#include "cpu/cpu_buffer.h"
#include "cpu/packed_weight.h"

namespace ridge::cpu::testing {

// A kernel table that tests run: a level of this machine, or one emulated instruction by
// instruction.
struct TestedLevel {
  std::string name;
  KernelTable table;
};
const std::vector<TestedLevel>& tested_levels();  // [0] is generic
const TestedLevel& generic_level();
// Generic kernels that take x in the forms that `level` has chosen: what its results must equal.
TestedLevel oracle_for(const TestedLevel& level);
std::vector<std::string> levels_not_run();

struct Machine {
  Machine(const TestedLevel& level, int n_threads) : pool(n_threads), kernels(level.table) {}
  ThreadPool pool;
  const KernelTable& kernels;
  Scratch scratch;
  RopeTables rope_tables;
  WeightArena weights;
  WeightOrder order;
  Context context{pool, kernels, scratch, rope_tables, weights, order};
};

// An f32 matrix with room around it: rows are `stride` floats apart, the first one starts at an odd
// float, and everything outside holds a guard value.
class Matrix {
 public:
  Matrix(int64_t rows, int64_t cols, int64_t padding = 0);
  Tensor tensor() const;
  float& at(int64_t row, int64_t col);
  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }
  void fill(float value);
  ::testing::AssertionResult guards_intact();

 private:
  int64_t rows_;
  int64_t cols_;
  int64_t stride_;
  std::unique_ptr<CpuBuffer> buffer_;
};

// A weight in the file's bytes, row after row, and as the source a back end reads.
struct PlainWeight {
  DType dtype;
  int64_t n_out;
  int64_t n_in;
  std::vector<std::byte> bytes;

  WeightSource source() const;
  const std::byte* row(int64_t i) const { return bytes.data() + i * row_bytes(dtype, n_in); }
  std::vector<float> decode_row(int64_t i) const;
};

enum class Fill { kRandom, kZeros, kOnes, kAlternating };  // of the bits that are not scales
PlainWeight make_weight(DType dtype, int64_t n_out, int64_t n_in, Fill fill, uint64_t seed);

}  // namespace ridge::cpu::testing
