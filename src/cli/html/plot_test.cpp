#include "cli/html/plot.h"

#include <gtest/gtest.h>

#include "cli/html/bench_page.h"

namespace ridge::cli {
namespace {

using Ticks = std::vector<double>;

TEST(Ticks, AreRoundNumbersThatCoverTheRange) {
  EXPECT_EQ(linear_ticks(0, 100), (Ticks{0, 20, 40, 60, 80, 100}));
  EXPECT_EQ(linear_ticks(0, 4096), (Ticks{0, 1000, 2000, 3000, 4000, 5000}));
  EXPECT_EQ(log_ticks(1, 100), (Ticks{1, 2, 5, 10, 20, 50, 100}));
  EXPECT_EQ(log_ticks(0.9, 11000), (Ticks{1, 10, 100, 1000, 10000}));
  for (double most : {1e-6, 0.3, 7.0, 12345.0, 9e12}) {
    const Ticks ticks = linear_ticks(0, most);
    EXPECT_EQ(ticks.front(), 0);
    EXPECT_GE(ticks.back(), most * (1 - 1e-9));
    EXPECT_LE(ticks.size(), 9u);
    EXPECT_GE(ticks.size(), 3u);
  }
}

TEST(Ticks, LabelsAreShort) {
  EXPECT_EQ(tick_label(0), "0");
  EXPECT_EQ(tick_label(0.05), "0.05");
  EXPECT_EQ(tick_label(500), "500");
  EXPECT_EQ(tick_label(4096), "4.096k");
  EXPECT_EQ(tick_label(1.5e6), "1.5M");
  EXPECT_EQ(tick_label(2e10), "20G");
}

TEST(Svg, DrawsEveryPointAndEscapesNames) {
  const std::string out =
      svg({.title = "a<b",
           .series = {{.name = "x & \"y\"",
                       .points = {{.x = 1, .y = 2, .title = "<1>"},
                                  {.x = 2, .y = 3, .low = 2.5, .high = 3.5}}}}});
  EXPECT_NE(out.find("a&lt;b"), std::string::npos);
  EXPECT_NE(out.find("x &amp; &quot;y&quot;"), std::string::npos);
  EXPECT_NE(out.find("&lt;1&gt;"), std::string::npos);
  size_t circles = 0;
  for (size_t at = 0; (at = out.find("<circle", at)) != std::string::npos; ++at) ++circles;
  EXPECT_EQ(circles, 2u);
  EXPECT_NE(out.find("class=\"bar s0\""), std::string::npos);
}

TEST(Svg, LeavesOutWhatALogAxisCannotShow) {
  const Plot plot{.x_scale = Scale::kLog, .series = {{.points = {{.x = 0, .y = 1}}}}};
  EXPECT_EQ(svg(plot), "");
  EXPECT_EQ(svg({}), "");
}

TEST(BenchPage, IsOneFileThatFollowsTheReadersColours) {
  history::ResultRecord decode{.model = "<m>.gguf",
                               .backend = "cpu",
                               .n_gen = 64,
                               .n_tokens = 64,
                               .bytes_per_token = 1e8,
                               .macs_per_token = 2e8};
  decode.samples = {{1.0, 10e9}, {1.1, 10e9}};
  history::ResultRecord deep = decode;
  deep.n_depth = 4096;
  history::ResultRecord prefill = decode;
  prefill.n_gen = 0;
  prefill.n_prompt = 512;
  prefill.n_tokens = 512;
  const history::RunRecord run{.id = 7,
                               .engine = "ridge",
                               .warnings = {"on <battery>"},
                               .mac_roof = 5e10,
                               .results = {decode, deep, prefill}};
  const std::string page = bench_page({run});
  for (const char* part : {"prefers-color-scheme: dark", "Decode over depth", "Roofline of run 7",
                           "&lt;m&gt;.gguf", "on &lt;battery&gt;", "tg64 @ d4096"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
  for (const char* absent : {"http://", "https://", "<script", "<m>", "nan", "inf"}) {
    EXPECT_EQ(page.find(absent), std::string::npos) << absent;
  }
}

}  // namespace
}  // namespace ridge::cli
