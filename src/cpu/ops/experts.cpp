// Token-expert pairs are sorted by expert. Gate and up: the rows of all experts that have tokens
// are one range, which the members of the pool cut by work. Down: every member does its rows of the
// output for all experts in turn, so that a row's sum has one owner and one order. Between the two
// lies the only barrier.
#include "cpu/ops/experts.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "cpu/cpu_buffer.h"
#include "cpu/kernels/activation.h"
#include "cpu/ops/expert_plan.h"
#include "cpu/packed_weight.h"

namespace ridge::cpu {
namespace {

constexpr int64_t kUnitRows = 16;  // rows are cut here: a whole number of groups at every level
// With many columns, a block of rows is read once a pass: it must stay in the second-level cache.
constexpr size_t kBlockBytes = size_t{192} << 10;
constexpr int64_t kMostBlockRows = 128;
constexpr int64_t kTileFloats = 8192;
constexpr int64_t kWorthSharing = 16384;  // values: below, quantising them alone is faster
// Reading a weight once costs about as much as multiplying it with so many columns.
constexpr int64_t kReadCost = 3;
constexpr size_t kLine = 64;

size_t round_up(size_t n, size_t unit) {
  return (n + unit - 1) / unit * unit;
}

const PackedWeight& packed(const Weight& weight) {
  return static_cast<const PackedWeight&>(weight);
}

struct Range {
  int64_t begin;
  int64_t end;
  int64_t size() const { return end - begin; }
};

// Columns of x in the form that a weight's kernels take.
struct Columns {
  const uint8_t* data = nullptr;
  size_t stride = 0;  // bytes
  const uint8_t* at(int64_t column) const { return data + size_t(column) * stride; }
};

size_t column_stride(ActivationFormat format, int64_t n_in) {
  size_t bytes = size_t(n_in) * sizeof(float);
  if (format == ActivationFormat::kBlock32) bytes = Block32{n_in}.bytes();
  if (format == ActivationFormat::kBlock256) bytes = Block256{n_in}.bytes();
  return round_up(bytes, kLine);
}

// n columns, column c made from the row source(c) of x, in memory at `to`.
template <class Source>
Columns quantise(Context& context, ActivationFormat format, const Tensor& x, int64_t n, uint8_t* to,
                 const Source& source) {
  const int64_t n_in = x.cols();
  const Columns columns{to, column_stride(format, n_in)};
  const auto store = context.kernels.matmul.quantize[int(format)];
  const auto fill = [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      const float* row = data_of<float>(x) + source(c) * x.stride[0];
      uint8_t* column = to + size_t(c) * columns.stride;
      if (format == ActivationFormat::kF32) {
        std::memcpy(column, row, size_t(n_in) * sizeof(float));
      } else {
        store(row, n_in, column);
      }
    }
  };
  if (n * n_in < kWorthSharing) {
    fill(0, n);
  } else {
    context.pool.run([&](int thread) {
      const Share share = share_of(n, thread, context.pool.size());
      fill(share.begin, share.end);
    });
  }
  return columns;
}

// Rows of one expert's matrix against columns that lie at equal distances; the product goes to
// tile[column * rows.size() rounded up to a unit + row].
int64_t tile_stride(Range rows) {
  return int64_t(round_up(size_t(rows.size()), size_t(kUnitRows)));
}

void multiply(const PackedWeight& weight, int64_t expert, Range rows, const Columns& x,
              int64_t n_cols, float* tile) {
  const MatmulFormat& format = weight.format();
  const int64_t first_group = rows.begin / format.group_rows;
  const int64_t end_group = (rows.end + format.group_rows - 1) / format.group_rows;
  format.multiply(weight.dtype(), {.weights = weight.group(first_group, expert),
                                   .group_bytes = weight.group_bytes(),
                                   .n_groups = end_group - first_group,
                                   .n_in = weight.n_in(),
                                   .x_format = format.activation,
                                   .x = x.data,
                                   .x_stride = x.stride,
                                   .n_cols = n_cols,
                                   .out = tile,
                                   .out_stride = tile_stride(rows)});
}

// Calls fn(block, columns) for blocks that cover the rows and runs of columns whose tile fits.
template <class Fn>
void for_each_tile(const PackedWeight& weight, Range rows, int64_t n_cols, const Fn& fn) {
  const size_t unit_bytes = weight.group_bytes() / size_t(weight.format().group_rows) * kUnitRows;
  const int64_t fitting = int64_t(kBlockBytes / unit_bytes) * kUnitRows;
  const int64_t step = std::clamp(fitting, kUnitRows, kMostBlockRows);
  for (int64_t r = rows.begin; r < rows.end; r += step) {
    const Range block{r, std::min(r + step, rows.end)};
    const int64_t run = kTileFloats / tile_stride(block);
    for (int64_t c = 0; c < n_cols; c += run) fn(block, Range{c, std::min(c + run, n_cols)});
  }
}

// The rows of all active experts as one range, cut so that members get equal work.
class WorkSplit {
 public:
  WorkSplit(const ExpertPlan& plan, int64_t n_rows, int n_threads)
      : plan_(plan),
        n_units_((n_rows + kUnitRows - 1) / kUnitRows),
        n_rows_(n_rows),
        n_threads_(n_threads) {
    for (int64_t i = 0; i < plan.n_active(); ++i) total_ += cost(plan.active(i));
  }

