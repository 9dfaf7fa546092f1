#include "kv/pool.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "kv/free_pages.h"
#include "kv/kinds/kind.h"
#include "kv/page_table.h"
#include "kv/slots.h"

namespace ridge {
namespace {

// Tensors start on a page of the system, so that no two layers share one.
constexpr int64_t kAlignment = 4096;

// Positions, pages and bytes stay far from where their sums could overflow.
constexpr int64_t kMaxTokens = int64_t{1} << 30;
constexpr int64_t kMaxBytes = int64_t{1} << 46;

int64_t div_up(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

struct Group {
  std::unique_ptr<const kv::Kind> kind;
  int64_t n_pages = 0;
  kv::FreePages free;
};

void check_range(std::string_view what, int64_t value, int64_t max) {
  if (value < 1 || value > max) {
    fail(ErrorCode::kInvalidArgument, "the KV cache cannot have ", what, " = ", value,
         "; it takes 1 to ", max);
  }
}

void check_options(const KvOptions& options) {
  check_range("n_tokens", options.n_tokens, kMaxTokens);
  check_range("n_sequences", options.n_sequences, 1 << 20);
  check_range("max_batch", options.max_batch, kMaxTokens);
  check_range("page_size", options.page_size, 1 << 16);
  if (options.n_checkpoints != 0) check_range("n_checkpoints", options.n_checkpoints, 1 << 10);
  if (options.n_trial != 0) check_range("n_trial", options.n_trial, options.max_batch);
}

void check_dtype(std::string_view what, DType dtype, int64_t dim, size_t layer) {
  if (dtype != DType::kF16 && dtype != DType::kQ8_0) {
    fail(ErrorCode::kInvalidArgument, "the KV cache cannot keep ", what, " as ", info(dtype).name,
         "; it can as F16 or Q8_0");
  }
  if (dim % info(dtype).block_size != 0) {
    fail(ErrorCode::kInvalidArgument, "the KV cache cannot keep ", what, " as ", info(dtype).name,
         ": heads of layer ", layer, " have ", dim, " dimensions, which is not a multiple of ",
         info(dtype).block_size);
  }
}

// Most pages that one sequence holds of a group: what the next token sees plus a batch, which may
// begin and end anywhere in a page.
int64_t pages_per_sequence(const kv::Kind& kind, const KvOptions& options) {
  const int64_t longest = div_up(options.n_tokens, options.page_size);
  if (kind.reach() == 0) return longest;
  const int64_t span = kind.reach() - 1 + options.max_batch;
  return std::min(longest, (span + options.page_size - 2) / options.page_size + 1);
}

int64_t pages_of_group(const kv::Kind& kind, const KvOptions& options) {
  // Every sequence but one may waste most of a page on the same n_tokens.
  const int64_t all = div_up(options.n_tokens, options.page_size) + options.n_sequences - 1;
  return std::min(all, pages_per_sequence(kind, options) * options.n_sequences);
}

int64_t n_slots(const KvOptions& options) {
  return options.n_sequences * (1 + options.n_checkpoints + (options.n_trial > 0 ? 1 : 0));
}

constexpr size_t kNoGroup = SIZE_MAX;
struct LayerMemory {
  size_t group = kNoGroup;  // of a layer that attends
  KvView pages = {};
  RecurrentView states = {};  // of one that does not
};

// Lays tensors one after another; the buffer is made when all sizes are known.
class Layout {
 public:
  // The first dimension is that of pages or slots.
  Tensor place(DType dtype, std::initializer_list<int64_t> shape) {
    Tensor t{.dtype = dtype, .rank = int(shape.size()), .offset = size_t(n_bytes_)};
    std::ranges::copy(shape, t.shape.begin());
    int64_t stride = 1;
    for (int i = t.rank - 1; i >= 0; --i) {
      t.stride[size_t(i)] = stride;
      stride *= t.shape[size_t(i)];
    }
    const int64_t page_bytes = row_bytes(dtype, t.stride[0]);
    if (page_bytes > kMaxBytes / t.shape[0]) too_large();
    n_bytes_ += div_up(page_bytes * t.shape[0], kAlignment) * kAlignment;
    if (n_bytes_ > kMaxBytes) too_large();
    return t;
  }
  int64_t n_bytes() const { return n_bytes_; }

 private:
  [[noreturn]] static void too_large() {
    fail(ErrorCode::kOutOfMemory, "the KV cache would take more than ", kMaxBytes >> 40,
         " TiB; use a shorter context");
  }
  int64_t n_bytes_ = 0;
};

// Row `to` of a tensor of slots becomes a copy of row `from`.
void copy_slot(Backend& backend, const Tensor& slots, int32_t from, int32_t to) {
  if (!slots) return;
  Tensor rows = slots;
  rows.rank = 2;
  rows.shape = {slots.shape[0], slots.stride[0]};
  rows.stride = {slots.stride[0], 1};
  backend.gather_rows(slice_rows(rows, to, 1), rows, {&from, 1});
}

}  // namespace

struct KvPool::State {
  Backend& backend;
  KvOptions options;
  bool has_states = false;
  std::vector<Group> groups;
  std::vector<LayerMemory> layers;
  kv::FreePages slots;
  int64_t n_bytes = 0;
  BufferPtr buffer;

