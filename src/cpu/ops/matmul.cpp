// One call quantises x once for each form that its weights want, then every member of the pool does
// its share of the rows of all weights against all columns.
#include "cpu/ops/matmul.h"

#include <algorithm>
#include <array>

#include "cpu/cpu_buffer.h"
#include "cpu/kernels/activation.h"
#include "cpu/ops/column_tiles.h"
#include "cpu/packed_weight.h"

namespace ridge::cpu {
namespace {

constexpr int64_t kUnitRows = 16;   // rows are cut here: a whole number of groups at every level
constexpr int64_t kFewColumns = 4;  // so many go through the weights in one pass
constexpr int64_t kDecodeRows = 256;
// With many columns, a block of rows is read once a pass: it must stay in the second-level cache.
constexpr size_t kBlockBytes = size_t{192} << 10;
constexpr int64_t kTileFloats = 8192;
constexpr size_t kLine = 64;

size_t round_up(size_t n, size_t unit) {
  return (n + unit - 1) / unit * unit;
}

// x in one form, all columns.
struct Columns {
  const uint8_t* data = nullptr;
  size_t stride = 0;  // bytes
  int64_t n = 0;
};
struct ColumnForms {
  std::array<Columns, kActivationFormats> columns;
  std::array<ColumnTiles, kActivationFormats> tiles;
};

// Which forms of x the weights of a call take.
struct Wanted {
  std::array<bool, kActivationFormats> columns{};
  std::array<bool, kActivationFormats> tiles{};
};

bool takes_panels(const PackedWeight& weight, int64_t n_cols) {
  const MatmulFormat& format = weight.format();
  return format.multiply_panels != nullptr && n_cols >= format.min_panel_columns;
}

void want(Wanted& wanted, const PackedWeight& weight, int64_t n_cols) {
  auto& forms = takes_panels(weight, n_cols) ? wanted.tiles : wanted.columns;
  forms[size_t(weight.format().activation)] = true;
}

size_t column_bytes(ActivationFormat format, int64_t n_in) {
  switch (format) {
    case ActivationFormat::kF32:
      return size_t(n_in) * sizeof(float);
    case ActivationFormat::kBlock32:
      return Block32{n_in}.bytes();
    case ActivationFormat::kBlock256:
      return Block256{n_in}.bytes();
  }
  return 0;
}

const PackedWeight& packed(const Weight& weight) {
  return static_cast<const PackedWeight&>(weight);
}

// Calls fn(i) for each of n columns or tiles on all members of the pool.
template <class Fn>
void for_each_on_pool(Context& context, int64_t n, const Fn& fn) {
  context.pool.run([&](int thread) {
    const Share share = share_of(n, thread, context.pool.size());
    for (int64_t i = share.begin; i < share.end; ++i) fn(i);
  });
}

void fill_columns(Context& context, ActivationFormat format, const Tensor& x,
                  const Columns& columns, uint8_t* at) {
  const auto quantize = context.kernels.matmul.quantize[int(format)];
  const auto fill = [&](int64_t c) {
    quantize(data_of<float>(x) + c * x.stride[0], x.cols(), at + size_t(c) * columns.stride);
  };
  if (columns.n > kFewColumns) return for_each_on_pool(context, columns.n, fill);
  for (int64_t c = 0; c < columns.n; ++c) fill(c);  // microseconds: not worth a section of its own
}

// Fills the forms that `wanted` marks. The f32 form is x itself.
ColumnForms make_forms(Context& context, const Tensor& x, const Wanted& wanted) {
  const int64_t n = x.rows();
  const int64_t n_in = x.cols();
  ColumnForms forms;
  forms.columns[int(ActivationFormat::kF32)] = {reinterpret_cast<const uint8_t*>(data_of<float>(x)),
                                                size_t(x.stride[0]) * sizeof(float), n};
  size_t total = 0;
  for (size_t f = 1; f < size_t(kActivationFormats); ++f) {
    const auto format = ActivationFormat(f);
    if (wanted.columns[f]) {
      forms.columns[f] = {.stride = round_up(column_bytes(format, n_in), kLine), .n = n};
      total += forms.columns[f].stride * size_t(n);
    }
    if (wanted.tiles[f]) {
      forms.tiles[f] = ColumnTiles(format, n, n_in);
      total += forms.tiles[f].n_bytes();
    }
  }
  if (total == 0) return forms;
  uint8_t* at = reinterpret_cast<uint8_t*>(context.scratch.get(ScratchSlot::kActivations, total));
  for (size_t f = 1; f < size_t(kActivationFormats); ++f) {
    if (wanted.columns[f]) {
      forms.columns[f].data = at;
      fill_columns(context, ActivationFormat(f), x, forms.columns[f], at);
      at += forms.columns[f].stride * size_t(n);
    }
    if (wanted.tiles[f]) {
      ColumnTiles& tiles = forms.tiles[f];
      tiles.place_at(at);
      for_each_on_pool(context, tiles.n_tiles(),
                       [&](int64_t t) { tiles.fill(context.kernels.matmul, t, x, {}); });
      at += tiles.n_bytes();
    }
  }
  return forms;
}

struct Range {
  int64_t begin;
  int64_t end;
};

// Rows that a member takes of weight i when all weights' bytes are split evenly, in units of
// kUnitRows: members' ranges cover every row once.
class RowSplit {
 public:
  explicit RowSplit(int n_threads) : n_threads_(n_threads) {}
  void add(const PackedWeight& weight) { total_ += cost(weight); }