  // Calls fn(expert, rows) for the member's share.
  template <class Fn>
  void for_each_part(int thread, const Fn& fn) const {
    const int64_t begin = total_ * thread / n_threads_;
    const int64_t end = total_ * (thread + 1) / n_threads_;
    int64_t before = 0;
    for (int64_t i = 0; i < plan_.n_active(); ++i) {
      const ExpertPlan::Expert expert = plan_.active(i);
      const Range rows{cut(begin - before, expert), cut(end - before, expert)};
      if (rows.begin < rows.end) fn(expert, rows);
      before += cost(expert);
    }
  }

 private:
  int64_t unit_cost(const ExpertPlan::Expert& expert) const {
    return int64_t(expert.pairs.size()) + kReadCost;
  }
  int64_t cost(const ExpertPlan::Expert& expert) const { return n_units_ * unit_cost(expert); }
  // The row of the expert where so much of its work is done.
  int64_t cut(int64_t work, const ExpertPlan::Expert& expert) const {
    const int64_t unit = unit_cost(expert);
    const int64_t units = std::clamp<int64_t>((work + unit / 2) / unit, 0, n_units_);
    return std::min(units * kUnitRows, n_rows_);
  }

  const ExpertPlan& plan_;
  int64_t n_units_;
  int64_t n_rows_;
  int n_threads_;
  int64_t total_ = 0;
};

// Memory of one member of the pool.
struct Workspace {
  float* tile;         // kTileFloats
  float* second_tile;  // kTileFloats
  uint8_t* gathered;   // columns of one expert, side by side
};

class Workspaces {
 public:
  Workspaces(Context& context, size_t gathered_bytes)
      : bytes_(round_up(2 * kTileFloats * sizeof(float) + gathered_bytes, kLine)),
        base_(reinterpret_cast<uint8_t*>(
            context.scratch.get(ScratchSlot::kTiles, bytes_ * size_t(context.pool.size())))) {}
  Workspace of(int thread) const {
    auto* tile = reinterpret_cast<float*>(base_ + size_t(thread) * bytes_);
    return {tile, tile + kTileFloats, reinterpret_cast<uint8_t*>(tile + 2 * kTileFloats)};
  }

 private:
  size_t bytes_;
  uint8_t* base_;
};

std::span<const int32_t> chosen_experts(const Routing& routing) {
  const auto* buffer = static_cast<const CpuBuffer*>(routing.experts);
  return {reinterpret_cast<const int32_t*>(buffer->data()), size_t(routing.weights.n_elements())};
}

// x's columns in the forms of gate and up, which often are one.
struct GatedForms {
  Columns gate;
  Columns up;
  bool same() const { return gate.data == up.data; }
};

GatedForms make_forms(Context& context, const Tensor& x, ActivationFormat gate,
                      ActivationFormat up) {
  const size_t gate_bytes = column_stride(gate, x.cols()) * size_t(x.rows());
  const size_t up_bytes = gate == up ? 0 : column_stride(up, x.cols()) * size_t(x.rows());
  auto* memory = reinterpret_cast<uint8_t*>(
      context.scratch.get(ScratchSlot::kActivations, gate_bytes + up_bytes));
  const auto same_row = [](int64_t c) { return c; };
  GatedForms forms;
  forms.gate = quantise(context, gate, x, x.rows(), memory, same_row);
  forms.up =
      gate == up ? forms.gate : quantise(context, up, x, x.rows(), memory + gate_bytes, same_row);
  return forms;
}

// The columns of an expert's tokens: where they are if it has one, else copied side by side.
Columns gather(const Columns& x, std::span<const int32_t> pairs, int64_t top_k, uint8_t* to) {
  if (pairs.size() == 1) return {x.at(pairs[0] / top_k), x.stride};
  for (size_t i = 0; i < pairs.size(); ++i) {
    std::memcpy(to + i * x.stride, x.at(pairs[i] / top_k), x.stride);
  }
  return {to, x.stride};
}

}  // namespace

bool has_expert_kernel(const Weight& weight) {
  return packed(weight).format().multiply != nullptr;
}

