#include "engine/engine.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "cpu/cpu_backend.h"
#include "engine/actions/decode.h"
#include "engine/actions/prefill.h"
#include "engine/session.h"
#include "gguf/file.h"
#include "spec/build.h"
#include "support/allocations.h"
#include "support/temp_folder.h"
#include "support/tiny_model.h"

namespace ridge {
namespace {

using testing::TempFolder;
using text::Token;

class TinyEngine : public ::testing::TestWithParam<const char*> {
 protected:
  TinyEngine() : backend_(cpu::make_backend()) { testing::write_tiny_model(path(), GetParam()); }
  std::filesystem::path path() const { return folder_ / "tiny.gguf"; }
  Engine engine(EngineOptions options = {}) { return Engine(path(), *backend_, options); }

  static std::vector<Token> some_tokens(size_t n, int seed = 1) {
    std::vector<Token> tokens(n);
    for (size_t i = 0; i < n; ++i) tokens[i] = Token((i * 37 + size_t(seed) * 101 + i * i) % 250);
    return tokens;
  }
  static std::vector<float> all_logits(Engine& engine, const std::vector<Token>& tokens) {
    std::vector<float> rows;
    engine.logits(tokens, [&](int64_t first, std::span<const float> more) {
      EXPECT_EQ(first * engine.spec().n_vocab, int64_t(rows.size()));
      rows.insert(rows.end(), more.begin(), more.end());
    });
    return rows;
  }
  static GenerateRequest greedy(std::vector<Token> prompt, int64_t n) {
    GenerateRequest request{.prompt = std::move(prompt), .max_tokens = n};
    request.sampling.temperature = 0;
    request.sampling.logit_bias = {{257, -std::numeric_limits<float>::infinity()}};  // no EOS
    return request;
  }

