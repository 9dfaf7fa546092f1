#include "tensor/quant/fit.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "tensor/quant/codec.h"

namespace ridge::quant {
namespace {

constexpr int kTrials = 10;      // starting scales on each side of the obvious one
constexpr int kRefinements = 4;  // rounds of codes and scale in turn
constexpr int kRounds = 2;       // rounds of group scales and block scale in turn

// Elements of a group and their weights.
struct Weighted {
  std::span<const float> x;
  std::span<const float> w;
  Weighted group(int g, int size) const {
    return {x.subspan(size_t(g) * size, size), w.subspan(size_t(g) * size, size)};
  }
};

void weigh(std::span<const float> x, float* w) {
  float squares = 0.0f;
  for (float v : x) squares += v * v;
  const float rms = std::sqrt(squares / float(x.size()));
  for (size_t i = 0; i < x.size(); ++i) w[i] = rms + std::fabs(x[i]);
}

// Nearest integer in [lo, hi], |lo| and |hi| at most 128; lo for NaN. Without branches, so that
// loops over it become vector code.
int nearest_integer(float v, int lo, int hi) {
  v = v > float(lo) ? v : float(lo);
  v = v < float(hi) ? v : float(hi);
  return int(v + 128.5f) - 128;
}

int nearest_code(const Levels& levels, float v) {
  if (!levels.table) {
    return nearest_integer(v, levels.lowest, levels.lowest + levels.n - 1) - levels.lowest;
  }
  int code = 0;
  while (code + 1 < levels.n && 2.0f * v > float(levels.table[code] + levels.table[code + 1])) {
    ++code;
  }
  return code;
}

int level(const Levels& levels, int code) {
  return levels.table ? levels.table[code] : levels.lowest + code;
}

f16 finite_f16(float v) {
  return to_f16(std::clamp(v, -65504.0f, 65504.0f));
}

// Regression of x on one multiple of t: Σ w (x - s t)² is least at s = Σ w x t / Σ w t², where it
// is smaller by gain() than at s = 0.
struct Projection {
  float xt = 0.0f;
  float tt = 0.0f;
  void add(float x, float w, float t) {
    xt += w * x * t;
    tt += w * t * t;
  }
  float slope() const { return tt > 0.0f ? xt / tt : 0.0f; }
  float gain() const { return tt > 0.0f ? xt * slope() : 0.0f; }
};

Projection project(const Weighted& group, const Levels& levels, float inverse_scale) {
  Projection p;
  for (size_t i = 0; i < group.x.size(); ++i) {
    const int code = nearest_code(levels, group.x[i] * inverse_scale);
    p.add(group.x[i], group.w[i], float(level(levels, code)));
  }
  return p;
}

// Best scale when the extreme element starts near the outermost level `target`.
Projection search_from(const Weighted& group, const Levels& levels, float target, float spacing) {
  const float extreme = signed_max_magnitude(group.x.data(), int(group.x.size()));
  Projection best;
  for (int t = -kTrials; t <= kTrials; ++t) {
    const float start = target + spacing * float(t) / float(kTrials);
    const Projection p = project(group, levels, start / extreme);
    if (p.gain() > best.gain()) best = p;
  }
  for (int i = 0; i < kRefinements; ++i) {
    const Projection p = project(group, levels, reciprocal(best.slope()));
    if (!(p.gain() > best.gain())) break;
    best = p;
  }
  return best;
}

float fit_scale(const Weighted& group, const Levels& levels) {
  if (max_magnitude(group.x.data(), int(group.x.size())) == 0.0f) return 0.0f;
  const int last = levels.n - 1;
  const auto at = [&](int code) { return float(level(levels, code)); };
  const Projection low = search_from(group, levels, at(0), at(1) - at(0));
  const Projection high = search_from(group, levels, at(last), at(last) - at(last - 1));
  return low.gain() >= high.gain() ? low.slope() : high.slope();
}

// Codes for a given scale, and what they miss.
float quantize(const Weighted& group, const Levels& levels, float scale, uint8_t* codes) {
  const float inverse = reciprocal(scale);
  float error = 0.0f;
  for (size_t i = 0; i < group.x.size(); ++i) {
    const int code = nearest_code(levels, group.x[i] * inverse);
    codes[i] = uint8_t(code);
    const float missed = group.x[i] - scale * float(level(levels, code));
    error += group.w[i] * missed * missed;
  }
  return error;
}

// The integer scale near `wanted` that misses least, and its codes.
int8_t choose_scale(const Weighted& group, const SymmetricFormat& format, float d, float wanted,
                    uint8_t* codes) {
  const int middle = nearest_integer(wanted * reciprocal(d), format.scale_lo, format.scale_hi);
  const int from = std::max(middle - 1, format.scale_lo);
  const int to = std::min(middle + 1, format.scale_hi);
  int best = middle;
  float least = quantize(group, format.levels, d * float(middle), codes);
  for (int scale = from; scale <= to; ++scale) {
    const float error = quantize(group, format.levels, d * float(scale), codes);
    if (error < least) {
      least = error;
      best = scale;
    }
  }
  quantize(group, format.levels, d * float(best), codes);
  return int8_t(best);
}

}  // namespace

SymmetricFit fit_symmetric(const float* x, const SymmetricFormat& format) {
  float weights[kSuperBlock];
  const std::span<const float> elements(x, size_t(format.n_elements));
  weigh(elements, weights);
  const Weighted block{elements, {weights, elements.size()}};
  const int n_groups = format.n_elements / format.group;

  float wanted[kMaxGroups] = {};
  for (int g = 0; g < n_groups; ++g) {
    wanted[g] = fit_scale(block.group(g, format.group), format.levels);
  }
  SymmetricFit fit{};
  fit.d = finite_f16(signed_max_magnitude(wanted, n_groups) / float(format.scale_lo));
  for (int round = 0;; ++round) {
    const float d = to_f32(fit.d);
    for (int g = 0; g < n_groups; ++g) {
      const int first = g * format.group;
      fit.scales[g] =
          choose_scale(block.group(g, format.group), format, d, wanted[g], fit.codes + first);
    }
    if (round == kRounds) return fit;
    Projection p;
    for (int i = 0; i < format.n_elements; ++i) {
      p.add(x[i], weights[i],
            float(fit.scales[i / format.group] * level(format.levels, fit.codes[i])));
    }
    fit.d = finite_f16(p.slope());
  }
}

namespace {

// x ≈ scale * code - min, both not negative.
struct Affine {
  float scale = 0.0f;
  float min = 0.0f;
};

// Regression of x on a and b: Σ w (x - s a + m b)² is least at (s, m), held to s, m >= 0.
struct PlaneProjection {
  float xa = 0.0f, xb = 0.0f, aa = 0.0f, ab = 0.0f, bb = 0.0f;
  void add(float x, float w, float a, float b) {
    xa += w * x * a;
    xb += w * x * b;
    aa += w * a * a;
    ab += w * a * b;
    bb += w * b * b;
  }
  Affine solve() const {
    const float determinant = aa * bb - ab * ab;
    // Below this the difference is rounding noise: a is a multiple of b.
    if (determinant > 1e-5f * aa * bb) {
      const Affine best{(xa * bb - xb * ab) / determinant, (xa * ab - xb * aa) / determinant};
      if (best.scale >= 0.0f && best.min >= 0.0f) return best;
    }
    const Affine only_scale{aa > 0.0f ? std::max(xa / aa, 0.0f) : 0.0f, 0.0f};
    const Affine only_min{0.0f, bb > 0.0f ? std::max(-xb / bb, 0.0f) : 0.0f};
    return only_scale.scale * xa >= -only_min.min * xb ? only_scale : only_min;
  }
};

float quantize(const Weighted& group, int max_code, Affine affine, uint8_t* codes) {
  const float inverse = reciprocal(affine.scale);
  float error = 0.0f;
  for (size_t i = 0; i < group.x.size(); ++i) {
    const int code = nearest_integer((group.x[i] + affine.min) * inverse, 0, max_code);
    codes[i] = uint8_t(code);
    const float missed = group.x[i] - (affine.scale * float(code) - affine.min);
    error += group.w[i] * missed * missed;
  }
  return error;
}

Affine regress(const Weighted& group, const uint8_t* codes) {
  PlaneProjection p;
  for (size_t i = 0; i < group.x.size(); ++i) {
    p.add(group.x[i], group.w[i], float(codes[i]), 1.0f);
  }
  return p.solve();
}

// One regression on the codes that `start` gives.
Affine improve(const Weighted& group, int max_code, Affine start) {
  uint8_t codes[kSuperBlock];
  quantize(group, max_code, start, codes);
  return regress(group, codes);
}

float error_of(const Weighted& group, int max_code, Affine affine) {
  uint8_t codes[kSuperBlock];
  return quantize(group, max_code, affine, codes);
}

Affine fit_group(const Weighted& group, int max_code) {
  const Range range = range_of(group.x.data(), int(group.x.size()));
  const float min = std::max(-range.min, 0.0f);
  const float width = std::max(range.max, 0.0f) + min;
  Affine best{0.0f, min};
  float least = error_of(group, max_code, best);
  const auto keep_if_better = [&](Affine candidate) {
    const float error = error_of(group, max_code, candidate);
    if (!(error < least)) return false;
    best = candidate;
    least = error;
    return true;
  };
  if (width > 0.0f) {
    for (int t = -kTrials; t <= kTrials; ++t) {
      const float scale = width / (float(max_code) + float(t) / float(kTrials));
      keep_if_better(improve(group, max_code, {scale, min}));
    }
  }
  for (int i = 0; i < kRefinements; ++i) {
    if (!keep_if_better(improve(group, max_code, best))) break;
  }
  return best;
}

// The integer pair near `wanted` that misses least, and its codes.
ScaleMin choose_scale_min(const Weighted& group, const AffineFormat& format, Affine unit,
                          Affine wanted, uint8_t* codes) {
  const int scale = nearest_integer(wanted.scale * reciprocal(unit.scale), 0, format.max_scale);
  const int min = nearest_integer(wanted.min * reciprocal(unit.min), 0, format.max_scale);
  const auto at = [&](int s, int m) { return Affine{unit.scale * float(s), unit.min * float(m)}; };
  ScaleMin best{uint8_t(scale), uint8_t(min)};
  float least = quantize(group, format.max_code, at(scale, min), codes);
  for (int s = std::max(scale - 1, 0); s <= std::min(scale + 1, format.max_scale); ++s) {
    for (int m = std::max(min - 1, 0); m <= std::min(min + 1, format.max_scale); ++m) {
      const float error = quantize(group, format.max_code, at(s, m), codes);
      if (error < least) {
        least = error;
        best = {uint8_t(s), uint8_t(m)};
      }
    }
  }
  quantize(group, format.max_code, at(best.scale, best.min), codes);
  return best;
}

Affine regress_units(const Weighted& block, const AffineFormat& format, const AffineFit& fit) {
  PlaneProjection p;
  for (int i = 0; i < kSuperBlock; ++i) {
    const ScaleMin group = fit.groups[i / format.group];
    p.add(block.x[i], block.w[i], float(group.scale * fit.codes[i]), float(group.min));
  }
  return p.solve();
}

}  // namespace

AffineFit fit_affine(const float* x, const AffineFormat& format) {
  float weights[kSuperBlock];
  weigh({x, kSuperBlock}, weights);
  const Weighted block{{x, kSuperBlock}, {weights, kSuperBlock}};
  const int n_groups = kSuperBlock / format.group;

  Affine wanted[kMaxGroups];
  Affine unit;
  for (int g = 0; g < n_groups; ++g) {
    wanted[g] = fit_group(block.group(g, format.group), format.max_code);
    unit.scale = std::max(unit.scale, wanted[g].scale / float(format.max_scale));
    unit.min = std::max(unit.min, wanted[g].min / float(format.max_scale));
  }
  AffineFit fit{};
  for (int round = 0;; ++round) {
    fit.d = finite_f16(unit.scale);
    fit.dmin = finite_f16(unit.min);
    const Affine stored{to_f32(fit.d), to_f32(fit.dmin)};
    for (int g = 0; g < n_groups; ++g) {
      fit.groups[g] = choose_scale_min(block.group(g, format.group), format, stored, wanted[g],
                                       fit.codes + g * format.group);
    }
    if (round == kRounds) return fit;
    unit = regress_units(block, format, fit);
  }
}

}  // namespace ridge::quant
