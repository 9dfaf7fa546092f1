#include "cli/perplexity.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <thread>

#include "base/check.h"
#include "base/error.h"

namespace ridge::cli {
namespace {

// Rows [first, first + n) of a window, each a prediction of the token after it.
struct Rows {
  std::span<const float> logits;
  std::span<const text::Token> targets;  // one a row
};

// Exponentials of a whole vocabulary for each row are worth all cores.
void score_rows(const Rows& rows, std::span<double> nlls) {
  if (nlls.empty()) return;
  const size_t n_vocab = rows.logits.size() / nlls.size();
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < nlls.size(); i = next++) {
      nlls[i] = negative_log_likelihood(rows.logits.subspan(i * n_vocab, n_vocab), rows.targets[i]);
    }
  };
  std::vector<std::jthread> helpers;
  const size_t n_threads = std::max(1u, std::thread::hardware_concurrency());
  for (size_t i = 1; i < std::min(n_threads, nlls.size()); ++i) helpers.emplace_back(work);
  work();
}

void score_window(Engine& engine, std::span<const text::Token> window, NllSum& sum) {
  const auto n_context = int64_t(window.size());
  const int64_t begin = n_context / 2;  // the last row predicts what is not in the window
  const int64_t end = n_context - 1;
  const auto n_vocab = size_t(engine.spec().n_vocab);
  std::vector<double> nlls;
  engine.logits(window, [&](int64_t first_row, std::span<const float> logits) {
    const auto n_rows = int64_t(logits.size() / n_vocab);
    const int64_t from = std::max(begin, first_row);
    const int64_t to = std::min(end, first_row + n_rows);
    if (from >= to) return;
    nlls.assign(size_t(to - from), 0.0);
    score_rows({.logits = logits.subspan(size_t(from - first_row) * n_vocab, nlls.size() * n_vocab),
                .targets = window.subspan(size_t(from) + 1, nlls.size())},
               nlls);
    for (double nll : nlls) sum.add(nll);
  });
}

}  // namespace

void NllSum::add(double nll) {
  ++count_;
  sum_ += nll;
  sum_of_squares_ += nll * nll;
}

double NllSum::mean() const {
  return count_ > 0 ? sum_ / double(count_) : 0;
}
double NllSum::perplexity() const {
  return std::exp(mean());
}

double NllSum::standard_error() const {
  if (count_ < 2) return 0;
  const double variance = sum_of_squares_ / double(count_) - mean() * mean();
  return std::sqrt(std::max(0.0, variance) / double(count_ - 1)) * perplexity();
}

double negative_log_likelihood(std::span<const float> logits, text::Token target) {
  RIDGE_CHECK(target >= 0 && size_t(target) < logits.size());
  const float max = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (float logit : logits) sum += std::exp(logit - max);
  return std::log(sum) + double(max) - double(logits[size_t(target)]);
}

PerplexityResult measure_perplexity(
    Engine& engine, std::vector<text::Token> tokens, const PerplexityOptions& options,
    const std::function<bool(int64_t done, int64_t total, const NllSum&)>& after_chunk) {
  const auto start = std::chrono::steady_clock::now();
  const int64_t n_context = options.n_context;
  const int64_t n_windows = int64_t(tokens.size()) / n_context;
  if (n_windows == 0) {
    fail(ErrorCode::kInvalidArgument, "the text has ", tokens.size(),
         " tokens, and one window needs ", n_context, "; a longer text or a smaller --ctx does it");
  }
  const int64_t n_chunks =
      options.max_chunks < 0 ? n_windows : std::min(options.max_chunks, n_windows);
  const text::Tokenizer& tokenizer = engine.tokenizer();
  NllSum sum;
  int64_t done = 0;
  while (done < n_chunks) {
    const auto window = std::span(tokens).subspan(size_t(done * n_context), size_t(n_context));
    if (tokenizer.adds_bos() && tokenizer.bos() >= 0) window[0] = tokenizer.bos();
    score_window(engine, window, sum);
    ++done;
    if (!after_chunk(done, n_chunks, sum)) break;
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return {.perplexity = sum.perplexity(),
          .standard_error = sum.standard_error(),
          .mean_nll = sum.mean(),
          .n_scored = sum.count(),
          .n_tokens = int64_t(tokens.size()),
          .n_chunks = done,
          .n_context = n_context,
          .seconds = elapsed.count()};
}

}  // namespace ridge::cli
