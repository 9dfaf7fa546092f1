#include "kv/pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "base/error.h"

namespace ridge {
namespace {

class FakeBuffer final : public Buffer {
 public:
  explicit FakeBuffer(size_t n_bytes) : n_bytes_(n_bytes) {}
  size_t size() const override { return n_bytes_; }

 private:
  size_t n_bytes_;
};

// Counts bytes and computes nothing: the pool may allocate and copy slots.
class FakeBackend final : public Backend {
 public:
  std::string_view name() const override { return "fake"; }
  std::string description() const override { return "fake"; }
  double measure_read_bandwidth(size_t) override { return 0; }
  BufferPtr alloc(size_t n_bytes) override {
    if (n_bytes > limit) fail(ErrorCode::kOutOfMemory, "the fake back end is full");
    return std::make_unique<FakeBuffer>(n_bytes);
  }
  WeightPtr make_weight(const WeightSource&) override { return unexpected(), nullptr; }
  size_t memory_of(const WeightSource&) const override { return 0; }
  void upload(const Tensor&, std::span<const std::byte>) override { unexpected(); }
  void download(const Tensor&, std::span<std::byte>) override { unexpected(); }
  void sync() override { unexpected(); }
  void embed(const Tensor&, const Weight&, std::span<const int32_t>, float) override {
    unexpected();
  }
  void rms_norm(const Tensor&, const Tensor&, const Tensor&, float) override { unexpected(); }
  void layer_norm(const Tensor&, const Tensor&, const LayerNormParams&) override { unexpected(); }
  void matmul(const Tensor&, std::span<const Projection>, Store) override { unexpected(); }
  void gated_activation(const Tensor&, const Tensor&, const Tensor&, Activation) override {
    unexpected();
  }
  void activation(const Tensor&, Activation) override { unexpected(); }
  void rope(const Tensor&, std::span<const int32_t>, const RopeParams&) override { unexpected(); }
  void kv_write(const KvView&, const Tensor&, const Tensor&,
                std::span<const SequenceRows>) override {
    unexpected();
  }
  void attention(const Tensor&, const Tensor&, const KvView&, std::span<const SequenceRows>,
                 const AttentionParams&) override {
    unexpected();
  }
  void copy(const Tensor&, const Tensor&) override { unexpected(); }
  void add(const Tensor&, const Tensor&) override { unexpected(); }
  void softcap(const Tensor&, float) override { unexpected(); }
  void scale(const Tensor&, float) override { unexpected(); }
  void scale_rows(const Tensor&, std::span<const float>) override { unexpected(); }
  void gather_rows(const Tensor& out, const Tensor& x, std::span<const int32_t> rows) override {
    const int64_t row = int64_t((out.offset - x.offset) / sizeof(float)) / x.stride[0];
    copies.push_back({rows[0], int32_t(row), x.cols()});
  }

  struct Copy {
    int32_t from, to;
    int64_t n_floats;
    bool operator==(const Copy&) const = default;
  };
  std::vector<Copy> copies;  // of slots
  size_t limit = SIZE_MAX;

