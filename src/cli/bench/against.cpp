#include "cli/bench/against.h"

#include <algorithm>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "hub/http.h"

namespace ridge::cli {
namespace {

constexpr int64_t kShortPrompt = 32;     // tokens, for decode at depth 0
constexpr int64_t kProbePrompt = 512;    // tokens, where the tests have no longer one
constexpr int64_t kTemplateTokens = 64;  // at most, that all prompts begin with
constexpr int kProbes = 2;
constexpr double kSuspiciousShare = 0.6;  // of the time that a new prompt takes
constexpr double kNoiseSeconds = 0.01;    // that no cache is needed to explain

[[noreturn]] void fail_stopped() {
  fail(ErrorCode::kCancelled, "stopped");
}

class ServerMeasurement {
 public:
  ServerMeasurement(AgainstReport& report, const AgainstOptions& options)
      : report_(report), options_(options), prompts_(options.seed) {}

  // Two sizes tell how the server counts; they are the warm-up too.
  void calibrate() {
    constexpr int64_t kFew = 32;
    constexpr int64_t kMany = 192;
    const ChatTiming few = ask(report_.server, {prompts_.words(kFew)});
    const ChatTiming many = ask(report_.server, {prompts_.words(kMany)});
    report_.counted = few.counted && many.counted;
    if (report_.counted) report_.count = fit_count(kFew, few.n_prompt, kMany, many.n_prompt);
  }

  void rounds() {
    const auto total = int64_t(report_.results.size()) * options_.n_repeat;
    int64_t done = 0;
    for (int round = 0; round < options_.n_repeat; ++round) {
      for (AgainstResult& result : report_.results) {
        if (options_.keep_going && !options_.keep_going()) fail_stopped();
        if (options_.progress) options_.progress(done++, total, result.test);
        std::this_thread::sleep_for(options_.delay);
        result.samples.push_back(sample(result.test));
      }
    }
  }

  PrefixCacheProbe probe_cache() {
    int64_t n_prompt = kProbePrompt;
    for (const AgainstResult& result : report_.results) {
      n_prompt = std::max({n_prompt, result.test.n_prompt, result.test.n_depth});
    }
    PrefixCacheProbe probe;
    std::vector<double> fresh;
    std::vector<double> again;
    for (int i = 0; i < kProbes; ++i) {
      const std::string prompt = prompts_.words(report_.count.words_for(n_prompt));
      const ChatTiming first = ask(report_.server, {prompt});
      const ChatTiming second = ask(report_.server, {prompt});
      fresh.push_back(first.first_seconds);
      again.push_back(second.first_seconds);
      probe.n_prompt = std::max(first.n_prompt, second.n_prompt);
      probe.n_cached = std::max(probe.n_cached, second.n_cached);
    }
    probe.new_seconds = median(fresh);
    probe.repeated_seconds = median(again);
    return probe;
  }

 private:
  AgainstSample sample(const BenchTest& test) {
    if (test.is_prefill()) return prefill_sample(test);
    return test.n_columns > 1 ? column_sample(test) : decode_sample(test);
  }

  ChatRequest decode_request(const BenchTest& test) {
    const int64_t n_prompt = std::max(kShortPrompt, test.n_depth + test.n_prompt);
    return {.prompt = prompts_.words_to_write_about(report_.count.words_for(n_prompt)),
            .max_tokens = test.n_gen};
  }

  int64_t prompt_tokens(const ChatTiming& timing, int64_t wanted) const {
    return timing.n_prompt > 0 ? timing.n_prompt : wanted;
  }

  // The first token's computation is in it, as it is in what a user waits for.
  AgainstSample prefill_sample(const BenchTest& test) {
    const ChatTiming timing =
        ask(report_.server, {prompts_.words(report_.count.words_for(test.n_prompt))});
    const int64_t n_prompt = prompt_tokens(timing, test.n_prompt);
    return {.seconds = timing.first_seconds,
            .n_tokens = double(n_prompt),
            .first_token = timing.first_seconds,
            .n_prompt = n_prompt,
            .n_cached = timing.n_cached};
  }

  AgainstSample decode_sample(const BenchTest& test) {
    const ChatTiming timing = ask(report_.server, decode_request(test));
    check_streamed(timing, test);
    AgainstSample sample{.seconds = timing.decode_seconds(),
                         .n_tokens = double(timing.n_generated - 1),
                         .first_token = timing.first_seconds,
                         .n_prompt = prompt_tokens(timing, test.n_depth),
                         .n_cached = timing.n_cached};
    if (test.n_prompt > 0) {
      sample.seconds = timing.last_seconds;
      sample.n_tokens = double(sample.n_prompt + timing.n_generated);
    }
    return sample;
  }

