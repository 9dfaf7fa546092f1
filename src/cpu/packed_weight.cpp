#include "cpu/packed_weight.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "base/strcat.h"
#include "cpu/pack/unit_layout.h"

namespace ridge::cpu {
namespace {

// A member reads about so much at a time: it is still in its L2 cache when it is packed.
constexpr size_t kStagingBytes = size_t{192} << 10;
constexpr int kMaxGroupRows = 16;

}  // namespace

size_t PackedWeight::memory_of(const KernelTable& kernels, const WeightSource& source) {
  if (source.mapped != nullptr) return 0;
  const int group_rows = kernels.matmul.formats[int(source.dtype)].group_rows;
  const int64_t n_groups = (source.n_out + group_rows - 1) / group_rows;
  return size_t(n_groups * source.n_matrices * group_rows) *
         cpu::packed_row_bytes(source.dtype, group_rows, source.n_in);
}

PackedWeight::PackedWeight(Context& context, const WeightSource& source)
    : Weight(source.dtype, source.n_out, source.n_in, source.n_matrices),
      format_(context.kernels.matmul.formats[int(source.dtype)]),
      n_groups_((source.n_out + format_.group_rows - 1) / format_.group_rows),
      group_bytes_(cpu::packed_row_bytes(source.dtype, format_.group_rows, source.n_in) *
                   size_t(format_.group_rows)),
      mapped_(source.mapped),
      mapped_matrix_bytes_(source.mapped_matrix_bytes) {
  RIDGE_CHECK(format_.group_rows <= kMaxGroupRows);
  if (is_mapped()) return;
  memory_ =
      context.weights.allocate(memory_of(context.kernels, source), cat("the weight ", source.name));
  const int64_t groups_a_task = std::max<int64_t>(1, int64_t(kStagingBytes / group_bytes_));
  const int64_t tasks_a_matrix = (n_groups_ + groups_a_task - 1) / groups_a_task;
  std::vector<std::unique_ptr<std::byte[]>> staging(size_t(context.pool.size()));
  context.pool.run_tasks(tasks_a_matrix * n_matrices(), [&](int64_t task, int thread) {
    const int64_t begin = task % tasks_a_matrix * groups_a_task;
    std::unique_ptr<std::byte[]>& mine = staging[size_t(thread)];
    if (mine == nullptr) {
      mine = std::make_unique_for_overwrite<std::byte[]>(
          size_t(groups_a_task * format_.group_rows) * plain_row_bytes());
    }
    load_groups(source, task / tasks_a_matrix, begin, std::min(begin + groups_a_task, n_groups_),
                mine.get());
  });
}

void PackedWeight::load_groups(const WeightSource& source, int64_t matrix, int64_t begin,
                               int64_t end, std::byte* staging) {
  const int group_rows = format_.group_rows;
  const size_t bytes_a_row = plain_row_bytes();
  const int64_t n_rows = std::min(end * group_rows, n_out()) - begin * group_rows;
  const int64_t first_row = matrix * n_out() + begin * group_rows;  // in the file's tensor
  auto* group = reinterpret_cast<uint8_t*>(memory_.data()) +
                size_t(matrix * n_groups_ + begin) * group_bytes_;
  if (group_rows == 1) {
    source.read(uint64_t(first_row) * bytes_a_row,
                {reinterpret_cast<std::byte*>(group), size_t(n_rows) * bytes_a_row});
    return;
  }
  source.read(uint64_t(first_row) * bytes_a_row, {staging, size_t(n_rows) * bytes_a_row});
  pack_groups(reinterpret_cast<const uint8_t*>(staging), n_rows, group);
}

void PackedWeight::pack_groups(const uint8_t* plain, int64_t n_rows, uint8_t* groups) const {
  const int group_rows = format_.group_rows;
  // Rows past the last one are zero, which decodes to zero in every type.
  std::vector<uint8_t> zeros(n_rows % group_rows == 0 ? 0 : plain_row_bytes());
  const uint8_t* rows[kMaxGroupRows];
  for (int64_t row = 0; row < n_rows; groups += group_bytes_) {
    for (int r = 0; r < group_rows; ++r, ++row) {
      rows[r] = row < n_rows ? plain + size_t(row) * plain_row_bytes() : zeros.data();
    }
    pack_group(dtype(), group_rows, n_in(), rows, groups);
  }
}

const uint8_t* PackedWeight::groups(int64_t matrix, int64_t begin, int64_t end,
                                    uint8_t* staging) const {
  if (!is_mapped()) {
    return reinterpret_cast<const uint8_t*>(memory_.data()) +
           size_t(matrix * n_groups_ + begin) * group_bytes_;
  }
  const int64_t first_row = begin * format_.group_rows;
  const uint8_t* plain = mapped_row(matrix, first_row);
  if (format_.group_rows == 1) return plain;
  pack_groups(plain, std::min(end * format_.group_rows, n_out()) - first_row, staging);
  return staging;
}

size_t PackedWeight::staging_bytes(int64_t n_rows) const {
  if (!is_mapped() || format_.group_rows == 1) return 0;
  return size_t((n_rows + format_.group_rows - 1) / format_.group_rows) * group_bytes_;
}

const void* PackedWeight::address(int64_t matrix, int64_t group) const {
  return is_mapped() ? mapped_row(matrix, group * format_.group_rows)
                     : groups(matrix, group, group, nullptr);
}

std::span<const std::byte> PackedWeight::matrix(int64_t i) const {
  const size_t n =
      is_mapped() ? size_t(n_out()) * plain_row_bytes() : size_t(n_groups_) * group_bytes_;
  return {static_cast<const std::byte*>(address(i, 0)), n};
}

void PackedWeight::decode_row(int64_t row, float* out, std::byte* scratch) const {
  if (is_mapped()) {
    info(dtype()).decode(reinterpret_cast<const std::byte*>(mapped_row(0, row)), out, n_in());
    return;
  }
  const int group_rows = format_.group_rows;
  const int64_t g = row / group_rows;
  unpack_row(dtype(), group_rows, n_in(), groups(0, g, g + 1, nullptr), int(row % group_rows),
             reinterpret_cast<uint8_t*>(scratch));
  info(dtype()).decode(scratch, out, n_in());
}

}  // namespace ridge::cpu
