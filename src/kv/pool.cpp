#include "kv/pool.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <utility>

#include "base/error.h"
#include "kv/pool_state.h"

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
  if (options.n_moments != 0) check_range("n_moments", options.n_moments, 1 << 20);
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
  if (kind.reach() > 0 && options.n_moments > 0) {
    const int64_t of_moment = (kind.reach() - 1 + options.page_size - 2) / options.page_size + 1;
    return pages_per_sequence(kind, options) * options.n_sequences + of_moment * options.n_moments;
  }
  // Every sequence but one may waste most of a page on the same n_tokens.
  const int64_t all = div_up(options.n_tokens, options.page_size) + options.n_sequences - 1;
  return std::min(all, pages_per_sequence(kind, options) * options.n_sequences);
}

bool v_is_in_k(const KvView& view) {
  return view.v.offset == view.k.offset;
}

// Row `to` of a tensor of pages or slots becomes a copy of row `from`.
void copy_row(Backend& backend, const Tensor& pages, int32_t from, int32_t to) {
  if (!pages) return;
  const Tensor rows = as_rows(pages);
  backend.gather_rows(slice_rows(rows, to, 1), rows, {&from, 1});
}

}  // namespace

// Lays tensors one after another; the buffer is made when all sizes are known.
class KvLayout {
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

Tensor as_rows(const Tensor& pages) {
  const int64_t n_bytes = row_bytes(pages.dtype, pages.stride[0]);
  RIDGE_CHECK(n_bytes % 4 == 0);
  Tensor rows = pages;
  rows.dtype = DType::kF32;
  rows.rank = 2;
  rows.shape = {pages.shape[0], n_bytes / 4};
  rows.stride = {n_bytes / 4, 1};
  return rows;
}

int64_t n_slots(const KvOptions& options) {
  const int64_t each = 1 + options.n_checkpoints + (options.n_trial > 0 ? 1 : 0);
  return options.n_sequences * each + options.n_moments;
}

KvPool::State KvPool::State::lay_out(Backend& backend, const ModelSpec& spec,
                                     const KvOptions& options) {
  check_options(options);
  State state{.backend = backend, .options = options, .slots = kv::FreePages(n_slots(options))};
  KvLayout layout;
  for (const LayerSpec& layer : spec.layers) state.add_layer(layer, layout);
  state.n_bytes = layout.n_bytes();
  return state;
}

void KvPool::State::copy_states(int32_t from, int32_t to) {
  for (const KvLayerMemory& layer : layers) {
    copy_row(backend, layer.states.inputs, from, to);
    copy_row(backend, layer.states.matrices, from, to);
  }
}

void KvPool::State::copy_page(size_t group, int32_t from, int32_t to) {
  for (const KvLayerMemory& layer : layers) {
    if (layer.group != group || layer.is_shared) continue;
    copy_row(backend, layer.pages.k, from, to);
    if (!v_is_in_k(layer.pages)) copy_row(backend, layer.pages.v, from, to);
  }
}

size_t KvPool::State::group_of(std::unique_ptr<const kv::Kind> kind) {
  const std::string name = kind->name();
  for (size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].kind->name() == name) return i;
  }
  const int64_t n_pages = pages_of_group(*kind, options);
  groups.push_back({std::move(kind), n_pages, kv::FreePages(n_pages)});
  return groups.size() - 1;
}

void KvPool::State::add_layer(const LayerSpec& layer, KvLayout& layout) {
  if (const auto earlier = kv::shared_layer(layer)) {
    layers.push_back(KvLayerMemory(layers.at(size_t(*earlier))));
    layers.back().is_shared = true;
    return;
  }
  std::unique_ptr<const kv::Kind> kind = kv::kind_of(layer);
  if (const kv::StateShape* state = kind->state()) {
    add_states(*state, layout);
  } else {
    add_pages(std::move(kind), layout);
  }
}

void KvPool::State::add_states(const kv::StateShape& shape, KvLayout& layout) {
  has_states = true;
  slot_bytes += shape.n_bytes();
  KvLayerMemory& memory = layers.emplace_back();
  memory.states.inputs =
      layout.place(DType::kF32, {n_slots(options), shape.n_inputs, shape.n_channels});
  if (shape.n_heads == 0) return;
  memory.states.matrices =
      layout.place(DType::kF32, {n_slots(options), shape.n_heads, shape.k_dim, shape.v_dim});
}

void KvPool::State::add_pages(std::unique_ptr<const kv::Kind> kind, KvLayout& layout) {
  const kv::RowShape row = *kind->row();
  const DType v_dtype = row.v_in_k ? options.k_dtype : options.v_dtype;
  check_dtype("keys", options.k_dtype, row.k_dim, layers.size());
  check_dtype("values", v_dtype, row.v_dim, layers.size());
  const size_t group = group_of(std::move(kind));
  groups[group].page_bytes += options.page_size * row.n_bytes(options.k_dtype, v_dtype);
  const auto tensor = [&](DType dtype, int64_t dim) {
    return layout.place(dtype, {groups[group].n_pages, row.n_kv_heads, options.page_size, dim});
  };
  const Tensor k = tensor(options.k_dtype, row.k_dim);
  const Tensor v = row.v_in_k ? slice_cols(k, 0, row.v_dim) : tensor(v_dtype, row.v_dim);
  layers.push_back({.group = group, .pages = {k, v}});
}

KvPool::KvPool(Backend& backend, const ModelSpec& spec, const KvOptions& options)
    : state_(std::make_unique<State>(State::lay_out(backend, spec, options))) {
  state_->buffer = backend.alloc(size_t(state_->n_bytes));
  for (KvLayerMemory& layer : state_->layers) {
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

std::vector<KvKindMemory> kv_memory(const ModelSpec& spec, const KvOptions& options) {
  check_options(options);
  std::vector<KvKindMemory> kinds;
  for (const LayerSpec& layer : spec.layers) {
    if (kv::shared_layer(layer)) continue;
    const std::unique_ptr<const kv::Kind> kind = kv::kind_of(layer);
    const kv::RowShape* row = kind->row();
    const int64_t n_bytes = row != nullptr ? pages_of_group(*kind, options) * options.page_size *
                                                 row->n_bytes(options.k_dtype, options.v_dtype)
                                           : n_slots(options) * kind->state()->n_bytes();
    const auto known = std::ranges::find(kinds, kind->name(), &KvKindMemory::kind);
    if (known == kinds.end()) {
      kinds.push_back({kind->name(), n_bytes});
    } else {
      known->n_bytes += n_bytes;
    }
  }
  return kinds;
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

bool KvPool::keeps_moments() const {
  return state_->has_states ||
         std::ranges::any_of(state_->groups, [](const KvGroup& g) { return !g.keeps_all(); });
}

int64_t KvPool::used_bytes() const {
  int64_t bytes = (n_slots(state_->options) - state_->slots.size()) * state_->slot_bytes;
  for (const KvGroup& group : state_->groups) {
    bytes += (group.n_pages - group.free.size()) * group.page_bytes;
  }
  return bytes;
}

int64_t KvPool::free_tokens() const {
  for (const KvGroup& group : state_->groups) {
    if (group.kind->reach() == 0) return group.free.size() * state_->options.page_size;
  }
  return state_->options.n_tokens;
}

}  // namespace ridge
