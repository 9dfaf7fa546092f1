// PageTable: where one sequence's positions lie in one group. Pages [0, first_held) were let go by
// the window and read -1; pages [first_held, entries().size()) are held, perhaps by others as well:
// those are read only. The pool gives and takes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kv/free_pages.h"

namespace ridge::kv {

class PageTable {
 public:
  PageTable(FreePages& free, int page_size, int64_t expected_pages)
      : free_(&free), page_size_(page_size) {
    entries_.reserve(size_t(expected_pages));
  }

  std::span<const int32_t> entries() const { return entries_; }
  int64_t first_held_position() const { return first_held_ * page_size_; }

  int64_t pages_missing(int64_t n_tokens) const;  // to cover positions [0, n_tokens)
  void grow(int64_t n_tokens);                    // takes them; the caller has asked before
  void let_go_before(int64_t position);           // gives back pages that end at or before it
  void shrink(int64_t n_tokens);                  // gives back pages from n_tokens on

  // Pages that others hold, too: pages[i] becomes that of index first + i and is held here as well.
  // Those before index `first` stay as they are or, where there are none, count as let go.
  void adopt(int64_t first, std::span<const int32_t> pages);
  // Whether the next token would be written into a page that somebody else holds.
  bool shares_tail(int64_t n_tokens) const;
  struct Replaced {
    int32_t from, to;
  };
  Replaced replace_tail(int64_t n_tokens);  // by a page of its own; the caller has asked before

 private:
  FreePages* free_;
  int64_t page_size_;
  int64_t first_held_ = 0;
  std::vector<int32_t> entries_;
};

}  // namespace ridge::kv
