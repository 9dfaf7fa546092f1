// Token-expert pairs are sorted by expert, and each expert multiplies the columns of its pairs.
// Gate and up: the rows of all experts that have pairs are one range, which the members of the pool
// share. Down: a share is rows of the output, with all experts in turn, so that a row's sum has one
// owner and one order. Between the two lies the only barrier.
#include "cpu/ops/experts.h"

#include <algorithm>

#include "cpu/cpu_buffer.h"
#include "cpu/kernels/activation.h"
#include "cpu/ops/expert_plan.h"
#include "cpu/ops/product.h"

namespace ridge::cpu {
namespace {

// Which rows of x are the columns of an expert.
enum class Rows { kTokens, kPairs };

// The operands of all active experts.
class ExpertOperands {
 public:
  ExpertOperands(const ExpertPlan& plan, const PackedWeight& weight, const Tensor& x, Rows rows)
      : plan_(plan), weight_(weight), x_(x), rows_(rows) {}

  bool suit(const PackedWeight& weight) const {
    return weight.format().activation == weight_.format().activation &&
           weight.format().min_panel_columns == weight_.format().min_panel_columns;
  }
  size_t n_bytes() const { return plan_.n_active() == 0 ? 0 : offset(plan_.n_active()); }

  void fill(Context& context, uint8_t* memory) {
    memory_ = memory;
    const MatmulKernels& kernels = context.kernels.matmul;
    const int64_t n_operands = is_shared() ? 1 : plan_.n_active();
    const auto fill_one = [&](int64_t i) {
      Operand operand = of(i);
      const ExpertPlan::Expert expert = plan_.active(i);
      const auto rows = rows_ == Rows::kTokens ? expert.tokens : expert.pairs;
      for (int64_t piece = 0; piece < operand.n_pieces(); ++piece) {
        operand.fill(kernels, piece, x_, rows);
      }
    };
    if (plan_.n_pairs() * x_.cols() < kWorthSharing || n_operands == 1) {
      for (int64_t i = 0; i < n_operands; ++i) fill_one(i);
    } else {
      context.pool.run_tasks(n_operands, [&](int64_t i, int) { fill_one(i); });
    }
  }

  // Of the i-th active expert.
  Operand of(int64_t i) const {
    Operand operand(weight_, int64_t(plan_.active(i).pairs.size()));
    operand.place_at(memory_ + (is_shared() ? 0 : offset(i)));
    return operand;
  }

 private:
  static constexpr int64_t kWorthSharing = 16384;  // values

  // A single token goes to all of its experts as one and the same column.
  bool is_shared() const { return rows_ == Rows::kTokens && x_.rows() == 1; }

  // n columns take no more memory than n / 8 + 1 tiles or eights of columns: an offset needs no sum
  // over the experts before.
  size_t offset(int64_t i) const {
    const int64_t n_before = i < plan_.n_active() ? plan_.n_pairs_before(i) : plan_.n_pairs();
    constexpr int64_t kChunk = ColumnTiles::kChunkColumns;
    const size_t tile = Operand(weight_, kChunk).n_bytes() / size_t(kChunk / kTileColumns);
    const size_t columns = kTileColumns * Operand(weight_, 1).n_bytes();
    return size_t(n_before / kTileColumns + i) * std::max(tile, columns);
  }

  const ExpertPlan& plan_;
  const PackedWeight& weight_;
  const Tensor& x_;
  Rows rows_;
  uint8_t* memory_ = nullptr;
};

std::span<const int32_t> chosen_experts(const Routing& routing) {
  const auto* buffer = static_cast<const CpuBuffer*>(routing.experts);
  return {reinterpret_cast<const int32_t*>(buffer->data()), size_t(routing.weights.n_elements())};
}

uint8_t* operand_memory(Context& context, size_t n_bytes) {
  return reinterpret_cast<uint8_t*>(context.scratch.get(ScratchSlot::kActivations, n_bytes));
}

// The shape must do for the expert with most columns and for that with fewest.
void fit(TileShape& shape, const PackedWeight& weight, const ExpertPlan& plan) {
  shape.fit(weight, plan.most_pairs());
  shape.fit(weight, 1);
}

// The expert's bias for rows from `first` on, or null where there are none.
const float* bias_of(const Tensor& biases, int64_t expert, int64_t first) {
  return biases ? row_of(biases, expert) + first : nullptr;
}

void add_scaled(float* out, const float* x, float factor, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] += factor * x[i];
}

// Which expert comes first is another one for every token.
constexpr auto kNobodyKnows = [](int) { return WeightOrder::Run{}; };

}  // namespace

