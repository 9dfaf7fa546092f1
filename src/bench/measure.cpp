#include "bench/measure.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/rng.h"
#include "engine/actions/decode.h"
#include "engine/actions/prefill.h"
#include "spec/build.h"
#include "spec/tensors.h"

namespace ridge {
namespace {

using Clock = std::chrono::steady_clock;

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::vector<double> collect(const std::vector<BenchSample>& samples, double BenchSample::* field) {
  std::vector<double> values;
  for (const BenchSample& sample : samples) values.push_back(sample.*field);
  return values;
}

std::vector<text::Token> random_tokens(int64_t n, int64_t n_vocab) {
  Rng rng(1);
  std::vector<text::Token> tokens(static_cast<size_t>(n));
  for (text::Token& token : tokens) token = text::Token(rng.below(uint64_t(n_vocab)));
  return tokens;
}

// The timed part: prefill ends with one row of logits, decode makes one a token, as in real use.
double time_once(const BenchTest& test, std::span<const text::Token> tokens, Session& session) {
  session.clear();
  if (test.n_depth > 0) prefill(session, tokens.first(size_t(test.n_depth)), nullptr);
  const std::span<const text::Token> timed = tokens.subspan(size_t(test.n_depth));
  const auto start = Clock::now();
  if (test.n_prompt > 0) {
    session.logits(prefill(session, timed.first(size_t(test.n_prompt)), nullptr));
  } else {
    for (text::Token token : timed.first(size_t(test.n_gen))) decode(session, token);
  }
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

double BenchResult::median_rate() const {
  const double seconds = median(collect(samples, &BenchSample::seconds));
  return seconds > 0 ? double(n_tokens()) / seconds : 0;
}

double BenchResult::median_bandwidth() const {
  return median(collect(samples, &BenchSample::bandwidth));
}

double BenchResult::mean_rate() const {
  double sum = 0;
  for (const BenchSample& sample : samples) sum += rate(sample);
  return samples.empty() ? 0 : sum / double(samples.size());
}

double BenchResult::rate_deviation() const {
  if (samples.size() < 2) return 0;
  const double mean = mean_rate();
  double squares = 0;
  for (const BenchSample& sample : samples) squares += std::pow(rate(sample) - mean, 2);
  return std::sqrt(squares / double(samples.size() - 1));
}

double BenchResult::bue() const {
  const double bandwidth = median_bandwidth();
  return bandwidth > 0 ? median_rate() * bytes_per_token / bandwidth : 0;
}

BenchModel::BenchModel(const std::filesystem::path& path, Backend& device,
                       const LoadProgress& progress)
    : BenchModel(gguf::File::open(path), device, progress) {}

BenchModel::BenchModel(const gguf::File& file, Backend& device, const LoadProgress& progress)
    : file_bytes(int64_t(file.size_bytes())),
      backend(device),
      transformer(file, build_spec(file), device, progress) {
  for (const gguf::TensorInfo& tensor : file.tensors()) n_parameters += tensor.n_elements();
  active_weight_bytes = ridge::active_weight_bytes(transformer.spec(), file);
}

BenchResult run_bench(const BenchTest& test, int n_repeat, const BenchModel& model,
                      Session& session, const std::function<bool()>& keep_going) {
  BenchResult result{.test = test};
  const int64_t n_vocab = model.transformer.spec().n_vocab;
  const auto tokens = random_tokens(test.n_depth + result.n_tokens(), n_vocab);
  session.clear();
  session.logits(session.append(std::span(tokens).first(1)));
  for (int i = 0; i < n_repeat && (!keep_going || keep_going()); ++i) {
    const double bandwidth = model.backend.measure_read_bandwidth();
    result.samples.push_back({time_once(test, tokens, session), bandwidth});
  }
  if (test.n_prompt == 0) {
    const int64_t kv = session.kv_bytes_read(test.n_depth + test.n_gen / 2);
    result.bytes_per_token = double(model.active_weight_bytes + kv);
  }
  return result;
}

}  // namespace ridge
