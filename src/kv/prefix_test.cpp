#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "base/error.h"
#include "cpu/cpu_backend.h"
#include "kv/disk_tier.h"
#include "kv/prefix_tree.h"
#include "kv/segment_file.h"
#include "support/temp_folder.h"

namespace ridge {
namespace {

namespace fs = std::filesystem;
using testing::TempFolder;
using Tokens = std::vector<int32_t>;

constexpr int kPage = 4;
constexpr int64_t kDim = 32;

enum class Layers { kFull, kFullAndWindow, kFullAndRecurrent };

ModelSpec spec_of(Layers layers) {
  ModelSpec spec;
  const AttentionSpec attention{.n_heads = 1, .n_kv_heads = 1, .k_dim = kDim, .v_dim = kDim};
  spec.layers.push_back({.mixer = attention});
  if (layers == Layers::kFullAndWindow) {
    AttentionSpec window = attention;
    window.window = 6;
    spec.layers.push_back({.mixer = window});
  }
  if (layers == Layers::kFullAndRecurrent) {
    ShortConvSpec conv;
    conv.d_model = 8;
    conv.n_taps = 3;
    spec.layers.push_back({.mixer = conv});
  }
  return spec;
}

// A cache whose contents say which tokens they are of: in each layer the values of position p begin
// with the token there, and states with the sum of all tokens. So a sequence can be asked whether
// it holds what it should.
class Cache {
 public:
  Cache(Layers layers, const KvOptions& options)
      : spec_(spec_of(layers)),
        backend_(cpu::make_backend({.n_threads = 1})),
        pool(*backend_, spec_, options) {}

  void append(KvSequence& sequence, Tokens& text, const Tokens& more) {
    sequence.reserve(int64_t(more.size()));
    text.insert(text.end(), more.begin(), more.end());
    for (int layer = 0; layer < int(spec_.layers.size()); ++layer) {
      if (pool.states(layer).inputs) {
        put(slot_row(layer, sequence), sum(text));
        continue;
      }
      for (size_t p = text.size() - more.size(); p < text.size(); ++p) {
        put(row(layer, sequence, int64_t(p)), text[p]);
      }
    }
    sequence.commit(int64_t(more.size()));
  }

  void expect_holds(const KvSequence& sequence, const Tokens& text) {
    ASSERT_EQ(sequence.n_tokens(), int64_t(text.size()));
    for (int layer = 0; layer < int(spec_.layers.size()); ++layer) {
      if (pool.states(layer).inputs) {
        const bool has_states = !text.empty();
        if (has_states) {
          EXPECT_EQ(get(slot_row(layer, sequence)), sum(text));
        }
        continue;
      }
      for (size_t p = size_t(first_seen(layer, int64_t(text.size()))); p < text.size(); ++p) {
        EXPECT_EQ(get(row(layer, sequence, int64_t(p))), text[p])
            << "layer " << layer << " at " << p;
      }
    }
  }

 private:
  static int32_t sum(const Tokens& text) {
    int32_t total = 0;
    for (size_t i = 0; i < text.size(); ++i) total += text[i] * int32_t(i + 1);
    return total;
  }
  int64_t first_seen(int layer, int64_t length) const {
    const auto& attention = std::get<AttentionSpec>(spec_.layers[size_t(layer)].mixer);
    return attention.window == 0 ? 0 : std::max<int64_t>(0, length - attention.window + 1);
  }
  Tensor row(int layer, const KvSequence& sequence, int64_t p) {
    const Tensor v = pool.view(layer).v;
    const int32_t page = sequence.pages(layer)[size_t(p / kPage)];
    EXPECT_GE(page, 0);
    Tensor one = v;
    one.rank = 2;
    one.shape = {1, kDim};
    one.stride = {kDim, 1};
    one.offset += row_bytes(v.dtype, page * v.stride[0] + (p % kPage) * kDim);
    return one;
  }
  Tensor slot_row(int layer, const KvSequence& sequence) {
    Tensor states = pool.states(layer).inputs;
    Tensor one = states;
    one.rank = 2;
    one.shape = {1, states.stride[0]};
    one.stride = {states.stride[0], 1};
    one.offset += size_t(sequence.slot() * states.stride[0]) * sizeof(float);
    return one;
  }
  void put(const Tensor& row, int32_t value) {
    std::vector<int32_t> values(row_bytes(row.dtype, row.cols()) / sizeof(int32_t), value);
    backend_->upload(row, std::as_bytes(std::span(values)));
  }
  int32_t get(const Tensor& row) {
    std::vector<int32_t> values(row_bytes(row.dtype, row.cols()) / sizeof(int32_t));
    backend_->download(row, std::as_writable_bytes(std::span(values)));
    EXPECT_EQ(std::ranges::count(values, values[0]), int64_t(values.size()));
    return values[0];
  }