  // From the first token of any column to the last of all.
  AgainstSample column_sample(const BenchTest& test) {
    std::vector<std::future<ChatTiming>> answers;
    for (int i = 0; i < test.n_columns; ++i) {
      answers.push_back(std::async(std::launch::async, [this, request = decode_request(test)] {
        return ask(report_.server, request);
      }));
    }
    AgainstSample sample;
    double first = 1e300;
    double last = 0;
    for (std::future<ChatTiming>& answer : answers) {
      const ChatTiming timing = answer.get();
      check_streamed(timing, test);
      first = std::min(first, timing.first_seconds);
      last = std::max(last, timing.last_seconds);
      sample.n_tokens += double(timing.n_generated);
      sample.first_token = std::max(sample.first_token, timing.first_seconds);
      sample.n_prompt = prompt_tokens(timing, test.n_depth);
      sample.n_cached = std::max(sample.n_cached, timing.n_cached);
    }
    sample.n_tokens -= 1;
    sample.seconds = last - first;
    return sample;
  }

  void check_streamed(const ChatTiming& timing, const BenchTest& test) const {
    if (timing.n_generated < 2) {
      fail(ErrorCode::kUnsupported, name_of(test), ": the server stopped after ",
           timing.n_generated, " token, and ", test.n_gen, " were asked for");
    }
    if (timing.n_events < 2 || timing.decode_seconds() <= 0) {
      fail(ErrorCode::kUnsupported, name_of(test), ": the server sent its answer of ",
           timing.n_generated,
           " tokens at once: it does not stream, so decode cannot be told "
           "from prefill (-n 0 measures prefill alone)");
    }
  }

  AgainstReport& report_;
  const AgainstOptions& options_;
  PromptMaker prompts_;
};

class Collector final : public hub::HttpReceiver {
 public:
  hub::BodyWish begin(const hub::HttpResponse& response) override {
    return response.status == 200 ? hub::BodyWish::kPass : hub::BodyWish::kDrop;
  }
  void body(std::span<const std::byte> bytes) override {
    if (text.size() < kMost) text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  std::string text;

 private:
  static constexpr size_t kMost = 1 << 20;
};

}  // namespace

std::vector<double> AgainstResult::rates() const {
  std::vector<double> values;
  for (const AgainstSample& sample : samples) values.push_back(sample.n_tokens / sample.seconds);
  return values;
}

std::vector<double> AgainstResult::first_tokens() const {
  std::vector<double> values;
  for (const AgainstSample& sample : samples) values.push_back(sample.first_token);
  return values;
}

// Every prompt shares its template's first tokens with the others; a cache may keep these.
bool AgainstResult::is_contaminated() const {
  return std::any_of(samples.begin(), samples.end(), [](const AgainstSample& sample) {
    return sample.n_cached > std::max(kTemplateTokens, sample.n_prompt / 10);
  });
}

bool PrefixCacheProbe::is_detected() const {
  const bool faster = repeated_seconds < kSuspiciousShare * new_seconds &&
                      new_seconds - repeated_seconds > kNoiseSeconds;
  return faster || n_cached > n_prompt / 2;
}

bool can_ask(const BenchTest& test) {
  return test.n_depth == 0 || test.is_decode();
}

AgainstReport measure_server(const ChatServer& server, const std::vector<BenchTest>& tests,
                             const AgainstOptions& options) {
  AgainstReport report{.server = server};
  for (const BenchTest& test : tests) {
    if (can_ask(test)) report.results.push_back({.test = test});
  }
  ServerMeasurement measurement(report, options);
  measurement.calibrate();
  measurement.rounds();
  report.cache = measurement.probe_cache();
  return report;
}

std::string first_model(const ChatServer& server) {
  constexpr std::string_view kPath = "/chat/completions";
  const hub::HttpRequest request{
      .url = cat(server.url.substr(0, server.url.size() - kPath.size()), "/models"),
      .bearer_token = server.api_key,
      .keep_going = server.keep_going};
  Collector collector;
  hub::http_get(request, collector);
  const auto models = nlohmann::json::parse(collector.text, nullptr, false);
  if (!models.is_object() || !models.contains("data") || !models["data"].is_array()) return "";
  for (const auto& model : models["data"]) {
    if (model.is_object() && model.contains("id") && model["id"].is_string()) {
      return model["id"].get<std::string>();
    }
  }
  return "";
}

}  // namespace ridge::cli
