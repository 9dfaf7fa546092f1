// FreePages: which pages of one group, or slots of states, nobody holds, and how many hold each of
// the others: what two sequences share is a page that both hold. The page given back last is taken
// first, and fresh pages in rising order, so that memory which was never used is never touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"

namespace ridge::kv {

class FreePages {
 public:
  explicit FreePages(int64_t n_pages) : n_holders_(size_t(n_pages)), pages_(size_t(n_pages)) {
    for (int64_t i = 0; i < n_pages; ++i) pages_[size_t(i)] = int32_t(n_pages - 1 - i);
  }
  int64_t size() const { return int64_t(pages_.size()); }
  int32_t take() {
    RIDGE_CHECK(!pages_.empty());
    const int32_t page = pages_.back();
    pages_.pop_back();
    n_holders_[size_t(page)] = 1;
    return page;
  }
  void share(int32_t page) {  // one more holds it
    RIDGE_CHECK(n_holders_[size_t(page)] > 0);
    ++n_holders_[size_t(page)];
  }
  bool is_shared(int32_t page) const { return n_holders_[size_t(page)] > 1; }
  void give(int32_t page) {  // one less; within the first capacity: cannot throw
    RIDGE_CHECK(n_holders_[size_t(page)] > 0);
    if (--n_holders_[size_t(page)] == 0) pages_.push_back(page);
  }

 private:
  std::vector<int32_t> n_holders_;
  std::vector<int32_t> pages_;
};

}  // namespace ridge::kv