  // The weights are asked for in the order of add(); `before` is what the earlier ones cost.
  Range rows_of(const PackedWeight& weight, double before, int thread) const {
    return {cut(weight, before, thread), cut(weight, before, thread + 1)};
  }
  static double cost(const PackedWeight& weight) {
    return double(weight.n_bytes()) / double(weight.n_matrices());
  }

 private:
  int64_t cut(const PackedWeight& weight, double before, int thread) const {
    if (thread == n_threads_) return weight.n_out();
    const int64_t n_units = (weight.n_out() + kUnitRows - 1) / kUnitRows;
    const double share = total_ * thread / n_threads_ - before;
    const int64_t units = int64_t(share / cost(weight) * double(n_units) + 0.5);
    return std::min(std::clamp<int64_t>(units, 0, n_units) * kUnitRows, weight.n_out());
  }

  int n_threads_;
  double total_ = 0;
};

// Memory of one member of the pool.
struct Workspace {
  float* tile;
  float* second_tile;
  float* panel;  // a group decoded to f32, and one row before it is put in place; or kPanelBytes
};

// What the weights of a call need of it.
struct WorkspaceSize {
  size_t tile_floats = size_t(kTileFloats);
  size_t panel_floats = 0;

  void make_room_for(const PackedWeight& weight, int64_t n_cols) {
    if (takes_panels(weight, n_cols)) {
      const auto columns = size_t(std::min(n_cols, ColumnTiles::kChunkColumns) + 1);
      tile_floats = std::max(tile_floats, round_up(size_t(kPanelRows) * columns, kLine));
      panel_floats = std::max(panel_floats, kPanelBytes / sizeof(float));
    } else if (!weight.format().multiply) {
      const auto rows = size_t(weight.format().group_rows + 1);
      panel_floats = std::max(panel_floats, size_t(weight.n_in()) * rows);
    }
  }
};

class Workspaces {
 public:
  Workspaces(Context& context, const WorkspaceSize& size)
      : tile_floats_(size.tile_floats),
        floats_(round_up(2 * size.tile_floats + size.panel_floats, kLine / sizeof(float))),
        base_(reinterpret_cast<float*>(context.scratch.get(
            ScratchSlot::kTiles, floats_ * sizeof(float) * size_t(context.pool.size())))) {}
  Workspace of(int thread) const {
    float* at = base_ + size_t(thread) * floats_;
    return {at, at + tile_floats_, at + 2 * tile_floats_};
  }

