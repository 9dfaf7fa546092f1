#include "kv/page_table.h"

#include <algorithm>

namespace ridge::kv {
namespace {

int64_t div_up(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

}  // namespace

int64_t PageTable::pages_missing(int64_t n_tokens) const {
  return std::max<int64_t>(0, div_up(n_tokens, page_size_) - int64_t(entries_.size()));
}

void PageTable::grow(int64_t n_tokens) {
  const int64_t n = pages_missing(n_tokens);
  entries_.reserve(entries_.size() + size_t(n));  // throws, if at all, before a page is taken
  for (int64_t i = 0; i < n; ++i) entries_.push_back(free_->take());
}

void PageTable::let_go_before(int64_t position) {
  const int64_t end = std::min(position / page_size_, int64_t(entries_.size()));
  for (; first_held_ < end; ++first_held_) {
    free_->give(entries_[size_t(first_held_)]);
    entries_[size_t(first_held_)] = -1;
  }
}

void PageTable::shrink(int64_t n_tokens) {
  const int64_t keep = div_up(n_tokens, page_size_);
  while (int64_t(entries_.size()) > keep) {
    if (entries_.back() >= 0) free_->give(entries_.back());
    entries_.pop_back();
  }
  first_held_ = std::min(first_held_, int64_t(entries_.size()));
}

void PageTable::adopt(int64_t first, std::span<const int32_t> pages) {
  const size_t end = size_t(first) + pages.size();
  if (entries_.size() < end) {
    if (int64_t(entries_.size()) < first) first_held_ = first;
    entries_.resize(end, -1);
  }
  for (size_t i = 0; i < pages.size(); ++i) {
    int32_t& entry = entries_[size_t(first) + i];
    if (entry >= 0) free_->give(entry);
    entry = pages[i];
    free_->share(entry);
  }
}

bool PageTable::shares_tail(int64_t n_tokens) const {
  const auto index = size_t(n_tokens / page_size_);
  return n_tokens % page_size_ != 0 && index < entries_.size() && entries_[index] >= 0 &&
         free_->is_shared(entries_[index]);
}

PageTable::Replaced PageTable::replace_tail(int64_t n_tokens) {
  int32_t& entry = entries_[size_t(n_tokens / page_size_)];
  const Replaced replaced{entry, free_->take()};
  free_->give(entry);
  entry = replaced.to;
  return replaced;
}

}  // namespace ridge::kv
