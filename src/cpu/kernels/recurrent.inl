// The kernels of recurrent layers, written once over `Lanes`: a vector of floats with its few
// operations. The pass that updates a panel with one token already adds up what the next one's key
// finds in it, so that each element is read and written once a token.

namespace ridge::cpu {
namespace {

using Float = Lanes::Float;
constexpr int kColumnVectors = int(kDeltaColumns) / Lanes::kWidth;
// Rows of the panel that are in work at once: two sums of each column and row must cover the
// latency of their multiply-adds.
constexpr int kDeltaRows = kColumnVectors >= 4 ? 2 : 4 / kColumnVectors;
constexpr int kDeltaSums = kDeltaRows * kColumnVectors;

using Columns = Float[kColumnVectors];
using Sums = Float[kDeltaSums];  // [kDeltaRows][kColumnVectors]

[[gnu::always_inline]] inline void clear(Sums& sums) {
  unroll<kDeltaSums>([&](auto i) __attribute__((always_inline)) { sums[i] = Lanes::zero(); });
}

// The sum over rows.
[[gnu::always_inline]] inline void add_rows(const Sums& sums, Columns& out) {
  unroll<kColumnVectors>([&](auto c) __attribute__((always_inline)) {
    out[c] = sums[c];
    unroll<kDeltaRows - 1>([&](auto r) __attribute__((always_inline)) {
      out[c] = Lanes::add(out[c], sums[(r + 1) * kColumnVectors + c]);
    });
  });
}

// known = Σ_i panel[i] k[i]
[[gnu::always_inline]] inline void look_up(const float* panel, const float* k, int64_t k_dim,
                                           Columns& known) {
  Sums sums;
  clear(sums);
  for (int64_t i = 0; i < k_dim; i += kDeltaRows) {
    unroll<kDeltaSums>([&](auto j) __attribute__((always_inline)) {
      const Float s = Lanes::load(panel + i * kDeltaColumns + j * Lanes::kWidth);
      sums[j] = Lanes::fma(s, Lanes::broadcast(k + i + j / kColumnVectors), sums[j]);
    });
  }
  add_rows(sums, known);
}

struct Token {
  const float* q;
  const float* k;
  const float* next_k;  // of the token after it
};

// panel[i] = decay panel[i] + k[i] d; out = Σ_i panel[i] q[i]; known = Σ_i panel[i] next_k[i]
template <class LooksUp>
[[gnu::always_inline]] inline void update(float* panel, const Token& token, int64_t k_dim,
                                          Float decay, const Columns& d, Columns& out,
                                          Columns& known, LooksUp) {
  Sums out_sums, known_sums;
  clear(out_sums);
  clear(known_sums);
  for (int64_t i = 0; i < k_dim; i += kDeltaRows) {
    unroll<kDeltaRows>([&](auto r) __attribute__((always_inline)) {
      const Float k = Lanes::broadcast(token.k + i + r);
      const Float q = Lanes::broadcast(token.q + i + r);
      const Float next_k = Lanes::broadcast(token.next_k + i + r);
      unroll<kColumnVectors>([&](auto c) __attribute__((always_inline)) {
        float* at = panel + (i + r) * kDeltaColumns + c * Lanes::kWidth;
        const Float s = Lanes::fma(k, d[c], Lanes::mul(decay, Lanes::load(at)));
        Lanes::store(at, s);
        constexpr int kSum = r.value * kColumnVectors + c.value;
        out_sums[kSum] = Lanes::fma(s, q, out_sums[kSum]);
        if constexpr (LooksUp::value) known_sums[kSum] = Lanes::fma(s, next_k, known_sums[kSum]);
      });
    });
  }
  add_rows(out_sums, out);
  if constexpr (LooksUp::value) add_rows(known_sums, known);
}

void delta(const DeltaArgs& args) {
  Columns known, d, out;
  look_up(args.panel, args.k, args.k_dim, known);
  for (int64_t t = 0; t < args.n_tokens; ++t) {
    const Float decay = Lanes::broadcast(args.decay + t * args.gate_stride);
    const Float beta = Lanes::broadcast(args.beta + t * args.gate_stride);
    const float* v = args.v + t * args.v_stride;
    unroll<kColumnVectors>([&](auto c) __attribute__((always_inline)) {
      const Float found = Lanes::mul(decay, known[c]);
      d[c] = Lanes::mul(beta, Lanes::sub(Lanes::load(v + c * Lanes::kWidth), found));
    });
    const float* q = args.q + t * args.qk_stride;
    const float* k = args.k + t * args.qk_stride;
    if (t + 1 < args.n_tokens) {
      update(args.panel, {q, k, k + args.qk_stride}, args.k_dim, decay, d, out, known, Index<1>());
    } else {
      update(args.panel, {q, k, k}, args.k_dim, decay, d, out, known, Index<0>());
    }
    unroll<kColumnVectors>([&](auto c) __attribute__((always_inline)) {
      Lanes::store(args.out + t * args.out_stride + c * Lanes::kWidth, out[c]);
    });
  }
}

void convolve(const ConvolveArgs& args) {
  for (int64_t c = 0; c < args.n; c += Lanes::kWidth) {
    Float sum = Lanes::zero();
    for (int64_t j = 0; j < args.n_taps; ++j) {
      const Float weight = Lanes::load(args.weight + j * args.weight_stride + c);
      sum = Lanes::fma(weight, Lanes::load(args.inputs[j] + c), sum);
    }
    Lanes::store(args.out + c, sum);
  }
}

}  // namespace
}  // namespace ridge::cpu