  ModelSpec spec_;
  std::unique_ptr<Backend> backend_;

 public:
  KvPool pool;
};

KvOptions options(int64_t n_tokens = 400) {
  return {
      .n_tokens = n_tokens, .n_sequences = 3, .max_batch = 64, .page_size = kPage, .n_moments = 8};
}

Tokens range(int32_t begin, int32_t end) {
  Tokens tokens;
  for (int32_t t = begin; t < end; ++t) tokens.push_back(t);
  return tokens;
}

Tokens joined(Tokens a, const Tokens& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(PrefixTree, ASequenceBeginsWithTheLongestPrefixWhereverItBranchesOff) {
  Cache cache(Layers::kFull, options());
  PrefixTree tree(cache.pool);
  Tokens text;
  {
    KvSequence sequence = cache.pool.create();
    cache.append(sequence, text, range(100, 130));
    tree.add(text, sequence, PrefixTree::Moment::kNone);
  }
  for (const size_t n : {1u, 4u, 7u, 29u, 30u}) {
    Tokens other(text.begin(), text.begin() + int64_t(n));
    other.push_back(7);
    EXPECT_EQ(tree.match(other).n_usable, int64_t(n));
    KvSequence branch = tree.resume(other);
    Tokens its(text.begin(), text.begin() + int64_t(n));
    cache.expect_holds(branch, its);
    cache.append(branch, its, {7, 8, 9, 10, 11, 12});
    cache.expect_holds(branch, its);
    tree.add(its, branch, PrefixTree::Moment::kNone);
  }
  EXPECT_EQ(tree.match(text).n_usable, 30);  // none of them wrote into what they share
  cache.expect_holds(tree.resume(text), text);
}

TEST(PrefixTree, SharedPagesAreCountedOnce) {
  Cache cache(Layers::kFull, options());
  PrefixTree tree(cache.pool);
  Tokens text;
  KvSequence sequence = cache.pool.create();
  cache.append(sequence, text, range(0, 40));
  const int64_t used = cache.pool.used_bytes();
  tree.add(text, sequence, PrefixTree::Moment::kNone);
  const KvSequence again = tree.resume(text);
  EXPECT_EQ(cache.pool.used_bytes(), used);
}

TEST(PrefixTree, SaysWhatItHasInsteadWhereAPromptGoesAnotherWay) {
  Cache cache(Layers::kFull, options());
  PrefixTree tree(cache.pool);
  Tokens text;
  KvSequence sequence = cache.pool.create();
  cache.append(sequence, text, range(0, 20));
  tree.add(text, sequence, PrefixTree::Moment::kNone);
  const Tokens prompt = joined(range(0, 12), {99, 98});
  const PrefixTree::Match match = tree.match(prompt);
  EXPECT_EQ(match.n_equal, 12);
  EXPECT_TRUE(std::ranges::equal(match.cached_next, range(12, 20)));
}

TEST(PrefixTree, LayersThatForgetBeginOnlyWhereAMomentWasKept) {
  for (const Layers layers : {Layers::kFullAndWindow, Layers::kFullAndRecurrent}) {
    Cache cache(layers, options());
    PrefixTree tree(cache.pool);
    Tokens text;
    KvSequence sequence = cache.pool.create();
    for (int32_t begin : {0, 10, 20}) {
      cache.append(sequence, text, range(begin, begin + 10));
      tree.add(text, sequence, begin == 10 ? PrefixTree::Moment::kKeep : PrefixTree::Moment::kNone);
    }
    EXPECT_EQ(tree.match(range(0, 15)).n_usable, 0);
    EXPECT_EQ(tree.match(range(0, 20)).n_usable, 20);
    EXPECT_EQ(tree.match(range(0, 30)).n_usable, 20);
    EXPECT_EQ(tree.match(range(0, 30)).n_equal, 30);
    Tokens its = range(0, 20);
    KvSequence branch = tree.resume(range(0, 30));
    cache.expect_holds(branch, its);
    cache.append(branch, its, range(50, 70));
    cache.expect_holds(branch, its);
    cache.expect_holds(tree.resume(range(0, 20)), range(0, 20));
  }
}

TEST(PrefixTree, ForgetsWhatWasUsedLongestAgoAndLeavesBeforeTrunks) {
  Cache cache(Layers::kFull, options());
  PrefixTree tree(cache.pool);
  const auto add = [&](const Tokens& tokens) {
    KvSequence sequence = tree.resume(tokens);
    Tokens text(tokens.begin(), tokens.begin() + sequence.n_tokens());
    cache.append(sequence, text, {tokens.begin() + sequence.n_tokens(), tokens.end()});
    tree.add(text, sequence, PrefixTree::Moment::kNone);
  };
  const Tokens trunk = range(0, 20);
  add(trunk);
  add(joined(trunk, {50, 51}));
  add(joined(trunk, {60, 61}));
  add({90, 91, 92});
  tree.resume(joined(trunk, {50, 51}));
  ASSERT_TRUE(tree.forget_one());
  EXPECT_EQ(tree.match(joined(trunk, {60, 61})).n_usable, 20);
  ASSERT_TRUE(tree.forget_one());
  EXPECT_EQ(tree.match(Tokens{90, 91, 92}).n_usable, 0);
  EXPECT_EQ(tree.match(joined(trunk, {50, 51})).n_usable, 22);
  while (tree.forget_one()) {
  }
  EXPECT_EQ(cache.pool.used_bytes(), 0);
}

// Whatever happens in whatever order, a sequence holds what it was given.
TEST(PrefixTree, HoldsUnderRandomUse) {
  for (const Layers layers : {Layers::kFull, Layers::kFullAndWindow, Layers::kFullAndRecurrent}) {
    Cache cache(layers, options(160));
    PrefixTree tree(cache.pool);
    std::mt19937 random(7);
    const auto below = [&](int n) { return int(random() % uint32_t(n)); };
    std::vector<std::pair<KvSequence, Tokens>> running;
    for (int i = 0; i < 3000; ++i) {
      const int what = below(10);
      if (what < 2 && running.size() < 3) {
        Tokens prompt;
        for (int n = below(40); n >= 0; --n) prompt.push_back(below(2));  // many agree
        KvSequence sequence = tree.resume(prompt);
        prompt.resize(size_t(sequence.n_tokens()));
        running.emplace_back(std::move(sequence), prompt);
        cache.expect_holds(running.back().first, running.back().second);
      } else if (what < 7 && !running.empty()) {
        auto& [sequence, text] = running[size_t(below(int(running.size())))];
        Tokens more;
        for (int n = below(9); n >= 0; --n) more.push_back(below(2));
        while (!sequence.can_reserve(int64_t(more.size())) && tree.forget_one()) {
        }
        if (sequence.can_reserve(int64_t(more.size()))) cache.append(sequence, text, more);
      } else if (what < 9 && !running.empty()) {
        const auto at = running.begin() + below(int(running.size()));
        cache.expect_holds(at->first, at->second);
        tree.add(at->second, at->first,
                 below(2) ? PrefixTree::Moment::kKeep : PrefixTree::Moment::kNone);
        if (below(2)) running.erase(at);
      } else if (below(8) == 0) {
        tree.forget_one();
      }
      if (::testing::Test::HasFailure()) return;
    }
    running.clear();
    while (tree.forget_one()) {
    }
    EXPECT_EQ(cache.pool.used_bytes(), 0);
  }
}

class Disk : public ::testing::TestWithParam<Layers> {
 protected:
  DiskTierOptions disk_options(std::string key = "a model") const {
    return {.folder = folder_ / "cache", .max_bytes = int64_t{1} << 30, .key = std::move(key)};
  }
  // A conversation of 40 tokens, with moments after 10, 20, 30 and 40.
  void write(const DiskTierOptions& options_of_disk) {
    Cache cache(GetParam(), options());
    PrefixTree tree(cache.pool);
    DiskTier disk(options_of_disk);
    KvSequence sequence = cache.pool.create();
    Tokens text;
    const std::vector<int64_t> ends = {10, 20, 30, 40};
    for (const int64_t end : ends) {
      cache.append(sequence, text, range(int32_t(end - 10), int32_t(end)));
      tree.add(text, sequence, PrefixTree::Moment::kKeep);
    }
    disk.save(text, sequence, ends, cache.pool, tree);
    disk.save(text, sequence, ends, cache.pool, tree);  // nothing new
    disk.flush();
    EXPECT_EQ(disk.status().n_files, 4);
    EXPECT_EQ(disk.status().failure, "");
  }
  int64_t found(const DiskTierOptions& options_of_disk, const Tokens& prompt) {
    Cache cache(GetParam(), options());
    PrefixTree tree(cache.pool);
    DiskTier disk(options_of_disk);
    const int64_t n = disk.load(prompt, cache.pool, tree);
    const KvSequence sequence = tree.resume(prompt);
    cache.expect_holds(sequence, Tokens(prompt.begin(), prompt.begin() + n));
    return n;
  }
  std::vector<fs::path> files() const {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "cache")) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
    std::ranges::sort(paths);
    return paths;
  }
  TempFolder folder_;
};

TEST_P(Disk, APrefixComesBackAfterARestart) {
  write(disk_options());
  EXPECT_EQ(found(disk_options(), range(0, 40)), 40);
  EXPECT_EQ(found(disk_options(), range(0, 60)), 40);
  const bool keeps_all = GetParam() == Layers::kFull;
  EXPECT_EQ(found(disk_options(), joined(range(0, 25), {99})), keeps_all ? 25 : 20);
  EXPECT_EQ(found(disk_options(), range(5, 30)), 0);
}

TEST_P(Disk, AnotherModelsFilesAreNeverUsed) {
  write(disk_options());
  EXPECT_EQ(found(disk_options("another model"), range(0, 40)), 0);
  EXPECT_EQ(found(disk_options(), range(0, 40)), 40);
}

TEST_P(Disk, DamagedFilesAreAsIfTheyHadNeverBeen) {
  write(disk_options());
  const auto paths = files();
  ASSERT_EQ(paths.size(), 4u);
  for (const fs::path& path : paths) {  // a bit of the rows, which the head does not cover
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(-3, std::ios::end);
    const char byte = char(file.get());
    file.seekp(-3, std::ios::end);
    file.put(char(byte ^ 1));
  }
  EXPECT_EQ(found(disk_options(), range(0, 40)), 0);
  EXPECT_LT(files().size(), 4u);
}

TEST_P(Disk, CutFilesAreRemovedAtTheStart) {
  write(disk_options());
  for (const fs::path& path : files()) fs::resize_file(path, fs::file_size(path) - 1);
  EXPECT_EQ(found(disk_options(), range(0, 40)), 0);
  EXPECT_TRUE(files().empty());
}

TEST_P(Disk, WhatAKilledProcessLeftIsRemoved) {
  write(disk_options());
  const fs::path left = files().front().string() + ".tmp-999999999-0";
  std::ofstream(left) << "half";
  found(disk_options(), range(0, 40));
  EXPECT_FALSE(fs::exists(left));
}

TEST_P(Disk, TakesNoMoreThanItMay) {
  DiskTierOptions small = disk_options();
  write(small);
  int64_t all = 0;
  for (const fs::path& path : files()) all += int64_t(fs::file_size(path));
  small.max_bytes = all + 100;
  {
    Cache cache(GetParam(), options());
    PrefixTree tree(cache.pool);
    DiskTier disk(small);
    KvSequence sequence = cache.pool.create();
    Tokens text;
    cache.append(sequence, text, range(500, 520));
    tree.add(text, sequence, PrefixTree::Moment::kKeep);
    const std::vector<int64_t> ends = {20};
    disk.save(text, sequence, ends, cache.pool, tree);
    disk.flush();
    EXPECT_LE(disk.status().n_bytes, small.max_bytes);
  }
  EXPECT_EQ(found(small, range(500, 520)), 20);
  EXPECT_LT(found(small, range(0, 40)), 40);
  EXPECT_GT(found(small, range(0, 40)), 0);  // its beginning is what is left of it
}

TEST_P(Disk, AFullDiskIsDoneWithout) {
  DiskTierOptions tiny = disk_options();
  tiny.max_bytes = 10;
  Cache cache(GetParam(), options());
  PrefixTree tree(cache.pool);
  DiskTier disk(tiny);
  KvSequence sequence = cache.pool.create();
  Tokens text;
  cache.append(sequence, text, range(0, 20));
  tree.add(text, sequence, PrefixTree::Moment::kKeep);
  const std::vector<int64_t> ends = {20};
  disk.save(text, sequence, ends, cache.pool, tree);
  disk.flush();
  EXPECT_EQ(disk.status().n_failed, 1);
  EXPECT_NE(disk.status().failure, "");
  EXPECT_EQ(disk.match(text), 0);
}

std::string name_of(const ::testing::TestParamInfo<Layers>& tested) {
  constexpr const char* kNames[] = {"full", "window", "recurrent"};
  return kNames[int(tested.param)];
}

INSTANTIATE_TEST_SUITE_P(Layers, Disk,
                         ::testing::Values(Layers::kFull, Layers::kFullAndWindow,
                                           Layers::kFullAndRecurrent),
                         name_of);

TEST(SegmentFile, TellsEveryBitAndEveryLengthApart) {
  std::vector<std::byte> bytes(77, std::byte{3});
  std::vector<uint64_t> sums = {kv::checksum(bytes)};
  for (size_t i = 0; i < bytes.size() * 8; ++i) {
    bytes[i / 8] ^= std::byte(1 << i % 8);
    sums.push_back(kv::checksum(bytes));
    bytes[i / 8] ^= std::byte(1 << i % 8);
  }
  for (size_t n = 0; n < bytes.size(); ++n) sums.push_back(kv::checksum(std::span(bytes).first(n)));
  std::ranges::sort(sums);
  EXPECT_TRUE(std::ranges::adjacent_find(sums) == sums.end());
}

}  // namespace
}  // namespace ridge
