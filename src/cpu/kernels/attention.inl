// The products of attention, written once over `Lanes`: a vector of floats with its few operations,
// and the readers F32, F16 and Q8_0 of a row's values. Scores keep up to 6 rows × 1 panel (or 3 ×
// 2) in registers, weighted sums up to 6 rows × 2 vectors; every register is one chain of fused
// multiply-adds, along the head or over the positions.

namespace ridge::cpu {
namespace {

using Float = Lanes::Float;
constexpr int kPanelVectors = kPanelKeys / Lanes::kWidth;

// Cuts n rows into groups of at most 6 and calls fn(group size, first row). Seven are four and
// three: one row alone would keep too few chains in flight.
template <class Fn>
[[gnu::always_inline]] inline void for_row_groups(int64_t n, Fn fn) {
  int64_t row = 0;
  for (; n - row >= 6 && n - row != 7; row += 6) fn(Index<6>(), row);
  switch (n - row) {
    case 7:
      fn(Index<4>(), row);
      return fn(Index<3>(), row + 4);
    case 5:
      return fn(Index<5>(), row);
    case 4:
      return fn(Index<4>(), row);
    case 3:
      return fn(Index<3>(), row);
    case 2:
      return fn(Index<2>(), row);
    case 1:
      return fn(Index<1>(), row);
    default:
      return;
  }
}

// sums[i][j] += left(i) * right(j). The shorter side waits in registers and the other passes by.
template <int kLeft, int kRight, class Left, class Right>
[[gnu::always_inline]] inline void multiply(Float (&sums)[kLeft][kRight], Left left, Right right) {
  if constexpr (kLeft <= kRight) {
    Float x[kLeft];
    unroll<kLeft>([&](auto i) __attribute__((always_inline)) { x[i] = left(i); });
    unroll<kRight>([&](auto j) __attribute__((always_inline)) {
      const Float y = right(j);
      unroll<kLeft>([&](auto i) __attribute__((always_inline)) {
        sums[i][j] = Lanes::fma(x[i], y, sums[i][j]);
      });
    });
  } else {
    Float y[kRight];
    unroll<kRight>([&](auto j) __attribute__((always_inline)) { y[j] = right(j); });
    unroll<kLeft>([&](auto i) __attribute__((always_inline)) {
      const Float x = left(i);
      unroll<kRight>([&](auto j) __attribute__((always_inline)) {
        sums[i][j] = Lanes::fma(x, y[j], sums[i][j]);
      });
    });
  }
}

// What a loop fetches: `step` bytes further each time round. With a step of 0 it is the same line
// again and again, which costs next to nothing.
struct Ahead {
  const std::byte* next;
  int64_t step;
};

template <int kRows, int kPanels>
void score_tile(const ScoresArgs& args, const float* q, const float* panel, float* out,
                Ahead ahead) {
  constexpr int kVectors = kPanels * kPanelVectors;
  const int64_t q_stride = args.q_stride, panel_size = args.dim * kPanelKeys;
  Float sums[kRows][kVectors];
  unroll<kRows * kVectors>([&](auto i) __attribute__((always_inline)) {
    sums[i / kVectors][i % kVectors] = Lanes::zero();
  });
  const float* end = q + args.dim;
  for (; q != end; ++q, panel += kPanelKeys, ahead.next += ahead.step) {
    __builtin_prefetch(ahead.next);
    multiply<kRows, kVectors>(
        sums,
        [&](auto row)
            __attribute__((always_inline)) { return Lanes::broadcast(q + row * q_stride); },
        [&](auto v) __attribute__((always_inline)) {
          return Lanes::load(panel + v / kPanelVectors * panel_size +
                             v % kPanelVectors * Lanes::kWidth);
        });
  }
  unroll<kRows>([&](auto row) __attribute__((always_inline)) {
    float* to = out + row * args.scores_stride;
    unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      Lanes::store(to + v * Lanes::kWidth, sums[row][v]);
    });
  });
}

