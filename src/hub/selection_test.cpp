#include "hub/selection.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace ridge::hub {
namespace {

std::vector<RepoModel> models_of(std::initializer_list<const char*> paths) {
  std::vector<RepoFile> files;
  for (const char* path : paths) files.push_back({.path = path, .size = 10});
  return models_in(files);
}

TEST(RepoReference, ReadsOwnerRepoRevisionAndQuant) {
  const auto reference = parse_repo_reference("Qwen/Qwen3-0.6B-GGUF@v1:Q8_0");
  ASSERT_TRUE(reference);
  EXPECT_EQ(reference->owner, "Qwen");
  EXPECT_EQ(reference->repo, "Qwen3-0.6B-GGUF");
  EXPECT_EQ(reference->revision, "v1");
  EXPECT_EQ(reference->quant, "Q8_0");
  EXPECT_EQ(parse_repo_reference("a/b")->revision, "main");
}

TEST(RepoReference, RefusesWhatIsNoReference) {
  for (const char* text : {"", "a", "a/", "/b", "a/b/c", "../b", "a/..", "a/b:", "a/b:x/y", "a b/c",
                           "a/b@", "a/b@../x", "http://x/y", "a/b?c", "a/.git"}) {
    EXPECT_FALSE(parse_repo_reference(text)) << text;
  }
}

TEST(Selection, KeepsWholeSetsAndModelsOnly) {
  const auto models = models_of({"m-Q4_K_M.gguf", "mmproj-F16.gguf", "m.imatrix.gguf", "README.md",
                                 "Q8_0/m-Q8_0-00001-of-00002.gguf",
                                 "Q8_0/m-Q8_0-00002-of-00002.gguf", "m-F16-00001-of-00002.gguf"});
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models[0].stem, "m-Q8_0");
  EXPECT_EQ(models[0].quant, "Q8_0");
  EXPECT_EQ(models[0].n_bytes, 20u);
  EXPECT_EQ(models[0].files[1].path, "Q8_0/m-Q8_0-00002-of-00002.gguf");
  EXPECT_EQ(models[1].quant, "Q4_K_M");
}

TEST(Selection, FindsTheQuantThatWasAskedFor) {
  const auto models =
      models_of({"m-Q4_K_M.gguf", "m-UD-Q2_K_XL.gguf", "m.IQ4_XS.gguf", "m-BF16.gguf"});
  struct Case {
    const char* asked;
    const char* path;
  };
  for (const Case& c : {Case{"q4_k_m", "m-Q4_K_M.gguf"},
                        {"Q2_K_XL", "m-UD-Q2_K_XL.gguf"},
                        {"UD-Q2_K_XL", "m-UD-Q2_K_XL.gguf"},
                        {"iq4_xs", "m.IQ4_XS.gguf"},
                        {"bf16", "m-BF16.gguf"},
                        {"", "m-Q4_K_M.gguf"},
                        {"m-bf16", "m-BF16.gguf"}}) {
    const RepoReference wanted{.owner = "o", .repo = "r", .quant = c.asked};
    EXPECT_EQ(choose_model(models, wanted).files.front().path, c.path) << c.asked;
  }
}

TEST(Selection, AQuantThatIsNotThereListsWhatIs) {
  const auto models = models_of({"m-Q4_K_M.gguf", "m-Q8_0.gguf"});
  try {
    choose_model(models, {.owner = "o", .repo = "r", .quant = "Q3_K_S"});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_STREQ(error.what(), "o/r has no Q3_K_S; it has Q4_K_M, Q8_0");
  }
}

TEST(Selection, WithoutAQuantTheOnlyModelIsTaken) {
  const auto models = models_of({"odd-name.gguf"});
  EXPECT_EQ(choose_model(models, {.owner = "o", .repo = "r"}).stem, "odd-name");
  EXPECT_THROW(choose_model(models_of({"x.gguf", "y.gguf"}), {.owner = "o", .repo = "r"}), Error);
  EXPECT_THROW(choose_model({}, {.owner = "o", .repo = "r"}), Error);
}

}  // namespace
}  // namespace ridge::hub
