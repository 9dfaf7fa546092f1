// The products of attention in int16, written once over `Words`: a vector of pairs of words whose
// products with another's pairs are added to sums of 32 bits.

namespace ridge::cpu {
namespace {

using Int = Words::Int;
constexpr int kPanelVectors = kPanelKeys / Words::kWidth;

// Cuts n rows into groups of at most Words::kRows and calls fn(group size, first row).
template <class Fn>
[[gnu::always_inline]] inline void for_row_groups(int64_t n, Fn fn) {
  constexpr int kRows = Words::kRows;
  int64_t row = 0;
  for (; n - row >= kRows && n - row != 8; row += kRows) fn(Index<kRows>(), row);
  for (; n - row >= 4; row += 4) fn(Index<4>(), row);
  for (; n - row >= 2; row += 2) fn(Index<2>(), row);
  if (row < n) fn(Index<1>(), row);
}

// sums[i][j] += left(i)·right(j)
template <int kLeft, int kRight, class Left, class Right>
[[gnu::always_inline]] inline void multiply(Int (&sums)[kLeft][kRight], Left left, Right right) {
  Int y[kRight];
  unroll<kRight>([&](auto j) __attribute__((always_inline)) { y[j] = right(j); });
  unroll<kLeft>([&](auto i) __attribute__((always_inline)) {
    const Int x = left(i);
    unroll<kRight>([&](auto j) __attribute__((always_inline)) {
      sums[i][j] = Words::multiply_add(sums[i][j], x, y[j]);
    });
  });
}

template <int kRows, int kPanels>
void score_tile(const Int16ScoresArgs& args, int64_t row, int64_t panel) {
  constexpr int kVectors = kPanels * kPanelVectors;
  const int64_t q_stride = args.q_stride, panel_size = args.dim * kPanelKeys;
  const int16_t* q = args.q + row * q_stride;
  const int16_t* keys = args.panels + panel * panel_size;
  Int sums[kRows][kVectors];
  unroll<kRows * kVectors>([&](auto i) __attribute__((always_inline)) {
    sums[i / kVectors][i % kVectors] = Words::zero();
  });
  for (const int16_t* end = q + args.dim; q != end; q += 2, keys += 2 * kPanelKeys) {
    multiply<kRows, kVectors>(
        sums,
        [&](auto i) __attribute__((always_inline)) { return Words::broadcast(q + i * q_stride); },
        [&](auto j) __attribute__((always_inline)) {
          return Words::load(keys + j / kPanelVectors * panel_size +
                             j % kPanelVectors * 2 * Words::kWidth);
        });
  }
  const float* scales = args.key_scales + panel * kPanelKeys;
  float* out = args.scores + row * args.scores_stride + panel * kPanelKeys;
  unroll<kRows>([&](auto i) __attribute__((always_inline)) {
    unroll<kVectors>([&](auto j) __attribute__((always_inline)) {
      Words::store_scaled(out + i * args.scores_stride + j * Words::kWidth, sums[i][j],
                          args.q_scales[row + i], scales + j * Words::kWidth);
    });
  });
}

template <int kRows>
void score_rows(const Int16ScoresArgs& args, int64_t row) {
  constexpr int kPanels = 2 * kRows * kPanelVectors <= Words::kSums ? 2 : 1;
  int64_t panel = 0;
  for (; panel + kPanels <= args.n_panels; panel += kPanels) {
    score_tile<kRows, kPanels>(args, row, panel);
  }
  if constexpr (kPanels > 1) {
    if (panel < args.n_panels) score_tile<kRows, 1>(args, row, panel);
  }
}

void scores(const Int16ScoresArgs& args) {
  for_row_groups(args.n_rows,
                 [&](auto rows, int64_t first) { score_rows<decltype(rows)::value>(args, first); });
}

template <int kRows, int kVectors>
void accumulate_tile(const Int16AccumulateArgs& args, int64_t row, int64_t i) {
  const int64_t weights_stride = args.weights_stride, sums_stride = args.sums_stride;
  const int16_t* weights = args.weights + row * weights_stride;
  const int16_t* values = args.pairs + 2 * i;
  int32_t* out = args.sums + row * sums_stride + i;
  Int sums[kRows][kVectors];
  unroll<kRows * kVectors>([&](auto j) __attribute__((always_inline)) {
    sums[j / kVectors][j % kVectors] =
        Words::load(out + j / kVectors * sums_stride + j % kVectors * Words::kWidth);
  });
  for (const int16_t* end = weights + 2 * args.n_pairs; weights != end;
       weights += 2, values += 2 * args.dim) {
    multiply<kRows, kVectors>(
        sums,
        [&](auto r) __attribute__((always_inline)) {
          return Words::broadcast(weights + r * weights_stride);
        },
        [&](auto j)
            __attribute__((always_inline)) { return Words::load(values + j * 2 * Words::kWidth); });
  }
  unroll<kRows * kVectors>([&](auto j) __attribute__((always_inline)) {
    Words::store(out + j / kVectors * sums_stride + j % kVectors * Words::kWidth,
                 sums[j / kVectors][j % kVectors]);
  });
}

template <int kRows>
void accumulate_rows(const Int16AccumulateArgs& args, int64_t row) {
  constexpr int kVectors = kRows * 4 <= Words::kSums ? 4 : 2;
  constexpr int kRest = kValueStep / Words::kWidth;
  int64_t i = 0;
  for (; i + kVectors * Words::kWidth <= args.dim; i += kVectors * Words::kWidth) {
    accumulate_tile<kRows, kVectors>(args, row, i);
  }
  for (; i < args.dim; i += kValueStep) accumulate_tile<kRows, kRest>(args, row, i);
}

void accumulate(const Int16AccumulateArgs& args) {
  for_row_groups(args.n_rows, [&](auto rows, int64_t first) {
    accumulate_rows<decltype(rows)::value>(args, first);
  });
}

}  // namespace
}  // namespace ridge::cpu
