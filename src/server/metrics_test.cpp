#include "server/metrics.h"

#include <gtest/gtest.h>

#include <optional>

#include "support/fake_generator.h"

namespace ridge::server {
namespace {

// The value of a sample by its name and labels; nullopt: there is none.
std::optional<double> sample(const std::string& text, const std::string& name) {
  const size_t at = text.find("\n" + name + " ");
  if (at == std::string::npos) return std::nullopt;
  return std::stod(text.substr(at + name.size() + 2));
}

std::optional<double> sample(const Metrics& metrics, const std::string& name) {
  return sample(metrics.text({}, {}), name);
}

// 100 tokens of prompt in a second, then 41 of an answer, 10 a second.
AnswerRecord timed() {
  return {.n_prompt = 100, .n_generated = 41, .prompt_seconds = 1, .decode_seconds = 4};
}

void run_alone(Metrics& metrics, const AnswerRecord& record) {
  metrics.request_began();
  metrics.request_ended(record);
}

TEST(Histogram, CountsUpToEachBound) {
  Histogram histogram({1, 2});
  histogram.add(0.5);
  histogram.add(2, 3);
  histogram.add(9);
  std::string text;
  histogram.write(text, "h");
  EXPECT_EQ(text,
            "h_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} 4\nh_bucket{le=\"+Inf\"} 5\nh_sum "
            "15.5\nh_count 5\n");
}

TEST(Metrics, TellWhyTokensOfPromptsWereRead) {
  struct Case {
    int64_t n_prompt, n_reused, n_equal;  // n_equal: where the cache has something else; 0: nowhere
    double reused, fresh, changed, forgotten;
  };
  const Case cases[] = {
      {100, 0, 0, 0, 100, 0, 0},    {100, 60, 0, 60, 40, 0, 0},  {100, 60, 60, 60, 0, 40, 0},
      {100, 60, 80, 60, 0, 20, 20}, {100, 90, 50, 90, 0, 10, 0}, {1, 1, 0, 1, 0, 0, 0},
  };
  for (const Case& c : cases) {
    Metrics metrics;
    run_alone(metrics, {.n_prompt = c.n_prompt, .n_reused = c.n_reused, .n_equal = c.n_equal});
    const std::string text = metrics.text({}, {});
    EXPECT_EQ(sample(text, "ridge_prompt_tokens_total{source=\"reused\"}"), c.reused);
    EXPECT_EQ(sample(text, "ridge_prompt_tokens_total{source=\"new\"}"), c.fresh);
    EXPECT_EQ(sample(text, "ridge_prompt_tokens_total{source=\"changed\"}"), c.changed);
    EXPECT_EQ(sample(text, "ridge_prompt_tokens_total{source=\"forgotten\"}"), c.forgotten);
  }
}

TEST(Metrics, ShowAMeasuredSpeedBesideThePredictedOne) {
  Metrics metrics;
  EXPECT_EQ(sample(metrics, "ridge_predicted_decode_tokens_per_second"), std::nullopt);
  EXPECT_EQ(sample(metrics, "ridge_measured_decode_tokens_per_second"), std::nullopt);
  metrics.set_fixed({.memory_bytes = {}, .predicted_decode = 12, .predicted_prompt = 150});
  run_alone(metrics, timed());
  EXPECT_EQ(sample(metrics, "ridge_predicted_decode_tokens_per_second"), 12);
  EXPECT_EQ(sample(metrics, "ridge_measured_decode_tokens_per_second"), 10);
  EXPECT_EQ(sample(metrics, "ridge_predicted_prompt_tokens_per_second"), 150);
  EXPECT_EQ(sample(metrics, "ridge_measured_prompt_tokens_per_second"), 100);
}

TEST(Metrics, KeepTheLastAnswerThatNothingRanBeside) {
  Metrics metrics;
  EXPECT_EQ(metrics.alone().tokens_per_second, 0);
  run_alone(metrics, timed());
  EXPECT_DOUBLE_EQ(metrics.alone().tokens_per_second, 10);
  EXPECT_EQ(metrics.alone().depth, 100);
  // Two at once: neither counts, not even the one that ends alone.
  AnswerRecord slow = timed();
  slow.decode_seconds = 40;
  metrics.request_began();
  metrics.request_began();
  metrics.request_ended(slow);
  metrics.request_ended(slow);
  EXPECT_DOUBLE_EQ(metrics.alone().tokens_per_second, 10);
  run_alone(metrics, slow);
  EXPECT_DOUBLE_EQ(metrics.alone().tokens_per_second, 1);
}

TEST(Metrics, MeasureOnlyWhatThePredictionIsOf) {
  constexpr const char* kMeasured = "ridge_measured_decode_tokens_per_second";
  const auto measured = [&](const AnswerRecord& record) {
    Metrics metrics;
    run_alone(metrics, record);
    return sample(metrics, kMeasured);
  };
  AnswerRecord record = timed();
  record.n_generated = 3;  // too short to say
  EXPECT_EQ(measured(record), std::nullopt);
  record = timed();
  record.error = "the device is gone";
  EXPECT_EQ(measured(record), std::nullopt);
  record = timed();
  record.cancelled = true;
  EXPECT_EQ(measured(record), std::nullopt);
  record = timed();
  record.n_choices = 2;
  EXPECT_EQ(measured(record), std::nullopt);
  record = timed();
  record.n_drafted = 30;  // 41 tokens of 20 passes, of which one without guesses takes an eighth
  record.n_passes = 20;
  EXPECT_EQ(measured(record), std::nullopt);
  record.plain_seconds = 0.125;
  EXPECT_EQ(measured(record), 8);
}

TEST(Metrics, AnswersWithCompanyAreNotMeasured) {
  constexpr const char* kMeasured = "ridge_measured_decode_tokens_per_second";
  Metrics metrics;
  metrics.request_began();
  metrics.request_began();
  metrics.request_ended(timed());
  metrics.request_ended(timed());  // it had company at first
  EXPECT_EQ(sample(metrics, kMeasured), std::nullopt);
  run_alone(metrics, timed());
  EXPECT_EQ(sample(metrics, kMeasured), 10);
  EXPECT_EQ(sample(metrics, "ridge_requests_total"), 3);
  EXPECT_EQ(sample(metrics, "ridge_requests_open"), 0);
}

TEST(RecentRate, IsOfTheNewestAlone) {
  RecentRate rate;
  EXPECT_EQ(rate.per_second(), 0);
  for (int i = 0; i < 40; ++i) rate.add(1000, 1);
  for (int i = 0; i < 32; ++i) rate.add(10, 1);
  EXPECT_EQ(rate.per_second(), 10);
}

TEST(Metrics, CountTheTimeBetweenTokensOfEachChoice) {
  Metrics metrics;
  // Two choices side by side, 11 tokens each in a second: ten gaps of 0.1 s each.
  run_alone(metrics, {.n_choices = 2, .n_generated = 22, .decode_seconds = 1});
  const std::string text = metrics.text({}, {});
  EXPECT_EQ(sample(text, "ridge_between_tokens_seconds_count"), 20);
  EXPECT_EQ(sample(text, "ridge_between_tokens_seconds_bucket{le=\"0.05\"}"), 0);
  EXPECT_EQ(sample(text, "ridge_between_tokens_seconds_bucket{le=\"0.1\"}"), 20);
}

TEST(Metrics, CountAnAnswerOfTheApplication) {
  FakeServer server;
  server.generator.script.steps = {{.events = {content("a")}, .tokens = {}}};
  server.generator.script.end.unparsed_calls = 2;
  server.generator.script.end.stats.n_generated = 5;
  server.post("/v1/chat/completions", {{"messages", {{{"role", "user"}, {"content", "Hi"}}}}});
  server.ask("POST", "/v1/chat/completions", "nonsense");
  server.generator.script.failure = "the device is gone";
  server.post("/v1/chat/completions", {{"messages", {{{"role", "user"}, {"content", "Hi"}}}}});
  server.generator.state.n_waiting = 3;
  server.generator.state.failure = "the device is gone";
  server.app.metrics().set_fixed({.memory_bytes = {{"weights", 7}}});
  const std::string text = server.ask("GET", "/metrics", "")->replies.at(0).body;
  const std::string answered = "ridge_http_requests_total{route=\"/v1/chat/completions\",status=";
  EXPECT_EQ(sample(text, answered + "\"200\"}"), 1);
  EXPECT_EQ(sample(text, answered + "\"400\"}"), 1);
  EXPECT_EQ(sample(text, answered + "\"500\"}"), 1);
  EXPECT_EQ(sample(text, "ridge_requests_total"), 2);
  EXPECT_EQ(sample(text, "ridge_requests_failed_total"), 1);
  EXPECT_EQ(sample(text, "ridge_requests_waiting"), 3);
  EXPECT_EQ(sample(text, "ridge_tool_parse_failures_total"), 2);
  EXPECT_EQ(sample(text, "ridge_generated_tokens_total"), 5);
  EXPECT_EQ(sample(text, "ridge_first_token_seconds_count"), 2);
  EXPECT_EQ(sample(text, "ridge_memory_bytes{class=\"weights\"}"), 7);
  EXPECT_EQ(sample(text, "ridge_healthy"), 0);
}

}  // namespace
}  // namespace ridge::server
