#include "bench/runner.h"

#include <algorithm>
#include <chrono>

#include "base/rng.h"

namespace ridge {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kWarmUpTokens = 16;

std::vector<text::Token> random_tokens(int64_t n, int64_t n_vocab, uint64_t seed) {
  Rng rng(seed);
  std::vector<text::Token> tokens(static_cast<size_t>(n));
  for (text::Token& token : tokens) token = text::Token(rng.below(uint64_t(n_vocab)));
  return tokens;
}

}  // namespace

Runner::Runner(const BenchModel& model, const RunnerCache& cache)
    : model_(model),
      cache_(cache),
      columns_(model.transformer, model.backend, cache.pool_options()),
      kv_kinds_(ridge::kv_bytes(model.transformer.spec(), cache.k_dtype, cache.v_dtype)) {
  for (int i = 0; i < cache.n_columns; ++i) {
    tokens_.push_back(
        random_tokens(cache.n_tokens, model.transformer.spec().n_vocab, uint64_t(i) + 1));
  }
  step_.reserve(size_t(cache.n_columns));
}

// Reads the column's own tokens up to n_tokens, on top of as many of them as it has.
bool Runner::fill(int column, int64_t n_tokens, const KeepGoing& keep_going) {
  const std::span<const text::Token> all = tokens_[size_t(column)];
  const int64_t chunk = std::min(cache_.chunk, cache_.n_tokens);
  for (int64_t done = columns_.truncate(column, n_tokens); done < n_tokens;) {
    if (keep_going && !keep_going()) return false;
    const int64_t n = std::min(chunk, n_tokens - done);
    const ColumnPart part[] = {{column, all.subspan(size_t(done), size_t(n))}};
    last_ = columns_.append(part);
    done += n;
  }
  return true;
}

void Runner::logits_of_last(const Tensor& hidden) {
  columns_.logits(slice_rows(hidden, hidden.rows() - 1, 1));
}

std::optional<double> Runner::run(const BenchTest& test, const KeepGoing& keep_going) {
  for (int column = test.n_columns; cache_.is_tight() && column < cache_.n_columns; ++column) {
    columns_.truncate(column, 0);
  }
  for (int column = 0; column < test.n_columns; ++column) {
    columns_.truncate(column, test.n_depth);
  }
  for (int column = 0; column < test.n_columns; ++column) {
    if (!fill(column, test.n_depth, keep_going)) return std::nullopt;
  }
  const auto start = Clock::now();
  if (test.n_prompt > 0) {
    if (!fill(0, test.n_depth + test.n_prompt, keep_going)) return std::nullopt;
    logits_of_last(last_);
  }
  const int64_t first = test.n_depth + test.n_prompt;
  for (int64_t pos = first; pos < first + test.n_gen; ++pos) {
    step_.clear();
    for (int i = 0; i < test.n_columns; ++i) step_.push_back(tokens_[size_t(i)][size_t(pos)]);
    columns_.step(step_);
    if (keep_going && !keep_going()) return std::nullopt;
  }
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void Runner::warm_up(const BenchTest& test) {
  BenchTest brief = test;
  brief.n_depth = 0;
  brief.n_prompt = std::min(test.n_prompt, cache_.chunk);
  brief.n_gen = std::min(test.n_gen, kWarmUpTokens);
  run(brief);
}

RunnerCache cache_for(const std::vector<BenchTest>& tests) {
  RunnerCache cache{.n_tokens = 1, .total_tokens = 1};
  for (const BenchTest& test : tests) {
    cache.n_tokens = std::max(cache.n_tokens, test.context());
    cache.n_columns = std::max(cache.n_columns, test.n_columns);
    cache.total_tokens = std::max(cache.total_tokens, test.context() * test.n_columns);
  }
  return cache;
}

}  // namespace ridge
