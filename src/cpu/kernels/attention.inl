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

// Panels of f32: one position of the head after the other.
struct F32Panels {
  static constexpr int kStep = 1;
  const float* at;
  int64_t size;  // floats from one panel to the next
  Float value(int v, int /*in_step*/) const {
    return Lanes::load(at + v / kPanelVectors * size + v % kPanelVectors * Lanes::kWidth);
  }
  F32Panels& operator++() { return at += kPanelKeys, *this; }
};

// Where a tile of scores lies: kRows rows from q and `out`, dim positions of the head.
struct ScoreTile {
  const float* q;
  int64_t q_stride;
  int64_t dim;
  float* out;
  int64_t out_stride;
  bool adds;  // to what lies at `out`: the products of the head's earlier positions
};

template <int kRows, int kPanels, class Panels>
void score_tile(const ScoreTile& tile, Panels panels, Ahead ahead) {
  constexpr int kVectors = kPanels * kPanelVectors;
  const int64_t q_stride = tile.q_stride, out_stride = tile.out_stride;
  Float sums[kRows][kVectors];
  unroll<kRows * kVectors>([&](auto i) __attribute__((always_inline)) {
    const float* from = tile.out + i / kVectors * out_stride + i % kVectors * Lanes::kWidth;
    sums[i / kVectors][i % kVectors] = tile.adds ? Lanes::load(from) : Lanes::zero();
  });
  const float* q = tile.q;
  const float* end = q + tile.dim;
  for (; q != end; q += Panels::kStep, ++panels, ahead.next += ahead.step) {
    __builtin_prefetch(ahead.next);
    unroll<Panels::kStep>([&](auto j) __attribute__((always_inline)) {
      multiply<kRows, kVectors>(
          sums,
          [&](auto row)
              __attribute__((always_inline)) { return Lanes::broadcast(q + j + row * q_stride); },
          [&](auto v) __attribute__((always_inline)) { return panels.value(v, j); });
    });
  }
  unroll<kRows * kVectors>([&](auto i) __attribute__((always_inline)) {
    Lanes::store(tile.out + i / kVectors * out_stride + i % kVectors * Lanes::kWidth,
                 sums[i / kVectors][i % kVectors]);
  });
}

// So many panels at once keep enough sums going.
constexpr int panels_for(int n_rows) {
  return 2 * n_rows * kPanelVectors <= Lanes::kSums ? 2 : 1;
}

template <int kRows>
void score_rows(const ScoresArgs& args, const float* first_panel, int64_t row) {
  constexpr int kPanels = panels_for(kRows);
  const int64_t panel_size = args.dim * kPanelKeys;
  ScoreTile tile{.q = args.q + row * args.q_stride,
                 .q_stride = args.q_stride,
                 .dim = args.dim,
                 .out = args.scores + row * args.scores_stride,
                 .out_stride = args.scores_stride,
                 .adds = false};
  // Only the first rows' loops fetch: others would ask for the same again.
  const bool fetches = args.next != nullptr && row == 0;
  Ahead ahead{reinterpret_cast<const std::byte*>(tile.q), 0};
  if (fetches) ahead = {args.next, args.next_bytes * kPanels / (args.dim * args.n_panels)};
  F32Panels panels{first_panel, panel_size};
  int64_t panel = 0;
  for (; panel + kPanels <= args.n_panels; panel += kPanels) {
    score_tile<kRows, kPanels>(tile, panels, ahead);
    ahead.next += ahead.step * args.dim;
    panels.at += kPanels * panel_size;
    tile.out += kPanels * kPanelKeys;
  }
  for (; panel < args.n_panels; ++panel, panels.at += panel_size, tile.out += kPanelKeys) {
    score_tile<kRows, 1>(tile, panels, ahead);
  }
}

void scores(const ScoresArgs& args, const float* panels) {
  for_row_groups(args.n_rows, [&](auto rows, int64_t first) {
    score_rows<decltype(rows)::value>(args, panels, first);
  });
}

// Two panels' next positions of the head, transposed in the cache's own type by Keys: at most
// Keys::kBlock positions, Keys::kStep by Keys::kStep.
template <class Keys>
struct DirectPanels {
  alignas(64) std::byte bytes[2][Keys::kBlock * Keys::kPositionBytes];

  // Half of what is to be fetched is asked for here, the other half by the products.
  void fill(const std::byte* const* keys, int64_t n_panels, int64_t begin, int64_t size,
            Ahead ahead) {
    for (int64_t p = 0; p < n_panels; ++p, keys += kPanelKeys) {
      for (int64_t i = 0; i < size; i += Keys::kStep, ahead.next += ahead.step) {
        for (int64_t line = 0; line < ahead.step; line += 64) __builtin_prefetch(ahead.next + line);
        Keys::transpose(bytes[p] + i * Keys::kPositionBytes, keys, begin + i);
      }
    }
  }
};

template <class Keys, int kRows>
void score_directly(ScoreTile tile, const DirectPanels<Keys>& panels, int64_t n_panels,
                    Ahead ahead) {
  constexpr int kPanels = panels_for(kRows);
  if (kPanels == 2 && n_panels == 2) {
    score_tile<kRows, kPanels>(tile, typename Keys::Panels{panels.bytes[0]}, ahead);
    return;
  }
  for (int64_t p = 0; p < n_panels; ++p, tile.out += kPanelKeys) {
    score_tile<kRows, 1>(tile, typename Keys::Panels{panels.bytes[p]}, ahead);
    ahead.next += ahead.step * tile.dim;
  }
}

template <class Keys>
void direct_scores(const ScoresArgs& args, const std::byte* const* keys) {
  DirectPanels<Keys> panels;
  const std::byte* next = args.next;
  for (int64_t panel = 0; panel < args.n_panels; panel += 2) {
    const int64_t n_panels = args.n_panels - panel < 2 ? 1 : 2;
    for (int64_t begin = 0; begin < args.dim; begin += Keys::kBlock) {
      const int64_t left = args.dim - begin, size = left < Keys::kBlock ? left : Keys::kBlock;
      const int64_t half = args.next_bytes * n_panels * size / (2 * args.n_panels * args.dim);
      const bool fetches = next != nullptr;
      panels.fill(keys + panel * kPanelKeys, n_panels, begin, size,
                  fetches ? Ahead{next, half * Keys::kStep / (n_panels * size)} : Ahead{});
      for_row_groups(args.n_rows, [&](auto rows, int64_t row) {
        constexpr int kRows = decltype(rows)::value;
        const ScoreTile tile{.q = args.q + row * args.q_stride + begin,
                             .q_stride = args.q_stride,
                             .dim = size,
                             .out = args.scores + row * args.scores_stride + panel * kPanelKeys,
                             .out_stride = args.scores_stride,
                             .adds = begin > 0};
        Ahead ahead{reinterpret_cast<const std::byte*>(tile.q), 0};
        if (fetches && row == 0) {
          const int64_t n_tiles = panels_for(kRows) == 2 ? 1 : n_panels;
          ahead = {next + half, half * Keys::Panels::kStep / (n_tiles * size)};
        }
        score_directly<Keys, kRows>(tile, panels, n_panels, ahead);
      });
      if (fetches) next += 2 * half;
    }
  }
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