 private:
  static void unexpected() { ADD_FAILURE() << "the pool called a verb"; }
};

// A window below zero: chunks of that size.
LayerSpec layer(int64_t window, int64_t n_kv_heads = 2, int64_t k_dim = 64, int64_t v_dim = 64) {
  return {.mixer = AttentionSpec{.n_heads = 4,
                                 .n_kv_heads = n_kv_heads,
                                 .k_dim = k_dim,
                                 .v_dim = v_dim,
                                 .window = std::abs(window),
                                 .chunked = window < 0}};
}

ModelSpec spec_of(std::initializer_list<int64_t> windows) {
  ModelSpec spec;
  for (int64_t window : windows) spec.layers.push_back(layer(window));
  return spec;
}

LayerSpec latent(int64_t latent_dim, int64_t rope_dim) {
  return {.mixer = LatentAttentionSpec{
              .n_heads = 4, .latent_dim = latent_dim, .rope = {.n_rotated = rope_dim}}};
}

LayerSpec delta_net() {
  return {.mixer =
              DeltaNetSpec{.n_k_heads = 2, .n_v_heads = 4, .k_dim = 32, .v_dim = 16, .n_taps = 4}};
}
constexpr int64_t kInputs = 3 * (2 * 2 * 32 + 4 * 16), kMatrices = 4 * 32 * 16;  // floats

// Layers that see all, that see 32 tokens, and that remember.
ModelSpec hybrid_spec() {
  ModelSpec spec = spec_of({0, 32});
  spec.layers.push_back(delta_net());
  spec.layers.push_back({.mixer = ShortConvSpec{.d_model = 64, .n_taps = 3}});
  return spec;
}

void extend(KvSequence& sequence, int64_t n) {
  sequence.reserve(n);
  sequence.commit(n);
}

ErrorCode code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::kCancelled;
}

TEST(KvBytes, SumsEachKindOfLayer) {
  ModelSpec spec = spec_of({0, 512, 512, 0, 512});
  spec.layers[3] = layer(0, 1, 256, 128);
  const std::vector<KvKindBytes> kinds = kv_bytes(spec, DType::kF16, DType::kQ8_0);
  ASSERT_EQ(kinds.size(), 2u);
  EXPECT_EQ(kinds[0].kind, "full");
  EXPECT_EQ(kinds[0].n_layers, 2);
  EXPECT_EQ(kinds[0].bytes_per_token, 2 * (64 * 2 + 2 * 34) + (256 * 2 + 4 * 34));
  EXPECT_EQ(kinds[0].tokens_per_sequence, 0);
  EXPECT_EQ(kinds[1].kind, "window 512");
  EXPECT_EQ(kinds[1].n_layers, 3);
  EXPECT_EQ(kinds[1].bytes_per_token, 3 * 2 * (64 * 2 + 2 * 34));
  EXPECT_EQ(kinds[1].tokens_per_sequence, 512);
}

// Two layers that keep a cache, and two that read the first one's.
ModelSpec sharing_spec() {
  ModelSpec spec = spec_of({512, 0, 512, 512});
  for (size_t i : {2, 3}) std::get<AttentionSpec>(spec.layers[i].mixer).kv_layer = 0;
  return spec;
}

TEST(KvBytes, ASharedCacheIsKeptOnceAndReadByEachLayer) {
  const std::vector<KvKindBytes> kinds = kv_bytes(sharing_spec(), DType::kF16, DType::kF16);
  ASSERT_EQ(kinds.size(), 2u);
  const int64_t row = 2 * (64 + 64) * 2;  // KV heads, K and V, bytes
  EXPECT_EQ(kinds[0].n_layers, 1);
  EXPECT_EQ(kinds[0].bytes(1000), 512 * row);
  EXPECT_EQ(kinds[0].bytes_read(1000), 3 * 512 * row);
  EXPECT_EQ(kinds[1].bytes(1000), 1000 * row);
  EXPECT_EQ(kinds[1].bytes_read(1000), 1000 * row);
}

TEST(KvPool, LayersThatShareACacheHaveTheSamePages) {
  FakeBackend backend;
  const KvOptions options{.n_tokens = 64};
  KvPool pool(backend, sharing_spec(), options);
  EXPECT_EQ(pool.n_bytes(), KvPool::memory_of(backend, spec_of({512, 0}), options));
  KvSequence sequence = pool.create();
  extend(sequence, 40);
  for (int layer : {2, 3}) {
    EXPECT_EQ(pool.view(layer).k.offset, pool.view(0).k.offset);
    EXPECT_EQ(pool.view(layer).v.offset, pool.view(0).v.offset);
    EXPECT_EQ(sequence.pages(layer).data(), sequence.pages(0).data());
  }
  EXPECT_NE(pool.view(1).k.offset, pool.view(0).k.offset);
}

// DeepSeek V3: 576 values of a token and layer are K, and 512 of them V.
TEST(KvBytes, LatentVectorsAreKeptOnce) {
  ModelSpec spec;
  spec.layers.assign(61, latent(512, 64));
  const auto bytes_per_token = [&](DType k_dtype) {
    const std::vector<KvKindBytes> kinds = kv_bytes(spec, k_dtype, DType::kF16);
    EXPECT_EQ(kinds.size(), 1u);
    EXPECT_EQ(kinds[0].kind, "latent");
    EXPECT_EQ(kinds[0].tokens_per_sequence, 0);
    return kinds[0].bytes_per_token;
  };
  EXPECT_EQ(bytes_per_token(DType::kF16), 61 * 576 * 2);
  EXPECT_EQ(bytes_per_token(DType::kQ8_0), 61 * 576 / 32 * 34);
}

TEST(KvBytes, StatesCostTheSameWhateverTheLength) {
  const std::vector<KvKindBytes> kinds = kv_bytes(hybrid_spec(), DType::kF16, DType::kF16);
  ASSERT_EQ(kinds.size(), 3u);
  EXPECT_EQ(kinds[2].kind, "recurrent");
  EXPECT_EQ(kinds[2].n_layers, 2);
  EXPECT_EQ(kinds[2].bytes_per_token, 0);
  EXPECT_EQ(kinds[2].bytes_per_sequence, 4 * (kInputs + kMatrices + 2 * 64));
  EXPECT_EQ(kinds[2].bytes(1), kinds[2].bytes(1000));
  EXPECT_EQ(kinds[1].bytes(1000), 32 * kinds[1].bytes_per_token);
}

TEST(KvPool, GivesEachSequenceASlotOfEachRecurrentLayer) {
  FakeBackend backend;
  KvPool pool(backend, hybrid_spec(), {.n_tokens = 64, .n_sequences = 2, .n_checkpoints = 1});
  EXPECT_TRUE(pool.has_states());
  const RecurrentView net = pool.states(2), convolution = pool.states(3);
  EXPECT_EQ(net.inputs.shape, (std::array<int64_t, 4>{4, 3, 192, 0}));
  EXPECT_EQ(net.matrices.shape, (std::array<int64_t, 4>{4, 4, 32, 16}));
  EXPECT_GE(net.matrices.offset, net.inputs.offset + sizeof(float) * 4 * kInputs);
  EXPECT_EQ(convolution.inputs.shape, (std::array<int64_t, 4>{4, 2, 64, 0}));
  EXPECT_FALSE(convolution.matrices);
  KvSequence a = pool.create(), b = pool.create();
  EXPECT_EQ(a.slot(), -1);
  extend(a, 1);
  extend(b, 1);
  EXPECT_NE(a.slot(), b.slot());
  EXPECT_TRUE(a.pages(2).empty());
}

TEST(KvPool, RefusesASequenceWithoutASlotAndChangesNothing) {
  FakeBackend backend;
  KvPool pool(backend, hybrid_spec(), {.n_tokens = 64, .n_sequences = 1});
  KvSequence a = pool.create(), b = pool.create();
  extend(a, 1);
  const int64_t free_tokens = pool.free_tokens();
  EXPECT_EQ(code_of([&] { b.reserve(1); }), ErrorCode::kOutOfMemory);
  EXPECT_EQ(pool.free_tokens(), free_tokens);
  EXPECT_EQ(a.truncate(0), 0);
  extend(b, 1);
}

TEST(KvSequence, StatesGoBackToTheLastCheckpointBefore) {
  FakeBackend backend;
  KvPool pool(backend, hybrid_spec(), {.n_tokens = 256, .n_sequences = 1, .n_checkpoints = 2});
  KvSequence sequence = pool.create();
  sequence.checkpoint();  // of nothing
  EXPECT_TRUE(backend.copies.empty());
  for (int i = 0; i < 3; ++i) {
    extend(sequence, 10);
    sequence.checkpoint();  // after 10, 20 and 30: the third replaces the first
  }
  extend(sequence, 10);
  EXPECT_EQ(sequence.truncate(40), 40);
  const int32_t kept = backend.copies[3].to;  // after 20
  EXPECT_EQ(backend.copies[6].to, backend.copies[0].to);
  backend.copies.clear();
  EXPECT_EQ(sequence.truncate(29), 20);
  const std::vector<FakeBackend::Copy> back = {{kept, sequence.slot(), kInputs},
                                               {kept, sequence.slot(), kMatrices},
                                               {kept, sequence.slot(), 2 * 64}};
  EXPECT_EQ(backend.copies, back);
  EXPECT_EQ(sequence.n_tokens(), 20);
  EXPECT_EQ(sequence.truncate(19), 0) << "the first checkpoint is gone";
  EXPECT_EQ(sequence.slot(), -1);
  EXPECT_EQ(pool.free_tokens(), 256);
  for (int i = 0; i < 3; ++i) {  // no slot was lost
    extend(sequence, 10);
    sequence.checkpoint();
  }
}

TEST(KvSequence, ATrialWritesStatesElsewhereUntilItIsAccepted) {
  FakeBackend backend;
  KvPool pool(backend, hybrid_spec(), {.n_tokens = 256, .n_trial = 8});
  KvSequence sequence = pool.create();
  extend(sequence, 20);
  const int32_t before = sequence.slot();
  EXPECT_EQ(sequence.from_slot(), -1);
  for (int i = 0; i < 3; ++i) {
    sequence.begin_trial();
    sequence.reserve(3);
    const int32_t during = sequence.slot();
    EXPECT_NE(during, before);
    EXPECT_EQ(sequence.from_slot(), before);
    sequence.commit(3);
    EXPECT_EQ(sequence.from_slot(), -1) << "they are in the new slot now";
    extend(sequence, 5);
    EXPECT_EQ(sequence.n_tokens(), 28);
    sequence.take_back_trial();
    EXPECT_EQ(sequence.n_tokens(), 20);
    EXPECT_EQ(sequence.slot(), before);
    EXPECT_EQ(sequence.from_slot(), -1);
  }
  sequence.begin_trial();
  sequence.accept_trial();  // of nothing
  EXPECT_EQ(sequence.slot(), before);
  sequence.begin_trial();
  extend(sequence, 2);
  sequence.accept_trial();
  EXPECT_EQ(sequence.n_tokens(), 22);
  EXPECT_NE(sequence.slot(), before);
  sequence.begin_trial();
  extend(sequence, 2);
  EXPECT_EQ(sequence.slot(), before) << "there are two, in turn";
  EXPECT_TRUE(backend.copies.empty());
}

TEST(KvSequence, AWindowHoldsDuringATrialWhatItHeldBefore) {
  FakeBackend backend;
  KvPool pool(backend, spec_of({0, 32}),
              {.n_tokens = 1024, .max_batch = 16, .page_size = 1, .n_trial = 16});
  KvSequence sequence = pool.create();
  for (int i = 0; i < 10; ++i) extend(sequence, 10);
  const auto first_held = [&] {
    const auto pages = sequence.pages(1);
    return std::ranges::find_if(pages, [](int32_t page) { return page >= 0; }) - pages.begin();
  };
  EXPECT_EQ(first_held(), 69);
  sequence.begin_trial();
  extend(sequence, 16);
  EXPECT_EQ(first_held(), 69);
  sequence.take_back_trial();
  sequence.commit(4);  // of the sixteen, whose pages are as they were
  EXPECT_EQ(sequence.n_tokens(), 104);
  EXPECT_EQ(first_held(), 73);
  sequence.begin_trial();
  extend(sequence, 16);
  sequence.accept_trial();
  EXPECT_EQ(first_held(), 89);
}

TEST(KvSequence, WithoutCheckpointsStatesCannotGoBack) {
  FakeBackend backend;
  KvPool pool(backend, hybrid_spec(), {.n_tokens = 256});
  KvSequence sequence = pool.create();
  extend(sequence, 20);
  sequence.checkpoint();
  EXPECT_TRUE(backend.copies.empty());
  EXPECT_EQ(sequence.truncate(20), 20);
  EXPECT_EQ(sequence.truncate(19), 0);
}

TEST(KvPool, LaysLayersOutWithoutOverlap) {
  FakeBackend backend;
  ModelSpec spec = spec_of({0, 100, 0});
  spec.layers[2] = layer(0, 3, 96, 32);
  const KvOptions options{.v_dtype = DType::kQ8_0, .n_tokens = 1000, .page_size = 16};
  const KvPool pool(backend, spec, options);
  size_t end = 0;
  for (int i = 0; i < 3; ++i) {
    const KvView view = pool.view(i);
    EXPECT_EQ(view.page_size(), 16);
    for (const Tensor& t : {view.k, view.v}) {
      EXPECT_GE(t.offset, end);
      end = t.offset + size_t(row_bytes(t.dtype, t.n_elements()));
      EXPECT_LE(end, t.buffer->size());
      EXPECT_EQ(t.stride[0], t.shape[1] * t.shape[2] * t.shape[3]);
      EXPECT_EQ(t.stride[3], 1);
    }
    EXPECT_EQ(view.k.dtype, DType::kF16);
    EXPECT_EQ(view.v.dtype, DType::kQ8_0);
  }
  EXPECT_EQ(pool.view(2).k.shape[3], 96);
  EXPECT_EQ(pool.view(2).v.shape[3], 32);
  EXPECT_EQ(pool.n_bytes(), int64_t(pool.view(0).k.buffer->size()));
}

TEST(KvPool, VOfLatentLayersIsTheBeginningOfKsRows) {
  FakeBackend backend;
  ModelSpec spec = spec_of({0, 0});
  spec.layers[1] = latent(96, 32);
  const KvPool pool(
      backend, spec,
      {.k_dtype = DType::kQ8_0, .v_dtype = DType::kF16, .n_tokens = 100, .page_size = 16});
  const KvView view = pool.view(1);
  EXPECT_EQ(view.k.shape, (std::array<int64_t, 4>{7, 1, 16, 128}));
  EXPECT_EQ(view.v.shape, (std::array<int64_t, 4>{7, 1, 16, 96}));
  EXPECT_EQ(view.v.stride, view.k.stride);
  EXPECT_EQ(view.v.offset, view.k.offset);
  EXPECT_EQ(view.v.dtype, DType::kQ8_0);
  EXPECT_LE(view.k.offset + size_t(row_bytes(DType::kQ8_0, view.k.n_elements())),
            view.k.buffer->size());
  EXPECT_EQ(pool.free_tokens(), 7 * 16);
}

TEST(KvPool, RefusesWhatItCannotHave) {
  FakeBackend backend;
  const auto refused = [&](const KvOptions& options, int64_t k_dim = 64) {
    ModelSpec spec = spec_of({0});
    spec.layers[0] = layer(0, 2, k_dim);
    return code_of([&] { KvPool(backend, spec, options); });
  };
  EXPECT_EQ(refused({.k_dtype = DType::kF32}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused({.v_dtype = DType::kQ4_0}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused({.k_dtype = DType::kQ8_0}, 80), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused({.n_tokens = 0}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused({.n_tokens = INT64_MAX}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused({.n_sequences = -1}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused({.max_batch = 0}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused({.page_size = 0}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused({.n_tokens = int64_t{1} << 30}, int64_t{1} << 20), ErrorCode::kOutOfMemory);
  backend.limit = 1000;
  EXPECT_EQ(refused({}), ErrorCode::kOutOfMemory);
}

TEST(KvPool, HoldsTheTokensItWasAskedFor) {
  FakeBackend backend;
  for (int64_t n_sequences : {1, 3}) {
    KvPool pool(backend, spec_of({0, 20}),
                {.n_tokens = 300, .n_sequences = n_sequences, .max_batch = 7, .page_size = 16});
    EXPECT_GE(pool.free_tokens(), 300);
    std::vector<KvSequence> sequences;
    for (int64_t i = 0; i < n_sequences; ++i) sequences.push_back(pool.create());
    for (int64_t i = 0; i < 300; ++i) {
      KvSequence& sequence = sequences[size_t(i % n_sequences)];
      sequence.reserve(1);
      sequence.commit(1);
    }
  }
}

TEST(KvPool, AWindowNeverNeedsMoreThanItsShare) {
  FakeBackend backend;
  for (int page_size : {1, 7, 16, 32}) {
    for (int64_t window : {1, 2, 16, 33, 100}) {
      for (int64_t batch : {1, 5, 64}) {
        KvPool pool(
            backend, spec_of({window}),
            {.n_tokens = 1 << 20, .n_sequences = 2, .max_batch = batch, .page_size = page_size});
        KvSequence a = pool.create();
        KvSequence b = pool.create();
        for (int64_t i = 0; i < 60; ++i) {
          for (KvSequence* sequence : {&a, &b}) {
            const int64_t n = i % 3 == 0 ? batch : 1 + i % batch;
            sequence->reserve(n);
            sequence->commit(n);
          }
        }
      }
    }
  }
}

TEST(KvSequence, TruncateForgetsOnlyWhatItMust) {
  FakeBackend backend;
  KvPool pool(backend, spec_of({0, 32}), {.n_tokens = 1024, .max_batch = 200, .page_size = 16});
  KvSequence sequence = pool.create();
  sequence.reserve(100);
  sequence.commit(100);  // the window sees 69 … 99 next: pages 0–3 are let go
  EXPECT_EQ(sequence.truncate(200), 100);
  EXPECT_EQ(sequence.truncate(100), 100);
  EXPECT_EQ(sequence.truncate(95), 95);  // would see 64 …
  EXPECT_EQ(sequence.truncate(94), 0);   // would see 63, which is gone
  EXPECT_EQ(sequence.n_tokens(), 0);
  EXPECT_EQ(pool.free_tokens(), 1024);
  EXPECT_TRUE(sequence.pages(0).empty());
  EXPECT_TRUE(sequence.pages(1).empty());
}

TEST(KvSequence, MovesKeepThePages) {
  FakeBackend backend;
  KvPool pool(backend, spec_of({0}), {.n_tokens = 64, .max_batch = 64, .page_size = 16});
  KvSequence a = pool.create();
  a.reserve(20);
  a.commit(20);
  KvSequence b = std::move(a);
  EXPECT_EQ(b.n_tokens(), 20);
  EXPECT_EQ(pool.free_tokens(), 32);
  b = pool.create();
  EXPECT_EQ(pool.free_tokens(), 64);
}

// The laws, checked after each of many random steps against a model that knows only token counts.
class PoolModel {
 public:
  PoolModel(uint32_t seed, std::vector<int64_t> windows, const KvOptions& options)
      : random_(seed), windows_(std::move(windows)), pool_(backend_, make_spec(), options) {}

  void step() {
    const int action = pick(0, 9);
    if (entries_.empty() || (action == 0 && entries_.size() < 6)) {
      entries_.push_back({pool_.create()});
    } else {
      Entry& entry = entries_[size_t(pick(0, int(entries_.size()) - 1))];
      if (action == 1) {
        std::swap(entry, entries_.back());
        entries_.pop_back();
      } else if (action == 2) {
        truncate(entry);
      } else if (action < 6) {
        reserve(entry);
      } else {
        commit(entry);
      }
    }
    check();
  }

  void finish() {
    entries_.clear();
    check();
    EXPECT_EQ(pool_.free_tokens(), capacity_);
  }
  int64_t n_refusals() const { return n_refusals_; }

 private:
  struct Entry {
    KvSequence sequence;
    int64_t n_tokens = 0;
    int64_t covered = 0;
  };

  ModelSpec make_spec() const {
    ModelSpec spec;
    for (int64_t window : windows_) spec.layers.push_back(layer(window));
    return spec;
  }
  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  std::vector<std::vector<int32_t>> tables(const Entry& entry) const {
    std::vector<std::vector<int32_t>> out;
    for (int i = 0; i < int(windows_.size()); ++i) {
      const auto pages = entry.sequence.pages(i);
      out.emplace_back(pages.begin(), pages.end());
    }
    return out;
  }

  void reserve(Entry& entry) {
    const int64_t n = pick(0, int(pool_.options().max_batch));
    const auto before = tables(entry);
    const int64_t free_before = pool_.free_tokens();
    try {
      entry.sequence.reserve(n);
      entry.covered = std::max(entry.covered, entry.n_tokens + n);
    } catch (const Error& error) {
      ++n_refusals_;
      EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory);
      EXPECT_EQ(tables(entry), before);
      EXPECT_EQ(pool_.free_tokens(), free_before);
    }
  }

  void commit(Entry& entry) {
    const int64_t n = pick(0, int(entry.covered - entry.n_tokens));
    entry.sequence.commit(n);
    entry.n_tokens += n;
  }

  void truncate(Entry& entry) {
    const int64_t length = pick(std::max(0, int(entry.n_tokens) - 40), int(entry.n_tokens) + 3);
    const int64_t survived = entry.sequence.truncate(length);
    if (length >= entry.n_tokens) {
      EXPECT_EQ(survived, entry.n_tokens);
    } else {
      EXPECT_TRUE(survived == length || survived == 0);
      entry.n_tokens = entry.covered = survived;
    }
  }

  void check() const {
    const int64_t page_size = pool_.options().page_size;
    for (int i = 0; i < int(windows_.size()); ++i) {
      std::set<int32_t> held;
      for (const Entry& entry : entries_) {
        ASSERT_EQ(entry.sequence.n_tokens(), entry.n_tokens);
        const auto pages = entry.sequence.pages(i);
        ASSERT_EQ(int64_t(pages.size()), (entry.covered + page_size - 1) / page_size);
        const int64_t window = windows_[size_t(i)];
        const int64_t first = window == 0  ? 0
                              : window < 0 ? entry.n_tokens - entry.n_tokens % window
                                           : std::max<int64_t>(0, entry.n_tokens - window + 1);
        for (int64_t p = 0; p < int64_t(pages.size()); ++p) {
          if (pages[size_t(p)] < 0) {
            ASSERT_LE((p + 1) * page_size, first) << "a visible position has no page";
            continue;
          }
          ASSERT_GT((p + 1) * page_size, first) << "a page that nobody sees is held";
          ASSERT_LT(pages[size_t(p)], pool_.view(i).k.shape[0]);
          ASSERT_TRUE(held.insert(pages[size_t(p)]).second) << "a page has two owners";
        }
      }
      if (windows_[size_t(i)] == 0) {
        ASSERT_EQ(pool_.free_tokens(), capacity_ - int64_t(held.size()) * page_size);
      }
      // Layers of one reach share a table.
      for (int j = 0; j < i; ++j) {
        if (windows_[size_t(i)] != windows_[size_t(j)]) continue;
        for (const Entry& entry : entries_) {
          ASSERT_EQ(entry.sequence.pages(i).data(), entry.sequence.pages(j).data());
        }
      }
    }
  }

  std::mt19937 random_;
  std::vector<int64_t> windows_;
  FakeBackend backend_;
  KvPool pool_;
  int64_t capacity_ = pool_.free_tokens();
  std::vector<Entry> entries_;
  int64_t n_refusals_ = 0;
};

TEST(KvPool, KeepsPageAccountingExactUnderRandomUse) {
  struct Case {
    std::vector<int64_t> windows;
    KvOptions options;
  };
  const Case cases[] = {
      {{0, 0}, {.n_tokens = 200, .n_sequences = 4, .max_batch = 40, .page_size = 16}},
      {{0, 20, 0, 20, 64}, {.n_tokens = 300, .n_sequences = 3, .max_batch = 33, .page_size = 8}},
      {{0, -24, 24, -24}, {.n_tokens = 300, .n_sequences = 3, .max_batch = 33, .page_size = 8}},
      {{1, 50}, {.n_tokens = 500, .n_sequences = 2, .max_batch = 10, .page_size = 7}},
      {{0, 5}, {.n_tokens = 64, .n_sequences = 1, .max_batch = 64, .page_size = 1}},
  };
  int64_t n_refusals = 0;
  for (const Case& c : cases) {
    for (uint32_t seed = 0; seed < 5; ++seed) {
      PoolModel model(seed, c.windows, c.options);
      for (int i = 0; i < 400; ++i) {
        model.step();
        if (testing::Test::HasFatalFailure()) return;
      }
      model.finish();
      n_refusals += model.n_refusals();
    }
  }
  EXPECT_GT(n_refusals, 50);  // running out was part of it
}

}  // namespace
}  // namespace ridge
