#include "bench/derived.h"

#include <algorithm>

namespace ridge {
namespace {

bool is_usable(const BenchResult& r) {
  return !r.samples.empty();
}

double step_bytes(const BenchResult& r) {
  return r.work.bytes / double(r.test.n_gen);
}

bool is_plain_prefill(const BenchResult& r) {
  return is_usable(r) && r.test.is_prefill() && r.test.n_depth == 0;
}

bool is_plain_decode(const BenchResult& r) {
  return is_usable(r) && r.test.is_decode() && r.test.n_columns == 1;
}

Derived rate_ratio(DerivedKind kind, const BenchResult& of, const BenchResult& over) {
  Derived derived{.kind = kind, .of = of.test, .over = over.test};
  derived.value = of.summary().median / over.summary().median;
  const bool known = kind != DerivedKind::kRetention && of.work.bytes > 0 && over.work.bytes > 0;
  if (known) derived.expected = over.bytes_per_token() / of.bytes_per_token();
  return derived;
}

// The longest prompt over 512 tokens, or over the shortest where 512 was not measured.
void add_retention(const std::vector<BenchResult>& results, std::vector<Derived>& out) {
  const BenchResult* shortest = nullptr;
  const BenchResult* longest = nullptr;
  for (const BenchResult& r : results) {
    if (!is_plain_prefill(r)) continue;
    if (!longest || r.test.n_prompt > longest->test.n_prompt) longest = &r;
    const bool is_base = r.test.n_prompt == 512;
    if (!shortest || is_base ||
        (shortest->test.n_prompt != 512 && r.test.n_prompt < shortest->test.n_prompt)) {
      shortest = &r;
    }
  }
  if (!longest || longest->test.n_prompt <= shortest->test.n_prompt) return;
  out.push_back(rate_ratio(DerivedKind::kRetention, *longest, *shortest));
}

void add_decay(const std::vector<BenchResult>& results, std::vector<Derived>& out) {
  const BenchResult* shortest = nullptr;
  const BenchResult* longest = nullptr;
  for (const BenchResult& r : results) {
    if (!is_plain_decode(r) || r.test.n_depth != 0) continue;
    if (!longest || r.test.n_gen > longest->test.n_gen) longest = &r;
    if (!shortest || r.test.n_gen < shortest->test.n_gen) shortest = &r;
  }
  if (!longest || longest == shortest) return;
  out.push_back(rate_ratio(DerivedKind::kDecay, *longest, *shortest));
}

void add_depths(const std::vector<BenchResult>& results, std::vector<Derived>& out) {
  for (const BenchResult& r : results) {
    if (!is_plain_decode(r) || r.test.n_depth == 0) continue;
    BenchTest base = r.test;
    base.n_depth = 0;
    const auto found = std::find_if(results.begin(), results.end(),
                                    [&](const BenchResult& other) { return other.test == base; });
    if (found == results.end() || !is_usable(*found)) continue;
    out.push_back(rate_ratio(DerivedKind::kDepth, r, *found));
  }
}

void add_columns(const std::vector<BenchResult>& results, std::vector<Derived>& out) {
  for (const BenchResult& r : results) {
    if (!is_usable(r) || r.test.n_columns == 1) continue;
    BenchTest base = r.test;
    base.n_columns = 1;
    const auto found = std::find_if(results.begin(), results.end(),
                                    [&](const BenchResult& other) { return other.test == base; });
    if (found == results.end() || !is_usable(*found)) continue;
    Derived derived{.kind = DerivedKind::kColumnCost, .of = r.test, .over = base};
    derived.value = found->steps_per_second() / r.steps_per_second();
    const bool known = r.work.bytes > 0 && found->work.bytes > 0;
    if (known) derived.expected = step_bytes(r) / step_bytes(*found);
    out.push_back(derived);
  }
}

}  // namespace

std::string Derived::name() const {
  const std::string ratio = cat(name_of(of), " / ", name_of(over));
  switch (kind) {
    case DerivedKind::kRetention:
      return cat("CSR ", ratio);
    case DerivedKind::kDecay:
      return cat("decay ", ratio);
    case DerivedKind::kDepth:
      return cat("depth ", ratio);
    case DerivedKind::kColumnCost:
      return cat("step time ", ratio);
  }
  return ratio;
}

std::vector<Derived> derive(const std::vector<BenchResult>& results) {
  std::vector<Derived> out;
  add_retention(results, out);
  add_decay(results, out);
  add_depths(results, out);
  add_columns(results, out);
  return out;
}

}  // namespace ridge
