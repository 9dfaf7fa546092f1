// A stable sort that stays in bounds whatever the comparison answers: those of templates may
// contradict themselves (NaN). std::sort may not be given such, and std::stable_sort of libstdc++
// 12 does not compile without warnings under clang.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace ridge::text {

template <class T, class Less>
void merge_sort(std::vector<T>& items, const Less& less) {
  std::vector<T> merged(items.size());
  for (size_t width = 1; width < items.size(); width *= 2) {
    for (size_t begin = 0; begin < items.size(); begin += 2 * width) {
      const auto at = [&](size_t n) {
        return items.begin() + std::ptrdiff_t(std::min(begin + n, items.size()));
      };
      std::merge(at(0), at(width), at(width), at(2 * width), merged.begin() + std::ptrdiff_t(begin),
                 less);
    }
    std::swap(items, merged);
  }
}

}  // namespace ridge::text
