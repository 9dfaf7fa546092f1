// Recurrent layers: kernels against generic, the verbs against their composed defaults, and the law
// that a sequence's bits depend neither on chunks nor on company.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/rng.h"
#include "cpu/cpu_backend.h"
#include "tests/kernels/machine.h"

namespace ridge::cpu::testing {
namespace {

constexpr double kEps = std::numeric_limits<float>::epsilon();

std::vector<float> random_floats(Rng& rng, int64_t n, double range) {
  std::vector<float> out(static_cast<size_t>(n));
  for (float& x : out) x = float((rng.uniform() * 2 - 1) * range);
  return out;
}

// A few tokens for one panel; keys and queries of length one, as the verb gives them.
struct PanelCase {
  PanelCase(Rng& rng, int64_t dim, int64_t n)
      : k_dim(dim),
        n_tokens(n),
        state(random_floats(rng, dim * kDeltaColumns, 1)),
        q(random_floats(rng, n * stride(), 1 / std::sqrt(double(dim)))),
        k(random_floats(rng, n * stride(), 1 / std::sqrt(double(dim)))),
        v(random_floats(rng, n * kValueStride, 1)),
        decay(random_floats(rng, n * kGateStride, 1)),
        beta(random_floats(rng, n * kGateStride, 1)) {
    for (float& x : decay) x = std::fabs(x);
    for (float& x : beta) x = std::fabs(x);
  }
  int64_t stride() const { return k_dim + 3; }
  static constexpr int64_t kValueStride = kDeltaColumns + 5, kGateStride = 2;

  struct Result {
    std::vector<float> out, state;
    bool operator==(const Result&) const = default;
  };
  // In two calls, cut before token `cut`.
  Result run(const KernelTable& table, int64_t cut) const {
    Result result{std::vector<float>(size_t(n_tokens * kValueStride), 0.0f), state};
    for (const auto& [begin, end] : {std::pair(int64_t{0}, cut), std::pair(cut, n_tokens)}) {
      if (begin == end) continue;
      table.recurrent.delta({.panel = result.state.data(),
                             .k_dim = k_dim,
                             .n_tokens = end - begin,
                             .q = q.data() + begin * stride(),
                             .k = k.data() + begin * stride(),
                             .qk_stride = stride(),
                             .v = v.data() + begin * kValueStride,
                             .v_stride = kValueStride,
                             .decay = decay.data() + begin * kGateStride,
                             .beta = beta.data() + begin * kGateStride,
                             .gate_stride = kGateStride,
                             .out = result.out.data() + begin * kValueStride,
                             .out_stride = kValueStride});
    }
    return result;
  }

  int64_t k_dim, n_tokens;
  std::vector<float> state, q, k, v, decay, beta;
};

TEST(RecurrentKernels, DeltaEqualsGenericAndForgetsWhereCallsWereCut) {
  Rng rng(1);
  for (const int64_t k_dim : {16, 48, 128, 192}) {
    const PanelCase c(rng, k_dim, 9);
    const PanelCase::Result expected = c.run(generic_level().table, 0);
    for (const TestedLevel& level : tested_levels()) {
      SCOPED_TRACE(level.name + ", " + std::to_string(k_dim));
      const PanelCase::Result whole = c.run(level.table, 0);
      // Elements stay below 4 and a sum of k_dim of them, each times at most one over the root of
      // k_dim, rounds √k_dim times on average; nine tokens pass it on.
      const double tolerance = 9 * 4 * kEps * (std::sqrt(double(k_dim)) + 8);
      for (size_t i = 0; i < whole.out.size(); ++i) {
        ASSERT_NEAR(double(whole.out[i]), double(expected.out[i]), tolerance) << i;
      }
      for (size_t i = 0; i < whole.state.size(); ++i) {
        ASSERT_NEAR(double(whole.state[i]), double(expected.state[i]), tolerance) << i;
      }
      for (int64_t cut = 1; cut < c.n_tokens; ++cut) EXPECT_EQ(c.run(level.table, cut), whole);
    }
  }
}

TEST(RecurrentKernels, ConvolveEqualsGeneric) {
  Rng rng(2);
  constexpr int64_t kChannels = 48, kStride = 53, kMostTaps = 5;
  const std::vector<float> weight = random_floats(rng, kMostTaps * kStride, 1);
  const std::vector<float> x = random_floats(rng, kMostTaps * kStride, 2);
  for (int64_t n_taps = 1; n_taps <= kMostTaps; ++n_taps) {
    std::vector<const float*> inputs;
    for (int64_t j = 0; j < n_taps; ++j) inputs.push_back(x.data() + (j * 3 % n_taps) * kStride);
    const auto run = [&](const TestedLevel& level) {
      std::vector<float> out(kChannels + 1, 7.0f);
      level.table.recurrent.convolve(
          {out.data(), inputs.data(), weight.data(), kStride, n_taps, kChannels});
      return out;
    };
    const std::vector<float> expected = run(generic_level());
    for (const TestedLevel& level : tested_levels()) {
      SCOPED_TRACE(level.name + ", " + std::to_string(n_taps));
      const std::vector<float> found = run(level);
      for (size_t i = 0; i < found.size(); ++i) {
        ASSERT_NEAR(double(found[i]), double(expected[i]), 2.0 * double(n_taps) * 2 * kEps) << i;
      }
    }
  }
}

struct Shape {
  int64_t n_k_heads = 2;
  int64_t n_v_heads = 4;
  int64_t k_dim = 32;
  int64_t v_dim = 48;
  KeyHeads key_heads = KeyHeads::kBlocks;
  bool joint_gates = false;  // alpha and beta interleaved by key head in one tensor
  int64_t n_taps = 4;