void expert_gated_matmul(Context& context, const Tensor& out, const Tensor& x,
                         const Routing& routing, const GatedExperts& experts) {
  if (x.rows() == 0) return;
  const PackedWeight& gate = packed(experts.gate);
  const PackedWeight& up = packed(experts.up);
  const int64_t top_k = routing.top_k();
  RIDGE_DCHECK(gate.n_in() == x.cols() && up.n_in() == x.cols() && gate.n_out() == up.n_out());
  RIDGE_DCHECK(out.rows() == x.rows() * top_k && out.cols() == up.n_out());
  const ExpertPlan plan(context, chosen_experts(routing), up.n_matrices());
  const GatedForms forms = make_forms(context, x, gate.format().activation, up.format().activation);
  const size_t gate_bytes = size_t(plan.most_pairs()) * forms.gate.stride;
  const size_t up_bytes = forms.same() ? 0 : size_t(plan.most_pairs()) * forms.up.stride;
  const Workspaces spaces(context, gate_bytes + up_bytes);
  const WorkSplit split(plan, up.n_out(), context.pool.size());
  const float* weights = data_of<float>(routing.weights);
  const VectorKernels& vector = context.kernels.vector;
  const auto activate = vector.gated_activation[int(experts.activation)];

  context.pool.run([&](int thread) {
    const Workspace space = spaces.of(thread);
    split.for_each_part(thread, [&](const ExpertPlan::Expert& expert, Range rows) {
      const auto pairs = expert.pairs;
      const Columns for_gate = gather(forms.gate, pairs, top_k, space.gathered);
      const Columns for_up =
          forms.same() ? for_gate : gather(forms.up, pairs, top_k, space.gathered + gate_bytes);
      for_each_tile(up, rows, int64_t(pairs.size()), [&](Range block, Range cols) {
        multiply(gate, expert.number, block, {for_gate.at(cols.begin), for_gate.stride},
                 cols.size(), space.tile);
        multiply(up, expert.number, block, {for_up.at(cols.begin), for_up.stride}, cols.size(),
                 space.second_tile);
        for (int64_t c = cols.begin; c < cols.end; ++c) {
          const int64_t at = (c - cols.begin) * tile_stride(block);
          const int32_t pair = pairs[size_t(c)];
          float* to = data_of<float>(out) + pair * out.stride[0] + block.begin;
          activate(to, space.tile + at, space.second_tile + at, block.size());
          vector.scale(to, weights[pair], block.size());
        }
      });
    });
  });
}

void expert_matmul(Context& context, const Tensor& out, const Tensor& x, const Routing& routing,
                   const Weight& weight, Store store) {
  if (out.rows() == 0) return;
  const PackedWeight& down = packed(weight);
  const int64_t top_k = routing.top_k();
  RIDGE_DCHECK(down.n_in() == x.cols() && out.cols() == down.n_out());
  RIDGE_DCHECK(x.rows() == out.rows() * top_k);
  const ExpertPlan plan(context, chosen_experts(routing), down.n_matrices());
  const ActivationFormat format = down.format().activation;
  const size_t bytes = column_stride(format, x.cols()) * size_t(x.rows());
  auto* memory = reinterpret_cast<uint8_t*>(context.scratch.get(ScratchSlot::kActivations, bytes));
  const Columns sorted = quantise(context, format, x, x.rows(), memory,
                                  [&](int64_t place) { return int64_t(plan.pair(place)); });
  const Workspaces spaces(context, 0);
  const VectorKernels& vector = context.kernels.vector;
  const int64_t n_units = (down.n_out() + kUnitRows - 1) / kUnitRows;

  context.pool.run([&](int thread) {
    const Workspace space = spaces.of(thread);
    const Share units = share_of(n_units, thread, context.pool.size());
    const Range rows{units.begin * kUnitRows, std::min(units.end * kUnitRows, down.n_out())};
    if (rows.size() <= 0) return;
    const auto row_of = [&](int64_t i) { return data_of<float>(out) + i * out.stride[0]; };
    if (store == Store::kWrite) {
      for (int64_t i = 0; i < out.rows(); ++i) {
        std::fill_n(row_of(i) + rows.begin, rows.size(), 0.0f);
      }
    }
    for (int64_t e = 0; e < plan.n_active(); ++e) {
      const ExpertPlan::Expert expert = plan.active(e);
      const int64_t first = plan.first(expert);
      for_each_tile(down, rows, int64_t(expert.pairs.size()), [&](Range block, Range cols) {
        multiply(down, expert.number, block, {sorted.at(first + cols.begin), sorted.stride},
                 cols.size(), space.tile);
        for (int64_t c = cols.begin; c < cols.end; ++c) {
          vector.add(row_of(expert.pairs[size_t(c)] / top_k) + block.begin,
                     space.tile + (c - cols.begin) * tile_stride(block), block.size());
        }
      });
    }
  });
}

}  // namespace ridge::cpu
