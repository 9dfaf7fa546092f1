#include "cli/bench/against.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "cli/bench/against_report.h"
#include "cli/bench/sse.h"

namespace ridge::cli {
namespace {

std::vector<std::string> events_of(std::string_view bytes, size_t chunk) {
  std::vector<std::string> events;
  SseReader reader([&](std::string_view data) { events.emplace_back(data); });
  for (size_t i = 0; i < bytes.size(); i += chunk) reader.feed(bytes.substr(i, chunk));
  return events;
}

TEST(SseReader, GivesWholeEventsHoweverTheyArrive) {
  constexpr std::string_view kStream =
      ": comment\n\ndata: one\n\nevent: x\r\ndata:two\r\ndata: lines\r\n\r\nid: "
      "7\n\ndata:\n\ndata: cut";
  const std::vector<std::string> expected{"one", "two\nlines", ""};
  for (size_t chunk : {1, 2, 3, 7, 1000}) EXPECT_EQ(events_of(kStream, chunk), expected) << chunk;
}

TEST(SseReader, RefusesALineWithoutEnd) {
  SseReader reader([](std::string_view) {});
  const std::string block(1 << 20, 'x');
  EXPECT_THROW(
      {
        for (int i = 0; i < 20; ++i) reader.feed(block);
      },
      Error);
}

TEST(CompletionsUrl, TakesWhatPeopleType) {
  for (const char* given : {"http://h:8080", "http://h:8080/", "h:8080", "http://h:8080/v1",
                            "http://h:8080/v1/", "http://h:8080/v1/chat/completions"}) {
    EXPECT_EQ(completions_url(given), "http://h:8080/v1/chat/completions") << given;
  }
  EXPECT_EQ(completions_url("https://h/api/v3"), "https://h/api/v3/chat/completions");
}

TEST(TokenCount, IsFittedToTheServersOwn) {
  const TokenCount count = fit_count(32, 74, 192, 394);  // 10 + 2 a word
  EXPECT_DOUBLE_EQ(count.per_word, 2);
  EXPECT_DOUBLE_EQ(count.overhead, 10);
  EXPECT_EQ(count.words_for(512), 251);
  EXPECT_EQ(count.words_for(1), 1);
  EXPECT_DOUBLE_EQ(fit_count(32, 5, 192, 5).per_word, TokenCount{}.per_word) << "no count at all";
}

TEST(PromptMaker, NoTwoPromptsBeginAlike) {
  PromptMaker maker(1);
  std::set<std::string> beginnings;
  for (int i = 0; i < 1000; ++i) {
    const std::string prompt = maker.words(8);
    EXPECT_EQ(std::count(prompt.begin(), prompt.end(), ' '), 7);
    beginnings.insert(prompt);
  }
  EXPECT_EQ(beginnings.size(), 1000u);
  EXPECT_NE(PromptMaker(1).words(8), PromptMaker(2).words(8));
}

TEST(PrefixCacheProbe, IsDetectedByTimeOrByTheServersWord) {
  EXPECT_TRUE(
      (PrefixCacheProbe{.n_prompt = 512, .new_seconds = 1, .repeated_seconds = 0.1}).is_detected());
  EXPECT_FALSE(
      (PrefixCacheProbe{.n_prompt = 512, .new_seconds = 1, .repeated_seconds = 0.9}).is_detected());
  EXPECT_FALSE((PrefixCacheProbe{.n_prompt = 512, .new_seconds = 0.004, .repeated_seconds = 0.001})
                   .is_detected())
      << "within noise";
  EXPECT_TRUE(
      (PrefixCacheProbe{.n_prompt = 512, .new_seconds = 1, .repeated_seconds = 1, .n_cached = 500})
          .is_detected());
}

TEST(AgainstResult, AFoundUniquePromptContaminates) {
  AgainstResult result{
      .samples = {{.seconds = 1, .n_tokens = 512, .n_prompt = 512, .n_cached = 40}}};
  EXPECT_FALSE(result.is_contaminated()) << "a template's prefix";
  result.samples.push_back({.seconds = 1, .n_tokens = 512, .n_prompt = 512, .n_cached = 300});
  EXPECT_TRUE(result.is_contaminated());
}

TEST(Against, KeepsRatesAndKnowsItsOwnMachine) {
  AgainstReport report{.server = {.url = "http://127.0.0.1:1/v1/chat/completions", .model = "m"}};
  report.results = {{.test = {.n_gen = 64},
                     .samples = {{.seconds = 2, .n_tokens = 63}, {.seconds = 1, .n_tokens = 63}}}};
  const Machine machine{.cpu = "C", .identity = "id"};
  const history::RunRecord run = to_record(report, machine);
  EXPECT_EQ(run.machine_id, "id");
  EXPECT_EQ(run.results[0].rates(), (std::vector<double>{31.5, 63}));
  report.server.url = "https://example.org/v1/chat/completions";
  EXPECT_EQ(to_record(report, machine).machine_id, "");
  EXPECT_TRUE(is_loopback("http://[::1]:80/v1"));
  EXPECT_FALSE(is_loopback("http://10.0.0.1/v1"));
}

}  // namespace
}  // namespace ridge::cli
