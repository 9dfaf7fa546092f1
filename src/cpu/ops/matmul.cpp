// One call quantises x once for each form that its weights want, then the members of the pool share
// the rows of all weights.
#include "cpu/ops/matmul.h"

#include <algorithm>
#include <array>

#include "cpu/ops/product.h"

namespace ridge::cpu {
namespace {

constexpr int64_t kFewPieces = 4;  // microseconds: not worth a section of their own

// x in every form that the weights of a call want.
class Operands {
 public:
  void want(const PackedWeight& weight, int64_t n_cols) {
    if (find(weight) == nullptr) forms_[n_++] = Operand(weight, n_cols);
  }

  void make(Context& context, const Tensor& x) {
    size_t n_bytes = 0;
    for (const Operand& form : forms()) n_bytes += form.is_plain() ? 0 : form.n_bytes();
    auto* at = reinterpret_cast<uint8_t*>(context.scratch.get(ScratchSlot::kActivations, n_bytes));
    for (Operand& form : forms()) {
      if (form.is_plain()) {
        form.refer_to(x);
        continue;
      }
      form.place_at(at);
      at += form.n_bytes();
      fill(context, form, x);
    }
  }

  const Operand& of(const PackedWeight& weight) const { return *find(weight); }

 private:
  std::span<Operand> forms() { return {forms_.data(), n_}; }

  const Operand* find(const PackedWeight& weight) const {
    const auto end = forms_.begin() + ptrdiff_t(n_);
    const auto form =
        std::find_if(forms_.begin(), end, [&](const Operand& o) { return o.suits(weight); });
    return form == end ? nullptr : &*form;
  }

  static void fill(Context& context, Operand& form, const Tensor& x) {
    const MatmulKernels& kernels = context.kernels.matmul;
    if (form.n_pieces() > kFewPieces || (form.in_tiles() && form.n_pieces() > 1)) {
      context.pool.run_shares(form.n_pieces(), 1, [&](Share share, int) {
        for (int64_t i = share.begin; i < share.end; ++i) form.fill(kernels, i, x, {});
      });
    } else {
      for (int64_t i = 0; i < form.n_pieces(); ++i) form.fill(kernels, i, x, {});
    }
  }