template <int kRows>
void score_rows(const ScoresArgs& args, int64_t row) {
  constexpr int kPanels = 2 * kRows * kPanelVectors <= Lanes::kSums ? 2 : 1;
  const float* q = args.q + row * args.q_stride;
  float* out = args.scores + row * args.scores_stride;
  const int64_t panel_size = args.dim * kPanelKeys;
  // Only the first rows' loops fetch: others would ask for the same again.
  const bool fetches = args.next != nullptr && row == 0;
  Ahead ahead{reinterpret_cast<const std::byte*>(q), 0};
  if (fetches) ahead = {args.next, args.next_bytes * kPanels / (args.dim * args.n_panels)};
  int64_t panel = 0;
  for (; panel + kPanels <= args.n_panels; panel += kPanels) {
    score_tile<kRows, kPanels>(args, q, args.panels + panel * panel_size, out + panel * kPanelKeys,
                               ahead);
    ahead.next += ahead.step * args.dim;
  }
  for (; panel < args.n_panels; ++panel) {
    score_tile<kRows, 1>(args, q, args.panels + panel * panel_size, out + panel * kPanelKeys,
                         ahead);
  }
}

void scores(const ScoresArgs& args) {
  for_row_groups(args.n_rows,
                 [&](auto rows, int64_t first) { score_rows<decltype(rows)::value>(args, first); });
}

template <class Element, int kRows, int kVectors>
void accumulate_tile(const AccumulateArgs& args, const float* weights, int64_t i, float* sum,
                     Ahead ahead) {
  constexpr int kStepVectors = Element::kStep / Lanes::kWidth;
  constexpr int kInStep = kVectors < kStepVectors ? kVectors : kStepVectors;
  const int64_t weights_stride = args.weights_stride, sum_stride = args.sum_stride;
  Float sums[kRows][kVectors];
  unroll<kRows * kVectors>([&](auto j) __attribute__((always_inline)) {
    sums[j / kVectors][j % kVectors] =
        Lanes::load(sum + j / kVectors * sum_stride + j % kVectors * Lanes::kWidth);
  });
  const std::byte* values = args.v;
  const float* end = weights + args.n_keys;
  for (; weights != end; ++weights, values += args.v_stride, ahead.next += ahead.step) {
    __builtin_prefetch(ahead.next);
    typename Element::Step steps[kVectors / kInStep];
    unroll<kVectors / kInStep>([&](auto s) __attribute__((always_inline)) {
      steps[s] = Element::at(values, i + s * kInStep * Lanes::kWidth);
    });
    multiply<kRows, kVectors>(
        sums,
        [&](auto row) __attribute__((always_inline)) {
          return Lanes::broadcast(weights + row * weights_stride);
        },
        [&](auto j) __attribute__((always_inline)) { return steps[j / kInStep][j % kInStep]; });
  }
  unroll<kRows * kVectors>([&](auto j) __attribute__((always_inline)) {
    Lanes::store(sum + j / kVectors * sum_stride + j % kVectors * Lanes::kWidth,
                 sums[j / kVectors][j % kVectors]);
  });
}

// The power of two of vectors that keeps kRows rows in registers.
constexpr int vectors_for(int n_rows) {
  int n = 1;
  while (n < 8 && 2 * n * n_rows <= Lanes::kSums) n *= 2;
  return n;
}

template <class Element, int kRows>
void accumulate_rows(const AccumulateArgs& args, int64_t row) {
  constexpr int kVectors = vectors_for(kRows);
  constexpr int kRest = kValueStep / Lanes::kWidth;
  const float* weights = args.weights + row * args.weights_stride;
  float* sum = args.sum + row * args.sum_stride;
  const bool fetches = args.next != nullptr && row == 0;
  const auto ahead = [&](int64_t at) -> Ahead {
    if (!fetches) return {reinterpret_cast<const std::byte*>(weights), 0};
    return {args.next + at * args.next_stride / args.dim, args.next_stride};
  };
  int64_t i = 0;
  for (; i + kVectors * Lanes::kWidth <= args.dim; i += kVectors * Lanes::kWidth) {
    accumulate_tile<Element, kRows, kVectors>(args, weights, i, sum + i, ahead(i));
  }
  for (; i < args.dim; i += kValueStep) {
    accumulate_tile<Element, kRows, kRest>(args, weights, i, sum + i, ahead(i));
  }
}

template <class Element>
void accumulate(const AccumulateArgs& args) {
  for_row_groups(args.n_rows, [&](auto rows, int64_t first) {
    accumulate_rows<Element, decltype(rows)::value>(args, first);
  });
}

}  // namespace
}  // namespace ridge::cpu
