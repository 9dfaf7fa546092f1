#include "cli/hub_listing.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace ridge::cli {
namespace {

const std::string kDigest(64, 'a');

TEST(HubListing, ReadsFilesWithSizesAndDigests) {
  const auto listing = parse_hub_listing(
      R"({"id": "o/r", "sha": "0123456789abcdef", "siblings": [
          {"rfilename": "README.md", "size": 5, "blobId": "x"},
          {"rfilename": "q/m-Q8_0.gguf", "size": 10, "lfs": {"sha256": ")" +
      kDigest + R"(", "size": 10, "pointerSize": 130}},
          {"rfilename": "old.gguf"}]})");
  EXPECT_EQ(listing.commit, "0123456789abcdef");
  ASSERT_EQ(listing.files.size(), 3u);
  EXPECT_EQ(listing.files[1].path, "q/m-Q8_0.gguf");
  EXPECT_EQ(listing.files[1].size, 10u);
  EXPECT_EQ(listing.files[1].sha256, kDigest);
  EXPECT_EQ(listing.files[2].size, 0u);
}

TEST(HubListing, RefusesWhatIsNoListing) {
  const auto with_file = [](const std::string& file) {
    return R"({"sha": "0123456789abcdef", "siblings": [)" + file + "]}";
  };
  for (const std::string& text :
       {std::string(), std::string("<html>"), std::string("[]"), std::string("{}"),
        std::string(R"({"sha": "../../x", "siblings": []})"), with_file("1"), with_file("{}"),
        with_file(R"({"rfilename": "../../etc/x.gguf"})"), with_file(R"({"rfilename": "/x.gguf"})"),
        with_file(R"({"rfilename": "a.gguf", "size": -1, "lfs": {"sha256": "../x"}})"),
        with_file(R"({"rfilename": "a.gguf", "size": "big"})")}) {
    EXPECT_THROW(parse_hub_listing(text), Error) << text;
  }
}

}  // namespace
}  // namespace ridge::cli