  std::array<Operand, size_t(2 * kActivationFormats)> forms_;
  size_t n_ = 0;
};

void store_tile(const Projection& projection, Store store, Range rows, Range cols,
                const float* tile) {
  const float* bias = projection.bias ? data_of<float>(projection.bias) + rows.begin : nullptr;
  const int64_t n = rows.size();
  for (int64_t c = cols.begin; c < cols.end; ++c, tile += tile_stride(rows)) {
    float* out = row_of(projection.out, c) + rows.begin;
    for (int64_t i = 0; i < n; ++i) {
      const float value = bias ? tile[i] + bias[i] : tile[i];
      out[i] = store == Store::kAdd ? out[i] + value : value;
    }
  }
}

void project_rows(const Context& context, const Projection& projection, const Operand& x,
                  const TileShape& shape, Range rows, Store store, const Workspace& space) {
  const PackedWeight& weight = packed(*projection.weight);
  const int64_t matrix = projection.matrix;
  shape.for_each_tile(rows, projection.out.rows(), [&](Range block, Range cols) {
    const bool whole_groups = block.size() % weight.format().group_rows == 0;
    if (store == Store::kWrite && !projection.bias && whole_groups && !x.in_tiles()) {
      float* out = row_of(projection.out, cols.begin) + block.begin;
      const Part part{matrix, block, cols, out, projection.out.stride[0]};
      return multiply(context, weight, x, part, space);
    }
    const Part part{matrix, block, cols, space.tile, tile_stride(block)};
    multiply(context, weight, x, part, space);
    store_tile(projection, store, block, cols, space.tile);
  });
}

// Calls fn(projection, rows) for what a share of all projections' units, one after the other, is.
template <class Fn>
void for_each_run(std::span<const Projection> projections, Share units, const Fn& fn) {
  for (const Projection& projection : projections) {
    const int64_t n_rows = projection.weight->n_out();
    const int64_t n = units_of(n_rows);
    const int64_t begin = std::max<int64_t>(units.begin, 0);
    const int64_t end = std::min(units.end, n);
    if (begin < end) fn(projection, rows_of_units(begin, end, n_rows));
    units = {units.begin - n, units.end - n};
  }
}

WeightOrder::Run start_of(std::span<const Projection> projections, Share units) {
  WeightOrder::Run start;
  for_each_run(projections, units, [&](const Projection& projection, Range rows) {
    if (start.n_bytes > 0) return;
    start = first_read(packed(*projection.weight), projection.matrix, rows);
  });
  return start;
}

// Each head of x[n, heads, n_in] in the form that the weight wants.
class HeadOperands {
 public:
  HeadOperands(Context& context, const PackedWeight& weight, const Tensor& x)
      : weight_(weight), x_(x), n_bytes_(Operand(weight, x.rows()).n_bytes()) {
    if (is_plain()) return;
    const auto n_heads = size_t(weight.n_matrices());
    memory_ = reinterpret_cast<uint8_t*>(
        context.scratch.get(ScratchSlot::kActivations, n_heads * n_bytes_));
    const int64_t n_pieces = of(0).n_pieces();
    const auto fill = [&](int64_t i, int) {
      const int64_t head = i / n_pieces;
      of(head).fill(context.kernels.matmul, i % n_pieces, head_of(x_, head), {});
    };
    if (x.n_elements() < kWorthSharing) {
      for (int64_t i = 0; i < int64_t(n_heads) * n_pieces; ++i) fill(i, 0);
    } else {
      context.pool.run_tasks(int64_t(n_heads) * n_pieces, fill);
    }
  }

  Operand of(int64_t head) const {
    Operand operand(weight_, x_.rows());
    if (is_plain()) {
      operand.refer_to(head_of(x_, head));
    } else {
      operand.place_at(memory_ + size_t(head) * n_bytes_);
    }
    return operand;
  }

 private:
  static constexpr int64_t kWorthSharing = 16384;  // values

  bool is_plain() const { return Operand(weight_, x_.rows()).is_plain(); }