  int64_t n_channels() const { return 2 * n_k_heads * k_dim + n_v_heads * v_dim; }
};

constexpr Shape kShapes[] = {
    {},
    {.key_heads = KeyHeads::kCyclic},
    {.n_k_heads = 1, .n_v_heads = 3, .k_dim = 128, .v_dim = 16, .joint_gates = true},
    {.n_k_heads = 3, .n_v_heads = 3, .k_dim = 16, .v_dim = 128, .n_taps = 2},
};

// The layers' memory and inputs of a few sequences on one back end.
class Rig {
 public:
  enum class Way { kComposed, kBackend };
  Rig(const Shape& shape, const Options& options, Way way)
      : shape_(shape), way_(way), backend_(make_backend(options)) {
    Rng rng(7);
    const int64_t n_v = shape.n_v_heads;
    a_ = upload(random_floats(rng, n_v, 1), {n_v});
    for (float& x : values(a_)) x = -1.5f * std::fabs(x);
    dt_bias_ = upload(random_floats(rng, n_v, 2), {n_v});
    weight_ = upload(random_floats(rng, shape.n_taps * shape.n_channels(), 1),
                     {shape.n_taps, shape.n_channels()});
    const size_t n_convolved = size_t(kSlots * (shape.n_taps - 1) * shape.n_channels());
    // What an earlier owner of the slots may have left there.
    convolved_ = upload(std::vector<float>(n_convolved, NAN),
                        {kSlots, shape.n_taps - 1, shape.n_channels()});
    const size_t n_state = size_t(kSlots * n_v * shape.k_dim * shape.v_dim);
    states_ = upload(std::vector<float>(n_state, NAN), {kSlots, n_v, shape.k_dim, shape.v_dim});
  }

  struct Part {
    int sequence;
    int64_t begin;
    int64_t n;
    int32_t to_slot = -1;  // where its state goes to; -1: it stays
  };
  // Rows [begin, begin + n) of sequences, each an endless table of its own, through the convolution
  // and the delta rule; [rows, n_v_heads * v_dim].
  std::vector<float> run(const std::vector<Part>& parts) {
    std::vector<SequenceRows> rows;
    std::vector<float> x, gates;
    for (const Part& part : parts) {
      int32_t& slot = slots_[size_t(part.sequence)];
      rows.push_back({.first_row = int(int64_t(x.size()) / shape_.n_channels()),
                      .n_rows = int(part.n),
                      .first_pos = int32_t(part.begin),
                      .slot = part.to_slot >= 0 ? part.to_slot : slot,
                      .from_slot = part.to_slot >= 0 ? slot : -1});
      slot = rows.back().slot;
      for (int64_t i = part.begin; i < part.begin + part.n; ++i) {
        Rng rng(uint64_t(part.sequence * 1000 + i + 1));
        const auto append = [](std::vector<float>& to, const std::vector<float>& more) {
          to.insert(to.end(), more.begin(), more.end());
        };
        append(x, random_floats(rng, shape_.n_channels(), 1));
        append(gates, random_floats(rng, 2 * shape_.n_v_heads, 3));
      }
    }
    const int64_t n = int64_t(x.size()) / shape_.n_channels();
    const Tensor in = upload(x, {n, shape_.n_channels()});
    const Tensor mixed = upload(std::vector<float>(x.size(), NAN), {n, shape_.n_channels()});
    const int64_t n_out = shape_.n_v_heads * shape_.v_dim;
    const Tensor out = upload(std::vector<float>(size_t(n * n_out), NAN), {n, n_out});
    call(in, mixed, upload(gates, {n, 2 * shape_.n_v_heads}), out, rows);
    const std::span<const float> result = values(out);
    std::vector<float> copy(result.begin(), result.end());
    buffers_.resize(5);  // the weights and states stay
    return copy;
  }

 private:
  static constexpr int64_t kSlots = 5;

  Tensor upload(const std::vector<float>& from, std::initializer_list<int64_t> shape) {
    buffers_.push_back(backend_->alloc(from.size() * sizeof(float)));
    const Tensor tensor = make_tensor(DType::kF32, shape, *buffers_.back(), 0);
    backend_->upload(tensor, std::as_bytes(std::span(from)));
    return tensor;
  }
  static std::span<float> values(const Tensor& t) {
    return {data_of<float>(t), size_t(t.n_elements())};
  }

