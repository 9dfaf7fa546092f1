#include <utility>

#include "base/error.h"
#include "kv/pool_state.h"

namespace ridge {

KvSequence::State::State(KvPool::State& pool_state)
    : pool(pool_state), slots(pool.slots, pool.options.n_checkpoints) {
  const int64_t page_size = pool.options.page_size;
  const int64_t expected = (pool.options.n_tokens + page_size - 1) / page_size + 1;
  tables.reserve(pool.groups.size());
  for (KvGroup& group : pool.groups) tables.emplace_back(group.free, int(page_size), expected);
}

void KvSequence::State::shrink(int64_t length) {
  for (kv::PageTable& table : tables) table.shrink(length);
  if (length == 0) slots.clear();
}

int64_t KvSequence::State::go_back(int64_t length) {
  if (!pool.has_states) return length;
  const auto* checkpoint = slots.go_back(length);
  if (checkpoint == nullptr) return 0;
  pool.copy_states(checkpoint->slot, slots.current());
  return checkpoint->n_tokens;
}

void KvSequence::State::let_go() {
  for (size_t i = 0; i < tables.size(); ++i) {
    tables[i].let_go_before(pool.groups[i].kind->first_seen(n_tokens));
  }
}

bool KvSequence::State::remembers(int64_t length) const {
  for (size_t i = 0; i < tables.size(); ++i) {
    if (pool.groups[i].kind->first_seen(length) < tables[i].first_held_position()) return false;
  }
  return true;
}

int64_t KvSequence::State::pages_missing(size_t group, int64_t n) const {
  const kv::PageTable& table = tables[group];
  return table.pages_missing(n_tokens + n) + (n > 0 && table.shares_tail(n_tokens) ? 1 : 0);
}

KvSequence::KvSequence(std::unique_ptr<State> state) : state_(std::move(state)) {}
KvSequence::KvSequence(KvSequence&&) noexcept = default;
KvSequence& KvSequence::operator=(KvSequence&&) noexcept = default;
KvSequence::~KvSequence() = default;

int64_t KvSequence::n_tokens() const {
  return state_->n_tokens;
}

bool KvSequence::can_reserve(int64_t n) const {
  const KvPool::State& pool = state_->pool;
  for (size_t i = 0; i < state_->tables.size(); ++i) {
    if (state_->pages_missing(i, n) > pool.groups[i].free.size()) return false;
  }
  return !pool.has_states || state_->slots.can_take();
}

void KvSequence::reserve(int64_t n) {
  KvPool::State& pool = state_->pool;
  RIDGE_CHECK(n >= 0 && n <= pool.options.max_batch);
  const int64_t end = state_->n_tokens + n;
  RIDGE_CHECK(state_->trial_begin < 0 || end - state_->trial_begin <= pool.options.n_trial);
  for (size_t i = 0; i < state_->tables.size(); ++i) {
    const int64_t missing = state_->pages_missing(i, n);
    const KvGroup& group = pool.groups[i];
    if (missing > group.free.size()) {
      fail(ErrorCode::kOutOfMemory, "the KV cache (", group.kind->name(), ") is full: ", n,
           " more tokens at position ", state_->n_tokens, " need ", missing, " pages, and ",
           group.free.size(), " of ", group.n_pages, " are free");
    }
  }
  if (pool.has_states && !state_->slots.can_take()) {
    fail(ErrorCode::kOutOfMemory, "the KV cache (recurrent) is full: ", n_slots(pool.options),
         " states of sequences are in use");
  }
  for (size_t i = 0; i < state_->tables.size(); ++i) {
    kv::PageTable& table = state_->tables[i];
    if (n > 0 && table.shares_tail(state_->n_tokens)) {
      const kv::PageTable::Replaced tail = table.replace_tail(state_->n_tokens);
      pool.copy_page(i, tail.from, tail.to);
    }
    table.grow(end);
  }
  if (pool.has_states) state_->slots.take();
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