  const PackedWeight& weight_;
  const Tensor& x_;
  size_t n_bytes_;
  uint8_t* memory_ = nullptr;
};

// Calls fn(matrix, its units) for what units of all matrices, one after the other, is.
template <class Fn>
void for_each_matrix(Share units, int64_t units_a_matrix, const Fn& fn) {
  while (units.size() > 0) {
    const int64_t matrix = units.begin / units_a_matrix;
    const int64_t first = matrix * units_a_matrix;
    const int64_t end = std::min(units.end, first + units_a_matrix);
    fn(matrix, Share{units.begin - first, end - first});
    units.begin = end;
  }
}

}  // namespace

void matmul(Context& context, const Tensor& x, std::span<const Projection> projections,
            Store store) {
  if (x.rows() == 0) return;
  Operands operands;
  TileShape shape;
  int64_t n_units = 0;
  for (const Projection& projection : projections) {
    const PackedWeight& weight = packed(*projection.weight);
    RIDGE_DCHECK(weight.n_in() == x.cols() && projection.out.cols() == weight.n_out());
    RIDGE_DCHECK(projection.out.rows() == x.rows());
    operands.want(weight, x.rows());
    shape.fit(weight, x.rows());
    n_units += units_of(weight.n_out());
  }
  operands.make(context, x);
  const Workspaces spaces(context, shape);
  if (x.rows() <= kFewColumns) {
    const Projection& first = projections.front();
    const auto* key = packed(*first.weight).address(first.matrix, 0);
    context.order.begin_section(context.pool, key, [&](int thread) {
      return start_of(projections, share_of(n_units, thread, context.pool.size()));
    });
  }
  context.pool.run_shares(n_units, shape.grain(), [&](Share units, int thread) {
    for_each_run(projections, units, [&](const Projection& projection, Range rows) {
      const Operand& operand = operands.of(packed(*projection.weight));
      project_rows(context, projection, operand, shape, rows, store, spaces.of(thread));
    });
  });
}

void head_matmul(Context& context, const Tensor& out, const Tensor& x, const Weight& weight) {
  if (x.rows() == 0) return;
  const PackedWeight& all = packed(weight);
  RIDGE_DCHECK(x.rank == 3 && out.rank == 3 && x.rows() == out.rows());
  RIDGE_DCHECK(x.shape[1] == all.n_matrices() && out.shape[1] == all.n_matrices());
  RIDGE_DCHECK(x.cols() == all.n_in() && out.cols() == all.n_out());
  const HeadOperands operands(context, all, x);
  TileShape shape;
  shape.fit(all, x.rows());
  const Workspaces spaces(context, shape);
  const int64_t units_a_head = units_of(all.n_out());
  const int64_t n_units = all.n_matrices() * units_a_head;
  if (x.rows() <= kFewColumns) {
    context.order.begin_section(context.pool, all.address(0, 0), [&](int thread) {
      const int64_t first = share_of(n_units, thread, context.pool.size()).begin;
      const int64_t unit = first % units_a_head;
      return first_read(all, first / units_a_head, rows_of_units(unit, units_a_head, all.n_out()));
    });
  }
  context.pool.run_shares(n_units, shape.grain(), [&](Share units, int thread) {
    for_each_matrix(units, units_a_head, [&](int64_t head, Share of_head) {
      const Projection projection{.weight = &weight, .out = head_of(out, head), .matrix = head};
      const Range rows = rows_of_units(of_head.begin, of_head.end, all.n_out());
      project_rows(context, projection, operands.of(head), shape, rows, Store::kWrite,
                   spaces.of(thread));
    });
  });
}

void gated_matmul(Context& context, const Tensor& out, const Tensor& x, const Weight& gate,
                  const Weight& up, Activation activation) {
  if (x.rows() == 0) return;
  RIDGE_DCHECK(gate.n_in() == x.cols() && up.n_in() == x.cols());
  RIDGE_DCHECK(gate.n_out() == up.n_out() && out.cols() == up.n_out());
  const int64_t n_cols = x.rows();
  Operands operands;
  TileShape shape;
  for (const Weight* weight : {&gate, &up}) {
    operands.want(packed(*weight), n_cols);
    shape.fit(packed(*weight), n_cols);
  }
  operands.make(context, x);
  const Operand& for_gate = operands.of(packed(gate));
  const Operand& for_up = operands.of(packed(up));
  const Workspaces spaces(context, shape);
  const auto activate = context.kernels.vector.gated_activation[int(activation)];
  const int64_t n_units = units_of(up.n_out());
  if (n_cols <= kFewColumns) {
    context.order.begin_section(context.pool, packed(gate).address(0, 0), [&](int thread) {
      const Share units = share_of(n_units, thread, context.pool.size());
      return first_read(packed(gate), 0, rows_of_units(units.begin, units.end, up.n_out()));
    });
  }
  context.pool.run_shares(n_units, shape.grain(), [&](Share units, int thread) {
    const Workspace space = spaces.of(thread);
    const Range all = rows_of_units(units.begin, units.end, up.n_out());
    shape.for_each_tile(all, n_cols, [&](Range rows, Range cols) {
      const int64_t stride = tile_stride(rows);
      multiply(context, packed(gate), for_gate, {0, rows, cols, space.tile, stride}, space);
      multiply(context, packed(up), for_up, {0, rows, cols, space.second_tile, stride}, space);
      for (int64_t c = cols.begin; c < cols.end; ++c) {
        const int64_t at = (c - cols.begin) * stride;
        activate(row_of(out, c) + rows.begin, space.tile + at, space.second_tile + at, rows.size());
      }
    });
  });
}

}  // namespace ridge::cpu
