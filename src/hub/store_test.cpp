#include "hub/store.h"

#include <gtest/gtest.h>

#include <fstream>

namespace ridge::hub {
namespace {

namespace fs = std::filesystem;

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(testing::TempDir()) /
            ("store_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  void put(const std::string& name, size_t n_bytes) {
    std::ofstream(root_ / name) << std::string(n_bytes, 'x');
  }

  fs::path root_;
};

TEST_F(StoreTest, ListsWholeModelsPartsAndSplitSets) {
  put("zeta.gguf", 5);
  put("alpha.gguf.part", 2);
  put("alpha.gguf.part.info", 9);
  put("big-00002-of-00002.gguf", 4);
  put("big-00001-of-00002.gguf", 3);
  put("cut-00001-of-00003.gguf", 1);
  put("notes.txt", 1);
  fs::create_directory(root_ / "folder.gguf");

  const auto models = ModelStore(root_).list();
  ASSERT_EQ(models.size(), 4u);
  EXPECT_EQ(models[0].name, "alpha");
  EXPECT_FALSE(models[0].complete);
  EXPECT_EQ(models[1].name, "big");
  EXPECT_TRUE(models[1].complete);
  EXPECT_EQ(models[1].n_bytes, 7u);
  EXPECT_EQ(models[1].files.front().filename(), "big-00001-of-00002.gguf");
  EXPECT_EQ(models[2].name, "cut");
  EXPECT_FALSE(models[2].complete);
  EXPECT_EQ(models[3].name, "zeta");
  EXPECT_EQ(models[3].n_bytes, 5u);
}

TEST_F(StoreTest, AMissingFolderIsAnEmptyStore) {
  const ModelStore store(root_ / "none");
  EXPECT_TRUE(store.list().empty());
  EXPECT_FALSE(store.find("x"));
  EXPECT_TRUE(store.near_matches("x").empty());
}

TEST_F(StoreTest, RemoveTakesEveryFileOfTheModelAndNoOther) {
  for (const char* name : {"m-00001-of-00002.gguf", "m-00002-of-00002.gguf.part",
                           "m-00002-of-00002.gguf.part.info", "m2.gguf"}) {
    put(name, 1);
  }
  const ModelStore store(root_);
  store.remove(store.find("m").value());
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(root_)) left.push_back(entry.path().filename());
  EXPECT_EQ(left, std::vector<std::string>{"m2.gguf"});
}

TEST_F(StoreTest, NearMatchesComeBestFirstAndUnlikeNamesNotAtAll) {
  for (const char* name : {"smollm2-135m.gguf", "qwen2.5-coder-0.5b.gguf", "gemma3-270m.gguf"}) {
    put(name, 1);
  }
  const ModelStore store(root_);
  EXPECT_EQ(store.near_matches("smolm2-135m").front(), "smollm2-135m");
  EXPECT_EQ(store.near_matches("Qwen2.5-Coder").front(), "qwen2.5-coder-0.5b");
  EXPECT_EQ(store.near_matches("smolm2").front(), "smollm2-135m");
  EXPECT_EQ(store.near_matches("gemma3").front(), "gemma3-270m");
  EXPECT_TRUE(store.near_matches("xyz").empty());
}

TEST(SplitName, ParsesItsOwnFormOnly) {
  const auto split = parse_split_stem("model-q4-00002-of-00010");
  ASSERT_TRUE(split);
  EXPECT_EQ(split->stem, "model-q4");
  EXPECT_EQ(split->index, 2);
  EXPECT_EQ(split->count, 10);
  EXPECT_EQ(split_stem(split->stem, split->index, split->count), "model-q4-00002-of-00010");
  for (const char* other : {"model", "-00001-of-00002", "m-00000-of-00002", "m-00003-of-00002",
                            "m-0001-of-00002", "m-0000x-of-00002", "m_00001-of-00002", ""}) {
    EXPECT_FALSE(parse_split_stem(other)) << other;
  }
}

TEST(ShortName, IsSafeAsAFileName) {
  struct Case {
    const char* stem;
    const char* name;
  };
  for (const Case& c : {Case{"Qwen3-0.6B-Q4_K_M", "qwen3-0.6b-q4_k_m"},
                        {"../../etc", "etc"},
                        {".hidden", "hidden"},
                        {"a b/c", "a-b-c"},
                        {"-rf", "rf"},
                        {"..", ""},
                        {"", ""},
                        {"m\xc3\xa9t", "m--t"}}) {
    EXPECT_EQ(short_name(c.stem), c.name) << c.stem;
  }
}

}  // namespace
}  // namespace ridge::hub
