#include "sample/history.h"

#include <algorithm>

namespace ridge::sample {
namespace {

TEST(History, GivesTheLastTokensInOrder) {
  for (const int kept : {0, 1, 3, 10}) {
    History history(kept);
    std::vector<int32_t> all;
    for (int32_t token = 0; token < 100; ++token) {
      history.push(token);
      all.push_back(token);
      for (const int n : {-1, 0, 1, 2, 3, 1000}) {
        const size_t most = std::min(all.size(), size_t(kept));
        const size_t wanted = n < 0 ? most : std::min(most, size_t(n));
        const auto last = history.last(n);
        ASSERT_EQ(last.size(), wanted);
        EXPECT_TRUE(std::equal(last.begin(), last.end(), all.end() - ptrdiff_t(wanted)));
      }
    }
  }
}

}  // namespace
}  // namespace ridge::sample
