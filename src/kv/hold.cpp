#include "kv/hold.h"

#include <utility>

#include "base/error.h"
#include "kv/pool_state.h"

namespace ridge {
namespace {

// Indices of the pages of a group that a hold of this shape has.
struct PageRange {
  int64_t first = 0;
  int64_t end = 0;
  int64_t size() const { return end - first; }
};

PageRange pages_of(const KvGroup& group, const KvHoldShape& shape, int64_t page_size) {
  if (group.keeps_all() == shape.is_moment) return {};
  const int64_t begin = shape.is_moment ? group.kind->first_seen(shape.end) : shape.begin;
  return {begin / page_size, (shape.end + page_size - 1) / page_size};
}

}  // namespace

struct KvHold::State {
  KvPool::State& pool;
  KvHoldShape shape;
  std::vector<std::vector<int32_t>> pages;  // of each group, from that of shape.begin on
  int32_t slot = -1;

  State(KvPool::State& of_pool, const KvHoldShape& of_shape)
      : pool(of_pool), shape(of_shape), pages(of_pool.groups.size()) {
    if (shape.is_moment) ++pool.n_moments;
  }
  ~State() {
    if (shape.is_moment) --pool.n_moments;
    for (size_t i = 0; i < pages.size(); ++i) {
      for (const int32_t page : pages[i]) pool.groups[i].free.give(page);
    }
    if (slot >= 0) pool.slots.give(slot);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  PageRange range(size_t group) const {
    return pages_of(pool.groups[group], shape, pool.options.page_size);
  }
  // The pages of its shape, of a sequence that has them.
  void share(std::span<const kv::PageTable> tables) {
    for (size_t i = 0; i < pages.size(); ++i) {
      const PageRange wanted = range(i);
      const auto entries = tables[i].entries().subspan(size_t(wanted.first), size_t(wanted.size()));
      for (const int32_t page : entries) pool.groups[i].free.share(page);
      pages[i].assign(entries.begin(), entries.end());
    }
  }
  // The tensors of its bytes, in a fixed order: fn(rows of 4 bytes each, row).
  template <class Fn>
  void for_each_row(const Fn& fn) const {
    for (const KvLayerMemory& layer : pool.layers) {
      if (layer.is_shared) continue;
      if (layer.group != kNoGroup) {
        const Tensor k = as_rows(layer.pages.k);
        const bool has_v = layer.pages.v.offset != layer.pages.k.offset;
        for (const int32_t page : pages[layer.group]) {
          fn(k, page);
          if (has_v) fn(as_rows(layer.pages.v), page);
        }
      } else if (slot >= 0) {
        fn(as_rows(layer.states.inputs), slot);
        if (layer.states.matrices) fn(as_rows(layer.states.matrices), slot);
      }
    }
  }
};

KvHold::KvHold(std::unique_ptr<State> state) : state_(std::move(state)) {}
KvHold::KvHold(KvHold&&) noexcept = default;
KvHold& KvHold::operator=(KvHold&&) noexcept = default;
KvHold::~KvHold() = default;

const KvHoldShape& KvHold::shape() const {
  return state_->shape;
}

KvHold KvHold::split(int64_t position) {
  State& state = *state_;
  RIDGE_CHECK(!state.shape.is_moment && position > state.shape.begin && position < state.shape.end);
  auto rest = std::make_unique<State>(
      state.pool, KvHoldShape{.begin = position, .end = state.shape.end, .is_moment = false});
  std::vector<PageRange> before;
  for (size_t i = 0; i < state.pages.size(); ++i) before.push_back(state.range(i));
  state.shape.end = position;
  for (size_t i = 0; i < state.pages.size(); ++i) {
    std::vector<int32_t>& pages = state.pages[i];
    const PageRange after = rest->range(i);
    rest->pages[i].assign(pages.begin() + (after.first - before[i].first), pages.end());
    const auto n_kept = size_t(state.range(i).size());
    // A page that both parts need is held by both.
    if (n_kept > 0 && state.range(i).end > after.first)
      state.pool.groups[i].free.share(pages[n_kept - 1]);
    pages.resize(n_kept);
  }
  return KvHold(std::move(rest));
}

int64_t KvHold::bytes_of(const KvPool& pool, const KvHoldShape& shape) {
  const KvPool::State& state = *pool.state_;
  int64_t bytes = shape.is_moment && state.has_states ? state.slot_bytes : 0;
  for (const KvGroup& group : state.groups) {
    bytes += pages_of(group, shape, state.options.page_size).size() * group.page_bytes;
  }
  return bytes;
}

void KvHold::save(std::span<std::byte> out) const {
  size_t offset = 0;
  state_->for_each_row([&](const Tensor& rows, int32_t row) {
    const auto n_bytes = size_t(rows.cols()) * 4;
    state_->pool.backend.download(slice_rows(rows, row, 1), out.subspan(offset, n_bytes));
    offset += n_bytes;
  });
  RIDGE_CHECK(offset == out.size());
}

std::optional<KvHold> KvHold::load(KvPool& pool, const KvHoldShape& shape,
                                   std::span<const std::byte> bytes) {
  if (int64_t(bytes.size()) != bytes_of(pool, shape)) {
    fail(ErrorCode::kInvalidFile, "cached tokens ", shape.begin, " to ", shape.end, " come as ",
         bytes.size(), " bytes; this model's take ", bytes_of(pool, shape));
  }
  KvPool::State& of_pool = *pool.state_;
  if (shape.is_moment && !of_pool.can_hold_moment()) return std::nullopt;
  auto state = std::make_unique<State>(of_pool, shape);
  for (size_t i = 0; i < state->pages.size(); ++i) {
    const int64_t n_pages = state->range(i).size();
    if (n_pages > of_pool.groups[i].free.size()) return std::nullopt;
    state->pages[i].reserve(size_t(n_pages));
    for (int64_t k = 0; k < n_pages; ++k) {
      state->pages[i].push_back(of_pool.groups[i].free.take());
    }
  }
  if (shape.is_moment && of_pool.has_states) state->slot = of_pool.slots.take();
  size_t offset = 0;
  state->for_each_row([&](const Tensor& rows, int32_t row) {
    const auto n_bytes = size_t(rows.cols()) * 4;
    of_pool.backend.upload(slice_rows(rows, row, 1), bytes.subspan(offset, n_bytes));
    offset += n_bytes;
  });
  return KvHold(std::move(state));
}

KvHold KvSequence::hold(int64_t begin, int64_t end) const {
  KvPool::State& pool = state_->pool;
  RIDGE_CHECK(begin >= 0 && begin < end && end <= state_->n_tokens);
  auto hold = std::make_unique<KvHold::State>(
      pool, KvHoldShape{.begin = begin, .end = end, .is_moment = false});
  hold->share(state_->tables);
  return KvHold(std::move(hold));
}

std::optional<KvHold> KvSequence::hold_moment() const {
  KvPool::State& pool = state_->pool;
  RIDGE_CHECK(state_->trial_begin < 0 && state_->n_tokens > 0);
  if (!pool.can_hold_moment()) return std::nullopt;
  const int64_t n = state_->n_tokens;
  auto hold =
      std::make_unique<KvHold::State>(pool, KvHoldShape{.begin = n, .end = n, .is_moment = true});
  hold->share(state_->tables);
  if (pool.has_states) {
    hold->slot = pool.slots.take();
    pool.copy_states(state_->slots.current(), hold->slot);
  }
  return KvHold(std::move(hold));
}

KvSequence KvPool::create(std::span<const KvHold* const> rows, const KvHold* moment,
                          int64_t n_tokens) {
  KvSequence sequence = create();
  KvSequence::State& state = *sequence.state_;
  if (n_tokens == 0) return sequence;
  const auto adopt = [&](const KvHold& hold) {
    for (size_t i = 0; i < state.tables.size(); ++i) {
      state.tables[i].adopt(hold.state_->range(i).first, hold.state_->pages[i]);
    }
  };
  for (const KvHold* part : rows) adopt(*part);
  if (moment != nullptr) {
    RIDGE_CHECK(moment->shape().end == n_tokens);
    adopt(*moment);
  }
  state.shrink(n_tokens);
  state.n_tokens = n_tokens;
  for (const kv::PageTable& table : state.tables) RIDGE_CHECK(table.pages_missing(n_tokens) == 0);
  RIDGE_CHECK(state.remembers(n_tokens));
  if (!state_->has_states) return sequence;
  RIDGE_CHECK(moment != nullptr);
  if (!state.slots.can_take()) {
    fail(ErrorCode::kOutOfMemory, "the KV cache (recurrent) is full: ", n_slots(state_->options),
         " states of sequences are in use");
  }
  state.slots.take();
  state_->copy_states(moment->state_->slot, state.slots.current());
  return sequence;
}

}  // namespace ridge