  TempFolder folder_;
  std::unique_ptr<Backend> backend_;
};

TEST_P(TinyEngine, LogitsAreTheSameBitsForEveryChunkSizeAndThreadCount) {
  const std::vector<Token> tokens = some_tokens(130);
  Engine whole = engine();
  const std::vector<float> expected = all_logits(whole, tokens);
  ASSERT_EQ(int64_t(expected.size()), 130 * whole.spec().n_vocab);
  for (float logit : expected) ASSERT_TRUE(std::isfinite(logit));
  for (int64_t batch : {1, 3, 16, 33, 64, 127}) {
    Engine chunked = engine({.batch = batch});
    EXPECT_EQ(all_logits(chunked, tokens), expected) << "chunks of " << batch;
  }
  for (int n_threads : {1, 3}) {
    const auto other = cpu::make_backend({.n_threads = n_threads});
    Engine engine(path(), *other, {.batch = 48});
    EXPECT_EQ(all_logits(engine, tokens), expected) << n_threads << " threads";
  }
}

TEST_P(TinyEngine, AnAnswerIsTheSameWhetherItsPrefixWasCachedOrNot) {
  const std::vector<Token> first_prompt = some_tokens(60);
  Engine cached = engine();
  const GenerateResult first = cached.generate(greedy(first_prompt, 20), {});
  ASSERT_EQ(first.tokens.size(), 20u);
  EXPECT_EQ(first.finish, FinishReason::kLength);
  EXPECT_EQ(first.stats.n_reused, 0);

  std::vector<Token> second_prompt = first_prompt;
  second_prompt.insert(second_prompt.end(), first.tokens.begin(), first.tokens.end());
  second_prompt.push_back(7);
  const GenerateResult second = cached.generate(greedy(second_prompt, 20), {});
  EXPECT_EQ(second.stats.n_reused, 79) << "all but the last answered token, which was never read";

  Engine fresh = engine();
  EXPECT_EQ(fresh.generate(greedy(second_prompt, 20), {}).tokens, second.tokens);
}

TEST_P(TinyEngine, ADivergingPromptKeepsWhatItSharesAndForgetsTheRest) {
  std::vector<Token> prompt = some_tokens(100);
  Engine cached = engine();
  cached.generate(greedy(prompt, 5), {});
  prompt[90] = Token(prompt[90] == 3 ? 4 : 3);
  const GenerateResult again = cached.generate(greedy(prompt, 10), {});
  EXPECT_LE(again.stats.n_reused, 90);
  Engine fresh = engine();
  EXPECT_EQ(fresh.generate(greedy(prompt, 10), {}).tokens, again.tokens);
}

TEST_P(TinyEngine, ARepeatedPromptReadsOneToken) {
  Engine cached = engine();
  const std::vector<Token> prompt = some_tokens(50);
  const GenerateResult first = cached.generate(greedy(prompt, 1), {});
  const GenerateResult second = cached.generate(greedy(prompt, 1), {});
  EXPECT_EQ(second.stats.n_reused, 49);
  EXPECT_EQ(second.tokens, first.tokens);
}

TEST_P(TinyEngine, TheContextEndsTheAnswerAndRefusesLongerPrompts) {
  Engine engine = this->engine({.context = 40});
  const GenerateResult result = engine.generate(greedy(some_tokens(30), -1), {});
  EXPECT_EQ(result.finish, FinishReason::kLength);
  EXPECT_EQ(result.tokens.size(), 11u) << "the last one is not read any more";
  EXPECT_THROW(engine.generate(greedy(some_tokens(41), 1), {}), Error);
  EXPECT_THROW(engine.generate(greedy({}, 1), {}), Error);
  EXPECT_THROW(engine.generate(greedy({262}, 1), {}), Error);
  EXPECT_THROW(engine.generate(greedy({-1}, 1), {}), Error);
  EXPECT_EQ(engine.generate(greedy(some_tokens(40), 8), {}).tokens.size(), 1u);
}

TEST_P(TinyEngine, CancellingStopsAndKeepsWhatWasRead) {
  Engine engine = this->engine({.batch = 16});
  std::atomic<bool> cancel{true};
  GenerateRequest request = greedy(some_tokens(64), 10);
  request.cancel = &cancel;
  EXPECT_EQ(engine.generate(request, {}).finish, FinishReason::kCancelled);
  cancel = false;
  int n_pieces = 0;
  const GenerateResult result = engine.generate(request, [&](std::string_view) {
    cancel = true;
    return ++n_pieces < 100;
  });
  EXPECT_EQ(result.finish, FinishReason::kCancelled);
  EXPECT_LT(result.tokens.size(), 10u);
  cancel = false;
  EXPECT_EQ(engine.generate(request, [](std::string_view) { return false; }).finish,
            FinishReason::kCancelled);
}

TEST_P(TinyEngine, AStopStringEndsTheAnswerBeforeIt) {
  Engine engine = this->engine();
  std::string whole;
  engine.generate(greedy(some_tokens(20), 40), [&](std::string_view piece) {
    whole += piece;
    return true;
  });
  ASSERT_GT(whole.size(), 8u);
  const std::string stop = whole.substr(whole.size() / 2, 2);
  GenerateRequest request = greedy(some_tokens(20), 40);
  request.stops = {whole + "?", stop};
  std::string cut;
  const GenerateResult result = engine.generate(request, [&](std::string_view piece) {
    cut += piece;
    return true;
  });
  EXPECT_EQ(result.finish, FinishReason::kStop);
  EXPECT_EQ(result.stop, stop);
  EXPECT_EQ(cut, whole.substr(0, whole.find(stop)));
}

TEST_P(TinyEngine, ASteadyDecodeStepAllocatesNothing) {
  const gguf::File file = gguf::File::open(path());
  const ModelSpec spec = build_spec(file);
  const Transformer model(file, spec, *backend_);
  Session session(model, *backend_, {.n_tokens = 256, .max_batch = 32});
  Sampler sampler({.temperature = 0.7f, .top_k = 40, .top_p = 0.9f}, int(spec.n_vocab));
  prefill(session, some_tokens(40), nullptr);
  const auto step = [&] {
    const Token token = sampler.sample(decode(session, 5)).token;
    sampler.accept(token);
  };
  for (int i = 0; i < 4; ++i) step();
  const testing::AllocationScope scope;
  for (int i = 0; i < 100; ++i) step();
  EXPECT_EQ(scope.so_far().count, 0u);
}

INSTANTIATE_TEST_SUITE_P(Architectures, TinyEngine,
                         ::testing::Values("llama", "qwen2", "qwen3", "gemma3", "gemma4", "qwen35"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace ridge