  // All but the buffer.
  static State lay_out(Backend& backend, const ModelSpec& spec, const KvOptions& options) {
    check_options(options);
    State state{.backend = backend, .options = options, .slots = kv::FreePages(n_slots(options))};
    Layout layout;
    for (const LayerSpec& layer : spec.layers) state.add_layer(layer, layout);
    state.n_bytes = layout.n_bytes();
    return state;
  }

  void copy_states(int32_t from, int32_t to) {
    for (const LayerMemory& layer : layers) {
      copy_slot(backend, layer.states.inputs, from, to);
      copy_slot(backend, layer.states.matrices, from, to);
    }
  }

  size_t group_of(std::unique_ptr<const kv::Kind> kind) {
    const std::string name = kind->name();
    for (size_t i = 0; i < groups.size(); ++i) {
      if (groups[i].kind->name() == name) return i;
    }
    const int64_t n_pages = pages_of_group(*kind, options);
    groups.push_back({std::move(kind), n_pages, kv::FreePages(n_pages)});
    return groups.size() - 1;
  }

  void add_layer(const LayerSpec& layer, Layout& layout) {
    if (const auto earlier = kv::shared_layer(layer)) {
      layers.push_back(LayerMemory(layers.at(size_t(*earlier))));
      return;
    }
    std::unique_ptr<const kv::Kind> kind = kv::kind_of(layer);
    if (const kv::StateShape* state = kind->state()) {
      add_states(*state, layout);
    } else {
      add_pages(std::move(kind), layout);
    }
  }

  void add_states(const kv::StateShape& shape, Layout& layout) {
    has_states = true;
    LayerMemory& memory = layers.emplace_back();
    memory.states.inputs =
        layout.place(DType::kF32, {n_slots(options), shape.n_inputs, shape.n_channels});
    if (shape.n_heads == 0) return;
    memory.states.matrices =
        layout.place(DType::kF32, {n_slots(options), shape.n_heads, shape.k_dim, shape.v_dim});
  }

  void add_pages(std::unique_ptr<const kv::Kind> kind, Layout& layout) {
    const kv::RowShape row = *kind->row();
    const DType v_dtype = row.v_in_k ? options.k_dtype : options.v_dtype;
    check_dtype("keys", options.k_dtype, row.k_dim, layers.size());
    check_dtype("values", v_dtype, row.v_dim, layers.size());
    const size_t group = group_of(std::move(kind));
    const auto tensor = [&](DType dtype, int64_t dim) {
      return layout.place(dtype, {groups[group].n_pages, row.n_kv_heads, options.page_size, dim});
    };
    const Tensor k = tensor(options.k_dtype, row.k_dim);
    const Tensor v = row.v_in_k ? slice_cols(k, 0, row.v_dim) : tensor(v_dtype, row.v_dim);
    layers.push_back({.group = group, .pages = {k, v}});
  }
};

struct KvSequence::State {
  KvPool::State& pool;
  int64_t n_tokens = 0;
  int64_t trial_begin = -1;           // -1: no trial
  std::vector<kv::PageTable> tables;  // one a group
  kv::SequenceSlots slots;