  Tensor gate(const Tensor& gates, int which) const {
    if (!shape_.joint_gates) {
      return split_heads(slice_cols(gates, which * shape_.n_v_heads, shape_.n_v_heads), 1);
    }
    const int64_t per_key = shape_.n_v_heads / shape_.n_k_heads;
    return slice_cols(split_heads(gates, shape_.n_k_heads), which * per_key, per_key);
  }

  void call(const Tensor& in, const Tensor& mixed, const Tensor& gates, const Tensor& out,
            std::span<const SequenceRows> rows) {
    const int64_t n_qk = shape_.n_k_heads * shape_.k_dim;
    const DeltaNetInputs inputs{
        .q = split_heads(slice_cols(mixed, 0, n_qk), shape_.n_k_heads),
        .k = split_heads(slice_cols(mixed, n_qk, n_qk), shape_.n_k_heads),
        .v = split_heads(slice_cols(mixed, 2 * n_qk, shape_.n_v_heads * shape_.v_dim),
                         shape_.n_v_heads),
        .alpha = gate(gates, 0),
        .beta = gate(gates, 1)};
    const ShortConvolution convolution{weight_, convolved_, ConvolutionOutput::kSilu};
    const DeltaNetParams params{
        .a = a_, .dt_bias = dt_bias_, .states = states_, .key_heads = shape_.key_heads};
    const Tensor heads = split_heads(out, shape_.n_v_heads);
    if (way_ == Way::kBackend) {
      backend_->short_convolution(mixed, in, convolution, rows);
      backend_->delta_net(heads, inputs, params, rows);
    } else {
      backend_->Backend::short_convolution(mixed, in, convolution, rows);
      backend_->Backend::delta_net(heads, inputs, params, rows);
    }
  }

  Shape shape_;
  Way way_;
  std::array<int32_t, 3> slots_{1, 3, 0};  // of the sequences
  std::unique_ptr<Backend> backend_;
  std::vector<BufferPtr> buffers_;
  Tensor a_, dt_bias_, weight_, convolved_, states_;
};

TEST(Recurrent, EqualsTheComposedVerbsOnEveryLevel) {
  for (const Shape& shape : kShapes) {
    Rig composed(shape, {.n_threads = 1}, Rig::Way::kComposed);
    const std::vector<std::vector<Rig::Part>> calls = {{{0, 0, 20}, {1, 0, 3}},
                                                       {{1, 3, 1}, {0, 20, 1, 2}},
                                                       {{1, 4, 17, 4}, {2, 0, 1}},
                                                       {{0, 21, 2, 1}, {1, 21, 1}}};
    std::vector<std::vector<float>> expected;
    for (const auto& parts : calls) expected.push_back(composed.run(parts));
    for (const Level& level : levels()) {
      if (!level.supported) continue;
      SCOPED_TRACE(level.name);
      Rig rig(shape, {.n_threads = 2, .isa = std::string(level.name)}, Rig::Way::kBackend);
      for (size_t call = 0; call < calls.size(); ++call) {
        const std::vector<float> found = rig.run(calls[call]);
        ASSERT_EQ(found.size(), expected[call].size());
        for (size_t i = 0; i < found.size(); ++i) {
          // Sums of k_dim terms below one, whose errors up to forty steps pass on; exponentials of
          // numbers up to eight.
          const double tolerance = 40 * kEps * (std::sqrt(double(shape.k_dim)) + 8);
          ASSERT_NEAR(double(found[i]), double(expected[call][i]), tolerance) << call << " " << i;
        }
      }
    }
  }
}

TEST(Recurrent, ASequenceIsTheSameBitsInAnyChunksInAnyCompanyInAnySlotsOnAnyThreads) {
  constexpr int64_t kRows = 41;
  for (const Shape& shape : kShapes) {
    const auto width = size_t(shape.n_v_heads * shape.v_dim);
    Rig alone(shape, {.n_threads = 1}, Rig::Way::kBackend);
    const std::vector<float> whole = alone.run({{0, 0, kRows}});
    for (const int n_threads : {1, 3}) {
      for (const int64_t chunk : {1, 2, 7, 40}) {
        Rig rig(shape, {.n_threads = n_threads}, Rig::Way::kBackend);
        std::vector<float> found;
        for (int64_t at = 0; at < kRows; at += chunk) {
          // A neighbour before it in the call, with more rows at a time.
          const int64_t n = std::min(chunk, kRows - at);
          const int32_t to_slot = at / chunk % 2 == 0 ? 2 : 1;
          const std::vector<float> both = rig.run({{1, 2 * at, 2 * n}, {0, at, n, to_slot}});
          found.insert(found.end(), both.begin() + int64_t(width) * 2 * n, both.end());
        }
        EXPECT_EQ(found, whole) << "chunks of " << chunk;
      }
    }
  }
}

}  // namespace
}  // namespace ridge::cpu::testing
