// The forward pass, cache and kernels against an independent reference: for each tiny model of
// tests/models/fixtures, logits of every position. README.md says how the fixtures were made; the
// reference is exact for the file, so all that may differ is what we round.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "cpu/cpu_backend.h"
#include "engine/session.h"
#include "gguf/file.h"
#include "model/observer.h"
#include "model/predictor.h"
#include "model/transformer.h"
#include "spec/build.h"
#include "spec/tensors.h"

namespace ridge {
namespace {

constexpr const char* kFixtures = "tests/models/fixtures";

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFixtures)) {
    if (entry.path().extension() == ".gguf") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

std::filesystem::path model_path(const std::string& name) {
  return std::filesystem::path(kFixtures) / (name + ".gguf");
}

struct Reference {
  uint32_t n_vocab = 0;
  std::vector<text::Token> ids;
  std::vector<float> logits;  // [ids.size(), n_vocab]
  // Of the layer that predicts the token after next, where the model has one: [ids.size() - 1,
  // n_vocab], row i from token i + 1 and the state of token i.
  std::vector<float> predictions;
};

Reference read_reference(const std::string& name) {
  std::ifstream in(std::filesystem::path(kFixtures) / (name + ".logits"), std::ios::binary);
  const auto read = [&](void* to, size_t n) {
    in.read(static_cast<char*>(to), std::streamsize(n));
  };
  Reference reference;
  uint32_t n_tokens = 0;
  read(&n_tokens, sizeof n_tokens);
  read(&reference.n_vocab, sizeof reference.n_vocab);
  reference.ids.resize(n_tokens);
  reference.logits.resize(size_t(n_tokens) * reference.n_vocab);
  read(reference.ids.data(), reference.ids.size() * sizeof(text::Token));
  read(reference.logits.data(), reference.logits.size() * sizeof(float));
  EXPECT_TRUE(in.good() && n_tokens > 0) << "cannot read the logits of " << name;
  if (in.peek() == std::ifstream::traits_type::eof()) return reference;
  reference.predictions.resize(size_t(n_tokens - 1) * reference.n_vocab);
  read(reference.predictions.data(), reference.predictions.size() * sizeof(float));
  EXPECT_TRUE(in.good()) << "cannot read the predictions of " << name;
  return reference;
}

// A loaded model with a cache for one sequence.
class Runner {
 public:
  Runner(const std::string& name, Backend& backend, const KvOptions& options)
      : Runner(gguf::File::open(model_path(name)), backend, options) {}
  Runner(const gguf::File& file, Backend& backend, const KvOptions& options,
         WeightPlacement placement = WeightPlacement::kMemory)
      : model_(file, build_spec(file), backend, {}, placement),
        session_(model_, backend, options) {}

  std::vector<float> run(const Reference& reference, Observer* observer = nullptr) {
    std::vector<float> logits;
    session_.clear();
    for (std::span<const text::Token> left = reference.ids; !left.empty();) {
      const size_t n = std::min(left.size(), size_t(session_.max_batch()));
      const Tensor hidden = session_.append(left.first(n), observer);
      for (int64_t row = 0; row < int64_t(n); row += Session::kLogitRows) {
        const int64_t n_rows = std::min(Session::kLogitRows, int64_t(n) - row);
        const std::span<const float> rows = session_.logits(slice_rows(hidden, row, n_rows));
        logits.insert(logits.end(), rows.begin(), rows.end());
      }
      left = left.subspan(n);
    }
    return logits;
  }

 private:
  Transformer model_;
  Session session_;
};

constexpr int64_t kTokens = 128;  // more than any fixture has

std::vector<float> run(const std::string& name, const Reference& reference,
                       const cpu::Options& machine, KvOptions options = {}) {
  options.n_tokens = kTokens;
  const std::unique_ptr<Backend> backend = cpu::make_backend(machine);
  return Runner(name, *backend, options).run(reference);
}

double rms(const std::vector<float>& values) {
  double squares = 0.0;
  for (float v : values) squares += double(v) * double(v);
  return std::sqrt(squares / double(values.size()));
}

// The error model. Whatever is rounded gets a relative error that is independent of all others, so
// they add as squares:
// - K and V in f16: half a unit in the last of 11 bits, 2^-12 on average;
// - a column that meets a quantised matrix, or K and V in q8_0: int8 with one scale a block has
//   steps of max / 127 and a mean error of step / √12; the largest of 32 to 256 activations is two
//   to four times their rms, so 0.5 to 0.9 %;
// - f32 sums of at most 256 products: √256 * 2^-24.
// Softmax and norms may amplify: kAmplification, for scores whose deviation is near two, as the
// fixtures' are. The largest of 3168 errors is within kLargest times their rms; normal ones would
// stay below four, but a few positions are far more sensitive than others.
constexpr double kF16Error = 0x1p-12;
constexpr double kInt8Error = 0.008;
constexpr double kSumError = 0x1p-20;
constexpr double kAmplification = 2.0;
constexpr double kLargest = 8.0;

double allowed_rms(const std::string& name, const Reference& reference, DType kv_dtype) {
  const gguf::File file = gguf::File::open(model_path(name));
  const ModelSpec spec = build_spec(file);
  double squares = 0.0;
  for (const TensorUse& use : tensor_uses(spec)) {
    if (use.n_out == 1 || use.role == TensorRole::kEmbedding) continue;
    const bool quantised = info(file.find(use.name)->dtype).block_size > 1;
    squares += std::pow(quantised ? kInt8Error : kSumError, 2);
  }
  const double kv_error = kv_dtype == DType::kF16 ? kF16Error : kInt8Error;
  squares += 2.0 * double(spec.layers.size()) * kv_error * kv_error;
  return kAmplification * std::sqrt(squares) * rms(reference.logits);
}

void expect_close(const std::vector<float>& found, std::span<const float> expected, int64_t n_vocab,
                  double allowed) {
  ASSERT_EQ(found.size(), expected.size());
  std::vector<float> errors(found.size());
  for (size_t i = 0; i < found.size(); ++i) errors[i] = found[i] - expected[i];
  EXPECT_LE(rms(errors), allowed);
  const auto largest = std::ranges::max_element(errors, {}, [](float e) { return std::fabs(e); });
  EXPECT_LE(std::fabs(*largest), kLargest * allowed)
      << "at position " << (largest - errors.begin()) / n_vocab;
}

void expect_close(const std::vector<float>& found, const Reference& reference, double allowed) {
  const auto expected = std::span(reference.logits).first(found.size());
  expect_close(found, expected, reference.n_vocab, allowed);
}

class Parity : public testing::TestWithParam<std::string> {
 protected:
  const std::string& name() const { return GetParam(); }
  const Reference reference_ = read_reference(GetParam());
};

TEST_P(Parity, EveryLevelAgreesWithTheReference) {
  const double allowed = allowed_rms(name(), reference_, DType::kF16);
  for (const cpu::Level& level : cpu::levels()) {
    if (!level.supported) continue;
    SCOPED_TRACE(level.name);
    const cpu::Options machine{.n_threads = 1, .isa = std::string(level.name)};
    expect_close(run(name(), reference_, machine), reference_, allowed);
  }
}

// Not one bit depends on how a prompt is cut: token by token, in odd chunks, in chunks that end
// inside and outside a page and a window, or at once; nor on the number of threads.
TEST_P(Parity, ChunksAndThreadsChangeNothing) {
  const std::vector<float> whole = run(name(), reference_, {.n_threads = 1});
  for (int64_t batch : {1, 5, 32, 65}) {
    EXPECT_EQ(run(name(), reference_, {.n_threads = 1}, {.max_batch = batch}), whole) << batch;
  }
  EXPECT_EQ(run(name(), reference_, {.n_threads = 2}), whole);
}

// Weights that stay in the file are packed as they are multiplied, so that the sums are the same.
TEST_P(Parity, WeightsLeftInTheFileGiveTheSameBits) {
  const gguf::File file = gguf::File::open(model_path(name()));
  for (const cpu::Level& level : cpu::levels()) {
    if (!level.supported) continue;
    SCOPED_TRACE(level.name);
    const auto backend = cpu::make_backend({.n_threads = 2, .isa = std::string(level.name)});
    const KvOptions options{.n_tokens = kTokens, .max_batch = 24};
    const std::vector<float> packed = Runner(name(), *backend, options).run(reference_);
    for (auto placement : {WeightPlacement::kMappedExperts, WeightPlacement::kMapped}) {
      EXPECT_EQ(Runner(file, *backend, options, placement).run(reference_), packed);
    }
  }
}

TEST_P(Parity, ASecondRunRepeatsTheFirst) {
  const std::unique_ptr<Backend> backend = cpu::make_backend({.n_threads = 1});
  Runner runner(name(), *backend, {.n_tokens = kTokens, .max_batch = 24});
  const std::vector<float> first = runner.run(reference_);
  EXPECT_EQ(runner.run(reference_), first);
}

// A recurrent state that was kept is the state that would be computed again.
TEST_P(Parity, GoingBackRepeatsWhatFollows) {
  const std::unique_ptr<Backend> backend = cpu::make_backend({.n_threads = 1});
  const gguf::File file = gguf::File::open(model_path(name()));
  const Transformer model(file, build_spec(file), *backend);
  Session session(model, *backend, {.n_tokens = kTokens, .max_batch = kTokens});
  const std::span<const text::Token> ids(reference_.ids);
  constexpr size_t kKept = 30;
  const auto rest = [&](size_t from) {
    const Tensor hidden = session.append(ids.subspan(from));
    const auto logits = session.logits(slice_rows(hidden, hidden.rows() - 1, 1));
    return std::vector<float>(logits.begin(), logits.end());
  };
  session.append(ids.first(kKept));
  session.checkpoint();
  const std::vector<float> expected = rest(kKept);
  for (int again = 0; again < 2; ++again) {
    const int64_t kept = session.keep_prefix(ids.first(kKept + 1));
    if (session.has_states()) {
      EXPECT_EQ(kept, int64_t(kKept));
    }
    EXPECT_EQ(rest(size_t(kept)), expected);
  }
}

TEST_P(Parity, ThePredictionLayerAgreesWithTheReferenceInAnyChunks) {
  const gguf::File file = gguf::File::open(model_path(name()));
  const ModelSpec spec = build_spec(file);
  ASSERT_EQ(spec.prediction.has_value(), !reference_.predictions.empty());
  if (!spec.prediction) return;
  const std::unique_ptr<Backend> backend = cpu::make_backend({.n_threads = 1});
  const Transformer model(file, spec, *backend);
  const Predictor predictor(file, model, *backend);
  Session session(model, *backend, {.n_tokens = kTokens, .max_batch = kTokens});
  const Tensor states = session.append(reference_.ids);
  const auto predict = [&](int64_t chunk) {
    KvPool kv(*backend, predictor.stack(), {.n_tokens = kTokens});
    KvSequence sequence = kv.create();
    Workspace workspace(*backend, predictor.stack(), kTokens);
    const BufferPtr joined = backend->alloc(size_t(kTokens * 2 * spec.d_model) * sizeof(float));
    const BufferPtr logits = backend->alloc(size_t(kTokens * spec.n_vocab) * sizeof(float));
    std::vector<float> found;
    const auto n_rows = int64_t(reference_.ids.size()) - 1;
    for (int64_t at = 0; at < n_rows; at += chunk) {
      const int64_t n = std::min(chunk, n_rows - at);
      sequence.reserve(n);
      const BatchSequence rows[] = {{.sequence = &sequence, .first_row = 0, .n_rows = int(n)}};
      const auto tokens = std::span(reference_.ids).subspan(size_t(at) + 1, size_t(n));
      const Tensor own =
          predictor.forward({.tokens = tokens, .sequences = rows},
                            {.states = slice_rows(states, at, n),
                             .joined = make_tensor(DType::kF32, {n, 2 * spec.d_model}, *joined, 0)},
                            kv, workspace);
      sequence.commit(n);
      const Tensor out = make_tensor(DType::kF32, {n, spec.n_vocab}, *logits, 0);
      predictor.head(own, out);
      std::vector<float> part(size_t(n * spec.n_vocab));
      backend->download(out, std::as_writable_bytes(std::span(part)));
      found.insert(found.end(), part.begin(), part.end());
    }
    return found;
  };
  const std::vector<float> whole = predict(kTokens);
  // The model's error goes in, the layer's own comes on top: no more than twice as much.
  expect_close(whole, reference_.predictions, reference_.n_vocab,
               2 * allowed_rms(name(), reference_, DType::kF16));
  EXPECT_EQ(predict(1), whole);
  EXPECT_EQ(predict(7), whole);
}

INSTANTIATE_TEST_SUITE_P(Tiny, Parity, testing::ValuesIn(cases()), [](const auto& tested) {
  std::string label = tested.param;
  std::ranges::replace(label, '-', '_');
  return label;
});

// The router's logits of every position, layer after layer.
class RouterLogits final : public Observer {
 public:
  RouterLogits(Backend& backend, const ModelSpec& spec) : backend_(backend), spec_(spec) {}

  void see(int layer, std::string_view step, const Tensor& value) override {
    const auto* moe =
        layer < 0 ? nullptr : std::get_if<MoeFfnSpec>(&spec_.layers[size_t(layer)].ffn);
    const bool is_router = step == "ffn.router" && moe != nullptr && value.cols() == moe->n_experts;
    if (!is_router) return;
    std::vector<float>& logits = layers_[layer];
    logits.resize(size_t(value.n_elements()));
    backend_.download(value, std::as_writable_bytes(std::span(logits)));
  }

  // The first position where other experts are chosen than in `other`, and how far apart the last
  // that is chosen and the first that is not are there. Routers without a bias only.
  struct Flip {
    int64_t position = kTokens;
    double gap = 0;
  };
  Flip first_flip(const RouterLogits& other) const {
    Flip first;
    for (const auto& [layer, logits] : layers_) {
      const auto& moe = std::get<MoeFfnSpec>(spec_.layers[size_t(layer)].ffn);
      const auto n = size_t(moe.n_experts), k = size_t(moe.top_k);
      for (size_t at = 0; at < logits.size(); at += n) {
        const auto a = order({logits.data() + at, n});
        const auto b = order({other.layers_.at(layer).data() + at, n});
        const bool same = std::is_permutation(a.begin(), a.begin() + k, b.begin());
        if (same || int64_t(at / n) >= first.position) continue;
        first = {int64_t(at / n), logits[at + a[k - 1]] - logits[at + a[k]]};
      }
    }
    return first;
  }
  double rms_of_logits() const {
    std::vector<float> all;
    for (const auto& [layer, logits] : layers_) all.insert(all.end(), logits.begin(), logits.end());
    return rms(all);
  }

 private:
  static std::vector<size_t> order(std::span<const float> logits) {
    std::vector<size_t> experts(logits.size());
    std::iota(experts.begin(), experts.end(), size_t{0});
    std::ranges::stable_sort(experts, [&](size_t a, size_t b) { return logits[a] > logits[b]; });
    return experts;
  }

  Backend& backend_;
  const ModelSpec& spec_;
  std::map<int, std::vector<float>> layers_;
};

// q8_0 takes heads of a multiple of 32. An expert that was chosen by less than the cache's error
// may be exchanged for the next; what comes after that position is another text's logits.
TEST(ParityCases, AnEightBitCacheAddsItsOwnErrorOnly) {
  constexpr int64_t kLeastAlike = 4;
  int n_tested = 0;
  for (const std::string& name : cases()) {
    const ModelSpec spec = build_spec(gguf::File::open(model_path(name)));
    const auto fits = [](const LayerSpec& layer) {
      const auto* attention = std::get_if<AttentionSpec>(&layer.mixer);
      const auto* latent = std::get_if<LatentAttentionSpec>(&layer.mixer);
      if (latent != nullptr) return latent->latent_dim % 32 == 0 && latent->row_dim() % 32 == 0;
      return attention == nullptr || attention->k_dim % 32 == 0;
    };
    if (!std::ranges::all_of(spec.layers, fits)) continue;
    SCOPED_TRACE(name);
    const Reference reference = read_reference(name);
    const double allowed = allowed_rms(name, reference, DType::kQ8_0);
    const auto backend = cpu::make_backend({.n_threads = 1});
    RouterLogits exact(*backend, spec), rounded(*backend, spec);
    KvOptions options{.n_tokens = kTokens, .max_batch = kTokens};
    Runner(name, *backend, options).run(reference, &exact);
    options.k_dtype = options.v_dtype = DType::kQ8_0;
    std::vector<float> logits = Runner(name, *backend, options).run(reference, &rounded);
    const RouterLogits::Flip flip = exact.first_flip(rounded);
    if (flip.position < kTokens) {
      const double error = allowed / rms(reference.logits) * exact.rms_of_logits();
      EXPECT_LE(flip.gap, kLargest * error) << "at position " << flip.position;
      EXPECT_GE(flip.position, kLeastAlike);
      logits.resize(size_t(flip.position) * reference.n_vocab);
    }
    expect_close(logits, reference, allowed);
    ++n_tested;
  }
  EXPECT_GE(n_tested, 3);
}

// Between them the fixtures must cover what the engine claims to run.
TEST(ParityCases, CoverEveryArchitectureRopeVariantAndWindow) {
  std::vector<std::string> found;
  for (const std::string& name : cases()) {
    const ModelSpec spec = build_spec(gguf::File::open(model_path(name)));
    found.push_back(spec.architecture);
    if (spec.prediction) found.push_back(spec.architecture + " prediction");
    for (const LayerSpec& layer : spec.layers) {
      if (layer.token_input) found.push_back("token inputs");
      if (const auto* latent = std::get_if<LatentAttentionSpec>(&layer.mixer)) {
        found.push_back(latent->kv_b ? "unsplit K and V" : "split K and V");
        found.push_back(latent->q_a ? "compressed Q" : "plain Q");
      }
      if (const auto* moe = std::get_if<MoeFfnSpec>(&layer.ffn)) {
        if (moe->groups.n_groups > 1) {
          found.push_back(moe->score == ExpertScore::kSoftmax ? "groups by best" : "groups by two");
        }
      }
      const auto* attention = std::get_if<AttentionSpec>(&layer.mixer);
      if (attention == nullptr) continue;
      if (attention->kv_layer >= 0) found.push_back("shared cache");
      if (attention->window > 0) found.push_back(attention->chunked ? "chunks" : "window");
      if (attention->sinks) found.push_back("sinks");
      if (attention->rope.factors) found.push_back("rope factors");
      if (std::holds_alternative<LinearRopeSpec>(attention->rope.scaling)) {
        found.push_back("linear");
      }
      if (std::holds_alternative<YarnSpec>(attention->rope.scaling)) found.push_back("yarn");
      if (const auto* scaling = std::get_if<LongRopeSpec>(&attention->rope.scaling)) {
        found.push_back(kTokens > scaling->original_context ? "long factors" : "short factors");
      }
      if (attention->rope.n_rotated == 0) found.push_back("no rope");
      if (attention->temperature) found.push_back("temperature");
      if (attention->q.stacked_rows > 0) found.push_back("stacked projections");
      if (layer.mixer_norm.bias) found.push_back("layer norm with bias");
      if (layer.mixer_norm && !layer.ffn_norm) found.push_back("parallel blocks");
      if (!layer.mixer_norm) found.push_back("no norm before");
    }
  }
  std::vector<std::string> wanted = {"chunks",
                                     "shared cache",
                                     "token inputs",
                                     "sinks",
                                     "window",
                                     "rope factors",
                                     "linear",
                                     "yarn",
                                     "long factors",
                                     "short factors",
                                     "no rope",
                                     "temperature",
                                     "parallel blocks",
                                     "no norm before",
                                     "layer norm with bias",
                                     "stacked projections",
                                     "unsplit K and V",
                                     "split K and V",
                                     "compressed Q",
                                     "plain Q",
                                     "groups by best",
                                     "groups by two",
                                     "qwen3next prediction",
                                     "qwen35 prediction",
                                     "qwen35moe prediction",
                                     "glm4moe prediction",
                                     "deepseek2 prediction"};
  for (std::string_view architecture : known_architectures()) wanted.emplace_back(architecture);
  for (const std::string& feature : wanted) {
    EXPECT_NE(std::ranges::find(found, feature), found.end()) << "no fixture has " << feature;
  }
}

}  // namespace
}  // namespace ridge