  explicit State(KvPool::State& pool_state)
      : pool(pool_state), slots(pool.slots, pool.options.n_checkpoints) {
    tables.reserve(pool.groups.size());
    for (Group& group : pool.groups) {
      const int64_t expected = div_up(pool.options.n_tokens, pool.options.page_size) + 1;
      tables.emplace_back(group.free, pool.options.page_size, expected);
    }
  }
  ~State() { shrink(0); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void shrink(int64_t length) {
    for (kv::PageTable& table : tables) table.shrink(length);
    if (length == 0) slots.clear();
  }
  // Brings the recurrent states back to the longest length up to this one. Returns it.
  int64_t go_back(int64_t length) {
    if (!pool.has_states) return length;
    const auto* checkpoint = slots.go_back(length);
    if (checkpoint == nullptr) return 0;
    pool.copy_states(checkpoint->slot, slots.current());
    return checkpoint->n_tokens;
  }
  void let_go() {
    for (size_t i = 0; i < tables.size(); ++i) {
      tables[i].let_go_before(pool.groups[i].kind->first_seen(n_tokens));
    }
  }
  bool remembers(int64_t length) const {
    for (size_t i = 0; i < tables.size(); ++i) {
      if (pool.groups[i].kind->first_seen(length) < tables[i].first_held_position()) return false;
    }
    return true;
  }
};

KvPool::KvPool(Backend& backend, const ModelSpec& spec, const KvOptions& options)
    : state_(std::make_unique<State>(State::lay_out(backend, spec, options))) {
  state_->buffer = backend.alloc(size_t(state_->n_bytes));
  for (LayerMemory& layer : state_->layers) {
    RecurrentView& states = layer.states;
    for (Tensor* t : {&layer.pages.k, &layer.pages.v, &states.inputs, &states.matrices}) {
      if (t->rank > 0) t->buffer = state_->buffer.get();
    }
  }
}

KvPool::~KvPool() = default;

int64_t KvPool::memory_of(Backend& backend, const ModelSpec& spec, const KvOptions& options) {
  return State::lay_out(backend, spec, options).n_bytes;
}

KvSequence KvPool::create() {
  return KvSequence(std::make_unique<KvSequence::State>(*state_));
}

KvView KvPool::view(int layer) const {
  return state_->layers.at(size_t(layer)).pages;
}

RecurrentView KvPool::states(int layer) const {
  return state_->layers.at(size_t(layer)).states;
}

bool KvPool::has_states() const {
  return state_->has_states;
}

const KvOptions& KvPool::options() const {
  return state_->options;
}

int64_t KvPool::n_bytes() const {
  return int64_t(state_->buffer->size());
}

int64_t KvPool::free_tokens() const {
  for (const Group& group : state_->groups) {
    if (group.kind->reach() == 0) return group.free.size() * state_->options.page_size;
  }
  return state_->options.n_tokens;
}

KvSequence::KvSequence(std::unique_ptr<State> state) : state_(std::move(state)) {}
KvSequence::KvSequence(KvSequence&&) noexcept = default;
KvSequence& KvSequence::operator=(KvSequence&&) noexcept = default;
KvSequence::~KvSequence() = default;

int64_t KvSequence::n_tokens() const {
  return state_->n_tokens;
}

void KvSequence::reserve(int64_t n) {
  RIDGE_CHECK(n >= 0 && n <= state_->pool.options.max_batch);
  const int64_t end = state_->n_tokens + n;
  RIDGE_CHECK(state_->trial_begin < 0 || end - state_->trial_begin <= state_->pool.options.n_trial);
  for (size_t i = 0; i < state_->tables.size(); ++i) {
    const int64_t missing = state_->tables[i].pages_missing(end);
    const Group& group = state_->pool.groups[i];
    if (missing > group.free.size()) {
      fail(ErrorCode::kOutOfMemory, "the KV cache (", group.kind->name(), ") is full: ", n,
           " more tokens at position ", state_->n_tokens, " need ", missing, " pages, and ",
           group.free.size(), " of ", group.n_pages, " are free");
    }
  }
  if (state_->pool.has_states && !state_->slots.can_take()) {
    fail(ErrorCode::kOutOfMemory,
         "the KV cache (recurrent) is full: ", n_slots(state_->pool.options),
         " states of sequences are in use");
  }
  for (kv::PageTable& table : state_->tables) table.grow(end);
  if (state_->pool.has_states) state_->slots.take();
}

void KvSequence::commit(int64_t n) {
  RIDGE_CHECK(n >= 0);
  state_->n_tokens += n;
  for (const kv::PageTable& table : state_->tables) {
    RIDGE_CHECK(table.pages_missing(state_->n_tokens) == 0);  // reserved before
  }
  if (n > 0) state_->slots.wrote_states();
  if (state_->trial_begin < 0) state_->let_go();
}

void KvSequence::begin_trial() {
  State& state = *state_;
  RIDGE_CHECK(state.trial_begin < 0 && state.n_tokens > 0 && state.pool.options.n_trial > 0);
  if (state.pool.has_states) {
    if (!state.slots.can_begin_trial()) {
      fail(ErrorCode::kOutOfMemory,
           "the KV cache (recurrent) is full: ", n_slots(state.pool.options),
           " states of sequences are in use");
    }
    state.slots.begin_trial();
  }
  state.trial_begin = state.n_tokens;
}

void KvSequence::accept_trial() {
  RIDGE_CHECK(state_->trial_begin >= 0);
  if (state_->pool.has_states) state_->slots.accept_trial();
  state_->trial_begin = -1;
  state_->let_go();
}

void KvSequence::take_back_trial() {
  RIDGE_CHECK(state_->trial_begin >= 0);
  if (state_->pool.has_states) state_->slots.take_back_trial();
  state_->n_tokens = std::exchange(state_->trial_begin, -1);
}

int64_t KvSequence::truncate(int64_t length) {
  RIDGE_CHECK(length >= 0 && state_->trial_begin < 0);
  if (length >= state_->n_tokens) return state_->n_tokens;
  const int64_t reached = state_->go_back(length);
  state_->n_tokens = state_->remembers(reached) ? reached : 0;
  state_->shrink(state_->n_tokens);
  return state_->n_tokens;
}

void KvSequence::checkpoint() {
  RIDGE_CHECK(state_->trial_begin < 0);
  if (!state_->pool.has_states || state_->n_tokens == 0) return;
  const int32_t slot = state_->slots.add_checkpoint(state_->n_tokens);
  if (slot >= 0) state_->pool.copy_states(state_->slots.current(), slot);
}

int32_t KvSequence::slot() const {
  return state_->slots.current();
}

int32_t KvSequence::from_slot() const {
  return state_->slots.from();
}

std::span<const int32_t> KvSequence::pages(int layer) const {
  const size_t group = state_->pool.layers.at(size_t(layer)).group;
  if (group == kNoGroup) return {};
  return state_->tables[group].entries();
}

}  // namespace ridge
