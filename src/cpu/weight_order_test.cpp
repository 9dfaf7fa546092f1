#include "cpu/weight_order.h"

#include <gtest/gtest.h>

#include <map>

namespace ridge::cpu {
namespace {

// Counts which sections were asked where they begin.
class Reader {
 public:
  void read(int section) {
    order_.begin_section(pool_, &memory_[section], [&](int) {
      ++n_asked_[section];
      return WeightOrder::Run{&memory_[section], 64};
    });
  }
  int n_asked(int section) const {
    const auto found = n_asked_.find(section);
    return found == n_asked_.end() ? 0 : found->second;
  }

 private:
  ThreadPool pool_{2};
  WeightOrder order_;
  char memory_[4] = {};
  std::map<int, int> n_asked_;
};

TEST(WeightOrder, AnotherOrderIsLearntAnew) {
  Reader reader;
  for (int section : {0, 1, 2, 0, 2}) reader.read(section);
  EXPECT_EQ(reader.n_asked(2), 2 * 2);  // members, after 1 and after 0
}

TEST(WeightOrder, ASteadyOrderIsNeverLearntAgain) {
  Reader reader;
  for (int token = 0; token < 5; ++token) {
    for (int section : {0, 1, 2}) reader.read(section);
  }
  EXPECT_EQ(reader.n_asked(0), 2 * 2);
  EXPECT_EQ(reader.n_asked(1), 2);
  EXPECT_EQ(reader.n_asked(2), 2);
}

}  // namespace
}  // namespace ridge::cpu
