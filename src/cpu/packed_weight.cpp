#include "cpu/packed_weight.h"

#include <algorithm>
#include <vector>

#include "base/strcat.h"
#include "cpu/pack/unit_layout.h"

namespace ridge::cpu {
namespace {

constexpr size_t kStagingBytes = size_t{1} << 20;  // a member reads about so much at a time
constexpr int kMaxGroupRows = 16;

}  // namespace

PackedWeight::PackedWeight(Context& context, const WeightSource& source)
    : Weight(source.dtype, source.n_out, source.n_in, source.n_matrices),
      format_(context.kernels.matmul.formats[int(source.dtype)]),
      n_groups_((source.n_out + format_.group_rows - 1) / format_.group_rows),
      group_bytes_(cpu::packed_row_bytes(source.dtype, format_.group_rows, source.n_in) *
                   size_t(format_.group_rows)),
      memory_(context.weights.allocate(size_t(n_groups_ * source.n_matrices) * group_bytes_,
                                       cat("the weight ", source.name))) {
  RIDGE_CHECK(format_.group_rows <= kMaxGroupRows);
  const int64_t groups_a_task = std::max<int64_t>(1, int64_t(kStagingBytes / group_bytes_));
  const int64_t tasks_a_matrix = (n_groups_ + groups_a_task - 1) / groups_a_task;
  context.pool.run_tasks(tasks_a_matrix * n_matrices(), [&](int64_t task, int) {
    const int64_t begin = task % tasks_a_matrix * groups_a_task;
    pack_groups(source, task / tasks_a_matrix, begin, std::min(begin + groups_a_task, n_groups_));
  });
}

void PackedWeight::pack_groups(const WeightSource& source, int64_t matrix, int64_t begin,
                               int64_t end) {
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
  // Rows past the last one stay zero, which decodes to zero in every type.
  std::vector<std::byte> staging(size_t((end - begin) * group_rows) * bytes_a_row);
  source.read(uint64_t(first_row) * bytes_a_row, {staging.data(), size_t(n_rows) * bytes_a_row});
  const uint8_t* rows[kMaxGroupRows];
  const auto* row = reinterpret_cast<const uint8_t*>(staging.data());
  for (int64_t g = begin; g < end; ++g, group += group_bytes_) {
    for (int r = 0; r < group_rows; ++r, row += bytes_a_row) rows[r] = row;
    pack_group(dtype(), group_rows, n_in(), rows, group);
  }
}

void PackedWeight::decode_row(int64_t row, float* out, std::byte* scratch) const {
  const int group_rows = format_.group_rows;
  unpack_row(dtype(), group_rows, n_in(), group(row / group_rows), int(row % group_rows),
             reinterpret_cast<uint8_t*>(scratch));
  info(dtype()).decode(scratch, out, n_in());
}

}  // namespace ridge::cpu