void expert_gated_matmul(Context& context, const Tensor& out, const Tensor& x,
                         const Routing& routing, const GatedExperts& experts) {
  if (x.rows() == 0) return;
  const PackedWeight& gate = packed(experts.gate);
  const PackedWeight& up = packed(experts.up);
  const int64_t top_k = routing.top_k();
  RIDGE_DCHECK(gate.n_in() == x.cols() && up.n_in() == x.cols() && gate.n_out() == up.n_out());
  RIDGE_DCHECK(out.rows() == x.rows() * top_k && out.cols() == up.n_out());
  const ExpertPlan plan(context, chosen_experts(routing), top_k, up.n_matrices());
  ExpertOperands for_gate(plan, gate, x, Rows::kTokens);
  ExpertOperands own_for_up(plan, up, x, Rows::kTokens);
  const bool same = for_gate.suit(up);
  const ExpertOperands& for_up = same ? for_gate : own_for_up;
  uint8_t* memory = operand_memory(context, for_gate.n_bytes() + (same ? 0 : own_for_up.n_bytes()));
  for_gate.fill(context, memory);
  if (!same) own_for_up.fill(context, memory + for_gate.n_bytes());
  TileShape shape;
  fit(shape, gate, plan);
  fit(shape, up, plan);
  const Workspaces spaces(context, shape);
  const float* weights = data_of<float>(routing.weights);
  const VectorKernels& vector = context.kernels.vector;
  const auto activate = vector.gated_activation[int(experts.activation)];
  const bool weighs_input = experts.weighting == ExpertWeighting::kInput;

  const auto multiply_rows = [&](int64_t i, Range all, const Workspace& space) {
    const ExpertPlan::Expert expert = plan.active(i);
    const Operand gate_x = for_gate.of(i);
    const Operand up_x = for_up.of(i);
    shape.for_each_tile(all, int64_t(expert.pairs.size()), [&](Range rows, Range cols) {
      const int64_t stride = tile_stride(rows);
      multiply(context, gate, gate_x, {expert.number, rows, cols, space.tile, stride}, space);
      multiply(context, up, up_x, {expert.number, rows, cols, space.second_tile, stride}, space);
      const float* gate_bias = bias_of(experts.gate_bias, expert.number, rows.begin);
      const float* up_bias = bias_of(experts.up_bias, expert.number, rows.begin);
      for (int64_t c = cols.begin; c < cols.end; ++c) {
        const int64_t at = (c - cols.begin) * stride;
        const int32_t pair = expert.pairs[size_t(c)];
        float* to = row_of(out, pair) + rows.begin;
        if (weighs_input) {
          vector.scale(space.tile + at, weights[pair], rows.size());
          vector.scale(space.second_tile + at, weights[pair], rows.size());
        }
        if (gate_bias != nullptr) vector.add(space.tile + at, gate_bias, rows.size());
        if (up_bias != nullptr) vector.add(space.second_tile + at, up_bias, rows.size());
        activate(to, space.tile + at, space.second_tile + at, rows.size());
        if (!weighs_input) vector.scale(to, weights[pair], rows.size());
      }
    });
  };
  const int64_t n_units = units_of(up.n_out());  // of one expert
  context.order.begin_section(context.pool, gate.address(0, 0), kNobodyKnows);
  context.pool.run_shares(plan.n_active() * n_units, shape.grain(), [&](Share units, int thread) {
    while (units.size() > 0) {
      const int64_t i = units.begin / n_units;
      const int64_t first = i * n_units;
      const int64_t end = std::min(units.end, first + n_units);
      multiply_rows(i, rows_of_units(units.begin - first, end - first, up.n_out()),
                    spaces.of(thread));
      units.begin = end;
    }
  });
}

void expert_matmul(Context& context, const Tensor& out, const Tensor& x, const Routing& routing,
                   const ExpertProjection& projection, Store store) {
  if (out.rows() == 0) return;
  const PackedWeight& down = packed(projection.weight);
  RIDGE_DCHECK(down.n_in() == x.cols() && out.cols() == down.n_out());
  RIDGE_DCHECK(x.rows() == out.rows() * routing.top_k());
  const ExpertPlan plan(context, chosen_experts(routing), routing.top_k(), down.n_matrices());
  ExpertOperands operands(plan, down, x, Rows::kPairs);
  operands.fill(context, operand_memory(context, operands.n_bytes()));
  TileShape shape;
  fit(shape, down, plan);
  const Workspaces spaces(context, shape);
  const VectorKernels& vector = context.kernels.vector;
  const float* weights = data_of<float>(routing.weights);

  context.order.begin_section(context.pool, down.address(0, 0), kNobodyKnows);
  context.pool.run_shares(units_of(down.n_out()), shape.grain(), [&](Share units, int thread) {
    const Workspace space = spaces.of(thread);
    const Range all = rows_of_units(units.begin, units.end, down.n_out());
    if (store == Store::kWrite) {
      for (int64_t i = 0; i < out.rows(); ++i) {
        std::fill_n(row_of(out, i) + all.begin, all.size(), 0.0f);
      }
    }
    for (int64_t i = 0; i < plan.n_active(); ++i) {
      const ExpertPlan::Expert expert = plan.active(i);
      const Operand down_x = operands.of(i);
      shape.for_each_tile(all, int64_t(expert.pairs.size()), [&](Range rows, Range cols) {
        const int64_t stride = tile_stride(rows);
        multiply(context, down, down_x, {expert.number, rows, cols, space.tile, stride}, space);
        const float* bias = bias_of(projection.bias, expert.number, rows.begin);
        for (int64_t c = cols.begin; c < cols.end; ++c) {
          float* to = row_of(out, expert.tokens[size_t(c)]) + rows.begin;
          vector.add(to, space.tile + (c - cols.begin) * stride, rows.size());
          if (bias != nullptr) add_scaled(to, bias, weights[expert.pairs[size_t(c)]], rows.size());
        }
      });
    }
  });
}

}  // namespace ridge::cpu