 private:
  size_t tile_floats_;
  size_t floats_;
  float* base_;
};

// Where a run of rows and columns of the product goes: (row, column) at out[column * stride + row].
struct Block {
  Range rows;
  Range cols;
  float* out;
  int64_t stride;
  int64_t matrix = 0;
};

// For a type without kernels of its own: each group is decoded to f32, transposed, and multiplied.
void multiply_decoded(const MatmulKernels& kernels, const PackedWeight& weight, MultiplyArgs args,
                      float* panel) {
  const DTypeInfo& type = info(weight.dtype());
  const int group_rows = weight.format().group_rows;
  const int64_t n_in = weight.n_in();
  const size_t row_size = args.group_bytes / size_t(group_rows);
  float* row = panel + n_in * group_rows;
  const uint8_t* at = args.weights;
  MultiplyArgs decoded = args;
  decoded.weights = reinterpret_cast<const uint8_t*>(panel);
  decoded.group_bytes = size_t(n_in * group_rows) * sizeof(float);
  decoded.n_groups = 1;
  for (int64_t g = 0; g < args.n_groups; ++g, decoded.out += group_rows) {
    for (int r = 0; r < group_rows; ++r, at += row_size) {
      type.decode(reinterpret_cast<const std::byte*>(at), row, n_in);
      for (int64_t k = 0; k < n_in; ++k) panel[k * group_rows + r] = row[k];
    }
    kernels.formats[int(DType::kF32)].multiply(DType::kF32, decoded);
  }
}

// The columns of a block are those of a chunk of tiles.
void multiply_by_panels(const PackedWeight& weight, const ColumnForms& forms, const Block& block,
                        const Workspace& space) {
  const MatmulFormat& format = weight.format();
  const ColumnTiles& tiles = forms.tiles[size_t(format.activation)];
  const int64_t first_group = block.rows.begin / format.group_rows;
  const int64_t end_group = (block.rows.end + format.group_rows - 1) / format.group_rows;
  format.multiply_panels({.weights = weight.group(first_group, block.matrix),
                          .group_bytes = weight.group_bytes(),
                          .n_groups = end_group - first_group,
                          .n_in = weight.n_in(),
                          .tiles = tiles.chunk(block.cols.begin),
                          .n_cols = block.cols.end - block.cols.begin,
                          .out = block.out,
                          .out_stride = block.stride,
                          .panel = reinterpret_cast<uint8_t*>(space.panel)});
}

// Rows past n_out that complete the last group are written too.
void multiply_block(const Context& context, const PackedWeight& weight, const ColumnForms& forms,
                    const Block& block, const Workspace& space) {
  if (takes_panels(weight, forms.columns[0].n)) {
    return multiply_by_panels(weight, forms, block, space);
  }
  const MatmulFormat& format = weight.format();
  const Columns& x = forms.columns[size_t(format.activation)];
  const int64_t first_group = block.rows.begin / format.group_rows;
  const int64_t end_group = (block.rows.end + format.group_rows - 1) / format.group_rows;
  const MultiplyArgs args{.weights = weight.group(first_group, block.matrix),
                          .group_bytes = weight.group_bytes(),
                          .n_groups = end_group - first_group,
                          .n_in = weight.n_in(),
                          .x_format = format.activation,
                          .x = x.data + size_t(block.cols.begin) * x.stride,
                          .x_stride = x.stride,
                          .n_cols = block.cols.end - block.cols.begin,
                          .out = block.out,
                          .out_stride = block.stride};
  if (format.multiply) {
    format.multiply(weight.dtype(), args);
  } else {
    multiply_decoded(context.kernels.matmul, weight, args, space.panel);
  }
}

// Rows that one pass over the columns should take at a time.
int64_t rows_at_a_time(const PackedWeight& weight, int64_t n_cols) {
  if (takes_panels(weight, n_cols)) return kPanelRows;
  if (n_cols <= kFewColumns) return kDecodeRows;
  const size_t unit_bytes = weight.group_bytes() / size_t(weight.format().group_rows) * kUnitRows;
  return std::clamp<int64_t>(int64_t(kBlockBytes / unit_bytes), 1, 8) * kUnitRows;
}

// Calls fn(part) for parts of `step` that cover `whole`.
template <class Fn>
void for_each_part(Range whole, int64_t step, const Fn& fn) {
  for (int64_t i = whole.begin; i < whole.end; i += step) {
    fn(Range{i, std::min(i + step, whole.end)});
  }
}

// A tile's columns lie this far apart: a whole number of groups.
int64_t tile_stride(Range rows) {
  return int64_t(round_up(size_t(rows.end - rows.begin), size_t(kUnitRows)));
}

// Columns that a tile of these rows should take at a time.
int64_t columns_at_a_time(const PackedWeight& weight, Range rows, int64_t n_cols) {
  if (takes_panels(weight, n_cols)) return ColumnTiles::kChunkColumns;
  return kTileFloats / tile_stride(rows);
}

float* row_of(const Tensor& t, int64_t row) {
  return data_of<float>(t) + row * t.stride[0];
}

void store_tile(const Projection& projection, Store store, Range rows, Range cols,
                const float* tile) {
  const float* bias = projection.bias ? data_of<float>(projection.bias) + rows.begin : nullptr;
  const int64_t n = rows.end - rows.begin;
  for (int64_t c = cols.begin; c < cols.end; ++c, tile += tile_stride(rows)) {
    float* out = row_of(projection.out, c) + rows.begin;
    for (int64_t i = 0; i < n; ++i) {
      const float value = bias ? tile[i] + bias[i] : tile[i];
      out[i] = store == Store::kAdd ? out[i] + value : value;
    }
  }
}

void project_rows(const Context& context, const Projection& projection, const ColumnForms& forms,
                  Range rows, Store store, const Workspace& space) {
  const PackedWeight& weight = packed(*projection.weight);
  const int64_t n_cols = projection.out.rows();
  const bool panels = takes_panels(weight, n_cols);
  for_each_part(rows, rows_at_a_time(weight, n_cols), [&](Range block) {
    const bool whole_groups = (block.end - block.begin) % weight.format().group_rows == 0;
    if (store == Store::kWrite && !projection.bias && whole_groups && !panels) {
      multiply_block(context, weight, forms,
                     {.rows = block,
                      .cols = {0, n_cols},
                      .out = data_of<float>(projection.out) + block.begin,
                      .stride = projection.out.stride[0],
                      .matrix = projection.matrix},
                     space);
      return;
    }
    for_each_part({0, n_cols}, columns_at_a_time(weight, block, n_cols), [&](Range cols) {
      multiply_block(context, weight, forms,
                     {block, cols, space.tile, tile_stride(block), projection.matrix}, space);
      store_tile(projection, store, block, cols, space.tile);
    });
  });
}

}  // namespace

void matmul(Context& context, const Tensor& x, std::span<const Projection> projections,
            Store store) {
  if (x.rows() == 0) return;
  Wanted wanted;
  WorkspaceSize size;
  RowSplit split(context.pool.size());
  for (const Projection& projection : projections) {
    const PackedWeight& weight = packed(*projection.weight);
    RIDGE_DCHECK(weight.n_in() == x.cols() && projection.out.cols() == weight.n_out());
    RIDGE_DCHECK(projection.out.rows() == x.rows());
    want(wanted, weight, x.rows());
    size.make_room_for(weight, x.rows());
    split.add(weight);
  }
  const ColumnForms forms = make_forms(context, x, wanted);
  const Workspaces spaces(context, size);
  context.pool.run([&](int thread) {
    const Workspace space = spaces.of(thread);
    double before = 0;
    for (const Projection& projection : projections) {
      const PackedWeight& weight = packed(*projection.weight);
      const Range rows = split.rows_of(weight, before, thread);
      before += RowSplit::cost(weight);
      project_rows(context, projection, forms, rows, store, space);
    }
  });
}

void gated_matmul(Context& context, const Tensor& out, const Tensor& x, const Weight& gate,
                  const Weight& up, Activation activation) {
  if (x.rows() == 0) return;
  const PackedWeight& gate_weight = packed(gate);
  const PackedWeight& up_weight = packed(up);
  RIDGE_DCHECK(gate.n_in() == x.cols() && up.n_in() == x.cols());
  RIDGE_DCHECK(gate.n_out() == up.n_out() && out.cols() == up.n_out());
  const int64_t n_cols = x.rows();
  Wanted wanted;
  WorkspaceSize size;
  for (const PackedWeight* weight : {&gate_weight, &up_weight}) {
    want(wanted, *weight, n_cols);
    size.make_room_for(*weight, n_cols);
  }
  RowSplit split(context.pool.size());
  split.add(up_weight);
  const ColumnForms forms = make_forms(context, x, wanted);
  const Workspaces spaces(context, size);
  const int64_t row_step =
      std::min(rows_at_a_time(gate_weight, n_cols), rows_at_a_time(up_weight, n_cols));
  const auto activate = context.kernels.vector.gated_activation[int(activation)];
  context.pool.run([&](int thread) {
    const Workspace space = spaces.of(thread);
    const Range rows = split.rows_of(up_weight, 0, thread);
    for_each_part(rows, row_step, [&](Range block) {
      const int64_t column_step = std::max(columns_at_a_time(gate_weight, block, n_cols),
                                           columns_at_a_time(up_weight, block, n_cols));
      for_each_part({0, n_cols}, column_step, [&](Range cols) {
        const int64_t stride = tile_stride(block);
        multiply_block(context, gate_weight, forms, {block, cols, space.tile, stride}, space);
        multiply_block(context, up_weight, forms, {block, cols, space.second_tile, stride}, space);
        for (int64_t c = cols.begin; c < cols.end; ++c) {
          const int64_t at = (c - cols.begin) * stride;
          activate(row_of(out, c) + block.begin, space.tile + at, space.second_tile + at,
                   block.end - block.begin);
        }
      });
    });
  });
}

}  // namespace ridge::cpu
