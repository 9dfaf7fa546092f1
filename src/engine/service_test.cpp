#include "engine/service.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <limits>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "base/error.h"
#include "cpu/cpu_backend.h"
#include "engine/drafter.h"
#include "engine/ngram_drafter.h"
#include "support/temp_folder.h"
#include "support/tiny_model.h"
#include "synth/random_model.h"

namespace ridge {
namespace {

using testing::TempFolder;
using text::Token;
using Tokens = std::vector<Token>;

// Collects what a request is told, and lets a test wait for it.
class Collector : public RequestSink {
 public:
  void queued(int64_t) override {
    const std::lock_guard lock(mutex_);
    was_queued_ = true;
  }
  void reading(const PromptProgress& now) override {
    const std::lock_guard lock(mutex_);
    progress_ = now;
    changed_.notify_all();
  }
  void piece(const AnswerPiece& piece) override {
    const std::lock_guard lock(mutex_);
    EXPECT_FALSE(is_over_);
    text_ += piece.text;
    tokens_.insert(tokens_.end(), piece.tokens.begin(), piece.tokens.end());
    n_logprobs_ += piece.logprobs.size();
    changed_.notify_all();
  }
  void finished(const GenerateResult& result) override {
    const std::lock_guard lock(mutex_);
    EXPECT_FALSE(is_over_);
    EXPECT_EQ(tokens_, result.tokens);
    result_ = result;
    is_over_ = true;
    changed_.notify_all();
  }
  void failed(const Error& error) override {
    const std::lock_guard lock(mutex_);
    EXPECT_FALSE(is_over_);
    error_ = error;
    is_over_ = true;
    changed_.notify_all();
  }

  GenerateResult wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return is_over_; });
    if (error_) ADD_FAILURE() << error_->what();
    return result_;
  }
  std::string wait_for_error() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return is_over_; });
    return error_ ? error_->what() : "";
  }
  void wait_for_tokens(size_t n) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return is_over_ || tokens_.size() >= n; });
  }
  std::string text() const { return text_; }
  size_t n_logprobs() const { return n_logprobs_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool was_queued_ = false, is_over_ = false;
  PromptProgress progress_;
  std::string text_;
  Tokens tokens_;
  size_t n_logprobs_ = 0;
  GenerateResult result_;
  std::optional<Error> error_;
};

Tokens some_tokens(size_t n, int seed = 1) {
  Tokens tokens(n);
  for (size_t i = 0; i < n; ++i) tokens[i] = Token((i * 37 + size_t(seed) * 101 + i * i) % 250);
  return tokens;
}

Tokens joined(Tokens a, const Tokens& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

GenerateRequest greedy(Tokens prompt, int64_t n) {
  GenerateRequest request{.prompt = std::move(prompt), .max_tokens = n};
  request.sampling.temperature = 0;
  request.sampling.logit_bias = {{257, -std::numeric_limits<float>::infinity()}};  // no EOS
  return request;
}

// Holds the engine up at the first piece until it may go on, so that an answer cannot end before it
// is cancelled.
class Holding final : public Collector {
 public:
  void piece(const AnswerPiece& piece) override {
    Collector::piece(piece);
    gate_.wait();
  }
  std::promise<void> may_go_on;

 private:
  std::shared_future<void> gate_ = may_go_on.get_future().share();
};

class TinyService : public ::testing::TestWithParam<const char*> {
 protected:
  TinyService() : backend_(cpu::make_backend()) { testing::write_tiny_model(path(), GetParam()); }
  std::filesystem::path path() const { return folder_ / "tiny.gguf"; }
  static ServiceOptions options() {
    return {.engine = {.context = 256, .batch = 64, .speculation = {.ngrams = true}},
            .n_running = 4,
            .n_waiting = 64};
  }
  std::unique_ptr<Service> service(const ServiceOptions& options) {
    return std::make_unique<Service>(path(), *backend_, options);
  }
  static GenerateResult ask(Service& service, GenerateRequest request) {
    const auto sink = std::make_shared<Collector>();
    service.submit(std::move(request), sink);
    return sink->wait();
  }
  // What the engine for one request at a time says, from an empty cache.
  Tokens alone(const GenerateRequest& request) {
    const auto backend = cpu::make_backend();
    Engine engine(path(), *backend, {.context = 256, .batch = 64});
    return engine.generate(request, {}).tokens;
  }
  bool has_states() const { return std::string_view(GetParam()) == "qwen35"; }

  TempFolder folder_;
  std::unique_ptr<Backend> backend_;
};

// Prompts that share beginnings, asked at once, some cancelled, in a cache that cannot hold them
// all: each answer is what it would be alone.
TEST_P(TinyService, EveryAnswerIsWhatItWouldBeAlone) {
  const Tokens trunk = some_tokens(70);
  std::vector<GenerateRequest> requests;
  for (int i = 0; i < 12; ++i) {
    Tokens prompt = joined(Tokens(trunk.begin(), trunk.begin() + 70 - 5 * (i % 4)),
                           some_tokens(size_t(5 + 3 * i), i));
    GenerateRequest request = greedy(std::move(prompt), 96 + i);
    request.message_ends = {30, 60};
    if (i % 3 == 2) {
      request.sampling.temperature = 1;
      request.sampling.seed = uint64_t(i);
      request.sampling.repetition_penalty = 1.2f;
    }
    requests.push_back(std::move(request));
  }
  std::vector<Tokens> expected;
  for (const GenerateRequest& request : requests) expected.push_back(alone(request));

  struct Setting {
    const char* name;
    int64_t cache_tokens;
    bool looks_up;
    bool adapts;
    int64_t answer_reserve;
  };
  int64_t n_preempted = 0;
  for (const Setting& setting :
       {Setting{"plenty", 4096, false, true, 256}, Setting{"scarce", 300, false, true, 1},
        Setting{"guessing", 4096, true, false, 256},
        Setting{"guessing, scarce", 300, true, false, 1}}) {
    ServiceOptions wanted = options();
    // f16, 3 layers of 2 heads of 16: what the model's own kinds make of it is the plan's business.
    wanted.cache_ram_bytes = setting.cache_tokens * 3 * 2 * 16 * 2 * 2;
    wanted.engine.speculation.ngrams = setting.looks_up;
    wanted.answer_reserve = setting.answer_reserve;
    wanted.engine.speculation.most = 3;
    wanted.engine.speculation.adapts = setting.adapts;
    const auto served = service(wanted);
    std::vector<std::shared_ptr<Collector>> sinks;
    for (int round = 0; round < 2; ++round) {
      for (const GenerateRequest& request : requests) {
        sinks.push_back(std::make_shared<Collector>());
        served->submit(request, sinks.back());
        const auto doomed = std::make_shared<Collector>();
        served->cancel(served->submit(request, doomed));
        EXPECT_EQ(doomed->wait().finish, FinishReason::kCancelled);
      }
    }
    // All of them at once, whatever else the machine does.
    const auto first = std::make_shared<Holding>();
    served->submit(requests[0], first);
    first->wait_for_tokens(1);
    for (const GenerateRequest& request : requests) {
      sinks.push_back(std::make_shared<Collector>());
      served->submit(request, sinks.back());
    }
    first->may_go_on.set_value();
    EXPECT_EQ(first->wait().tokens, expected[0]);
    for (size_t i = 0; i < sinks.size(); ++i) {
      EXPECT_EQ(sinks[i]->wait().tokens, expected[i % expected.size()])
          << setting.name << ", request " << i;
    }
    EXPECT_TRUE(served->drain(600));
    const ServiceStatus status = served->status();
    const bool is_scarce = setting.cache_tokens == 300;
    if (!is_scarce) {
      EXPECT_EQ(status.totals.n_preempted, 0) << setting.name;
    }
    n_preempted += status.totals.n_preempted;
    EXPECT_EQ(status.totals.n_finished, int64_t(sinks.size()) + 1);
    EXPECT_EQ(status.totals.n_failed, 0);
    if (setting.cache_tokens > 300) {
      EXPECT_GT(status.totals.n_reused_tokens, 0);
    }
  }
  EXPECT_GT(n_preempted, 0);
}

TEST_P(TinyService, WhatWasReadIsNotReadAgainWhoeverAsks) {
  const auto served = service(options());
  const Tokens prompt = some_tokens(150);
  GenerateRequest request = greedy(prompt, 8);
  request.message_ends = {100};
  const GenerateResult first = ask(*served, request);
  EXPECT_EQ(first.stats.n_reused, 0);
  EXPECT_EQ(ask(*served, request).stats.n_reused, 149) << "all but the token whose logits it needs";
  const Tokens next = joined(joined(prompt, first.tokens), some_tokens(9, 5));
  EXPECT_EQ(ask(*served, greedy(next, 4)).stats.n_reused, 157) << "and the answer but for its last";

  const Tokens branch = joined(Tokens(prompt.begin(), prompt.begin() + 120), some_tokens(20, 9));
  const GenerateResult branched = ask(*served, greedy(branch, 4));
  const bool keeps_all = std::string_view(GetParam()) == "llama";
  EXPECT_EQ(branched.stats.n_reused, keeps_all ? 120 : 100) << "else from the end of a message";
  EXPECT_EQ(branched.stats.miss.n_equal, 120);
  EXPECT_TRUE(
      std::ranges::equal(branched.stats.miss.cached,
                         std::span(prompt).subspan(120, branched.stats.miss.cached.size())));
  EXPECT_TRUE(std::ranges::equal(branched.stats.miss.asked, some_tokens(19, 9)));
  EXPECT_EQ(ask(*served, greedy(next, 4)).stats.n_reused, int64_t(next.size()) - 1)
      << "the branch has not driven out the trunk";
}

TEST_P(TinyService, AParallelRequestWaitsForThePrefixThatAnotherReads) {
  ServiceOptions wanted = options();
  wanted.engine.batch = 16;
  wanted.engine.speculation.most = 1;
  const auto served = service(wanted);
  const Tokens prompt = some_tokens(200);
  std::vector<std::shared_ptr<Collector>> sinks;
  for (int i = 0; i < 4; ++i) {
    sinks.push_back(std::make_shared<Collector>());
    served->submit(greedy(prompt, 4), sinks.back());
  }
  int64_t n_read = 0;
  for (const auto& sink : sinks) n_read += 200 - sink->wait().stats.n_reused;
  EXPECT_LT(n_read, 2 * 200) << "four times the same prompt";
}

TEST_P(TinyService, APrefixSurvivesARestart) {
  ServiceOptions wanted = options();
  wanted.cache_disk = folder_ / "cache";
  const Tokens prompt = some_tokens(150);
  const GenerateResult first = ask(*service(wanted), greedy(prompt, 8));
  const auto served = service(wanted);
  const GenerateResult again = ask(*served, greedy(prompt, 8));
  EXPECT_EQ(again.tokens, first.tokens);
  EXPECT_EQ(again.stats.n_reused, 149);
  EXPECT_EQ(again.stats.n_reused_disk, 149);
  EXPECT_GT(served->status().disk_bytes, 0);

  testing::write_tiny_model(path(), GetParam(), DType::kF16);
  EXPECT_EQ(ask(*service(wanted), greedy(prompt, 8)).stats.n_reused, 0) << "another model";
}

TEST_P(TinyService, RefusesWhatItCannotTake) {
  ServiceOptions wanted = options();
  wanted.n_running = 1;
  wanted.n_waiting = 1;
  const auto served = service(wanted);
  const auto code_of = [&](GenerateRequest request) {
    try {
      served->submit(std::move(request), std::make_shared<Collector>());
    } catch (const Error& error) {
      return std::optional(error.code());
    }
    return std::optional<ErrorCode>();
  };
  EXPECT_EQ(code_of(greedy({}, 1)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(greedy({-1}, 1)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(greedy({100000}, 1)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(greedy(some_tokens(257), 1)), ErrorCode::kInvalidArgument);
  GenerateRequest wrong = greedy({1}, 1);
  wrong.sampling.top_p = 7;
  EXPECT_EQ(code_of(wrong), ErrorCode::kInvalidArgument);

  const auto running = std::make_shared<Collector>(), waiting = std::make_shared<Collector>();
  served->submit(greedy(some_tokens(20), 200), running);
  served->submit(greedy(some_tokens(20), 200), waiting);
  EXPECT_EQ(code_of(greedy({1}, 1)), ErrorCode::kBusy);
  EXPECT_EQ(running->wait().finish, FinishReason::kLength);
  EXPECT_EQ(waiting->wait().finish, FinishReason::kLength);
  EXPECT_EQ(code_of(greedy({1}, 1)), std::nullopt);
  EXPECT_TRUE(served->drain(600));
  EXPECT_EQ(code_of(greedy({1}, 1)), ErrorCode::kBusy);
}

TEST_P(TinyService, RefusesToGuessNoneOrTooMany) {
  for (const int64_t most : {-1, 0, 16, 100}) {
    ServiceOptions wanted = options();
    wanted.engine.speculation.most = most;
    try {
      service(wanted);
      ADD_FAILURE() << most;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      EXPECT_NE(std::string_view(error.what()).find("expected 1 to 15"), std::string_view::npos);
    }
  }
}

TEST_P(TinyService, ACancelledRequestLeavesWhatItHasRead) {
  const auto served = service(options());
  const auto sink = std::make_shared<Holding>();
  const Tokens prompt = some_tokens(100);
  const RequestId id = served->submit(greedy(prompt, -1), sink);
  sink->wait_for_tokens(1);
  served->cancel(id);
  sink->may_go_on.set_value();
  EXPECT_EQ(sink->wait().finish, FinishReason::kCancelled);
  EXPECT_EQ(ask(*served, greedy(prompt, 1)).stats.n_reused, 99);
  served->cancel(id);  // once more: nobody is hurt
  served->cancel(id + 1000);
  EXPECT_EQ(served->status().totals.n_cancelled, 1);
}

// How much of the context there is, depends on the memory; and what is promised is allocated.
TEST_P(TinyService, TakesTheContextThatMemoryHasRoomFor) {
  ServiceOptions wanted = options();
  wanted.engine.context = 0;
  const auto roomy = service(wanted);
  EXPECT_EQ(roomy->context(), 512);
  EXPECT_EQ(roomy->context_reason(), "all that the model was made for");
  EXPECT_GE(roomy->cache_tokens(), roomy->context());
  EXPECT_EQ(roomy->memory_plan().needs.kv, roomy->status().kv_bytes);
  wanted.engine.context = 300;
  EXPECT_EQ(service(wanted)->context_reason(), "asked for");
  wanted.engine.memory = MemoryLimit{.n_bytes = 1000, .by = "a test"};
  EXPECT_THROW(service(wanted), Error);
}

TEST_P(TinyService, EndsAtTheContextAndWithNothingToSay) {
  const auto served = service(options());
  const GenerateResult full = ask(*served, greedy(some_tokens(250), -1));
  EXPECT_EQ(full.finish, FinishReason::kLength);
  EXPECT_EQ(full.tokens, alone(greedy(some_tokens(250), -1)));
  EXPECT_TRUE(ask(*served, greedy(some_tokens(10), 0)).tokens.empty());
}

// What a constraint forbids is never said, however much was guessed.
class EvenTokens final : public Constraint {
 public:
  bool allowed(std::span<uint32_t> bits) override {
    std::ranges::fill(bits, 0x55555555u);
    return true;
  }
  void accept(int32_t token) override {
    EXPECT_EQ(token % 2, 0);
    ++n_accepted;
  }
  void take_back(int) override {}
  int64_t n_accepted = 0;
};

TEST_P(TinyService, AConstraintIsKept) {
  ServiceOptions wanted = options();
  wanted.engine.speculation.adapts = false;
  const auto served = service(wanted);
  GenerateRequest request = greedy(some_tokens(30), 40);
  const auto even = std::make_shared<EvenTokens>();
  request.constraint = even;
  const GenerateResult result = ask(*served, request);
  EXPECT_EQ(result.tokens.size(), 40u);
  EXPECT_EQ(even->n_accepted, 40);
  EXPECT_TRUE(std::ranges::all_of(result.tokens, [](Token t) { return t % 2 == 0; }));
}

TEST_P(TinyService, LogprobsComeWithTheirTokens) {
  const auto served = service(options());
  const auto sink = std::make_shared<Collector>();
  GenerateRequest request = greedy(some_tokens(30), 10);
  request.sampling.n_logprobs = 2;
  served->submit(request, sink);
  EXPECT_EQ(sink->wait().logprobs.size(), 10u);
  EXPECT_EQ(sink->n_logprobs(), 10u);
}

TEST_P(TinyService, EmbeddingsHaveLengthOneAndDependOnTheTextAlone) {
  const auto served = service(options());
  const EmbeddingResult one = served->embed(some_tokens(100));
  double square = 0;
  for (const float value : one.values) square += double(value) * value;
  EXPECT_NEAR(square, 1, 1e-5);
  EXPECT_EQ(one.n_tokens, 100);
  EXPECT_EQ(one.values.size(), size_t(served->spec().d_model));
  const auto busy = std::make_shared<Collector>();
  served->submit(greedy(some_tokens(50), 100), busy);
  EXPECT_EQ(served->embed(some_tokens(100)).values, one.values);
  EXPECT_NE(served->embed(some_tokens(100, 2)).values, one.values);
  busy->wait();
}

// As a back end does that has lost its device for a moment.
class BrokenDrafter final : public Drafter {
 public:
  std::string_view name() const override { return "broken"; }
  void observe(int64_t, std::span<const Token>, const Tensor&) override {}
  std::span<const Token> propose(const DraftRequest&) override {
    if (!std::exchange(has_failed_, true)) fail(ErrorCode::kDevice, "the device is gone");
    return {};
  }
  int64_t step_bytes() const override { return 0; }
  int64_t memory_bytes() const override { return 0; }

 private:
  bool has_failed_ = false;
};

TEST_P(TinyService, AFailedPassFailsItsRequestsAndIsToldUntilOneGoesWell) {
  ServiceOptions wanted = options();
  wanted.engine.speculation.adapts = false;
  wanted.engine.speculation.drafter = std::make_shared<BrokenDrafter>();
  const auto served = service(wanted);
  EXPECT_EQ(served->status().failure, "");
  const auto sink = std::make_shared<Collector>();
  served->submit(greedy(some_tokens(20), 10), sink);
  EXPECT_EQ(sink->wait_for_error(), "the device is gone");
  while (served->status().failure.empty()) std::this_thread::yield();  // told after the sinks
  EXPECT_EQ(served->status().failure, "the device is gone");
  EXPECT_EQ(ask(*served, greedy(some_tokens(20), 10)).finish, FinishReason::kLength);
  while (!served->status().failure.empty()) std::this_thread::yield();
}

// One drafter serves one request at a time; the others go on without.
TEST_P(TinyService, ADrafterForOneChangesNobodysText) {
  gguf::Metadata metadata = testing::tiny_metadata(GetParam());
  const bool predicts = has_states();
  if (predicts) {
    metadata.set("qwen35.block_count", {gguf::ValueType::kU32, uint64_t{4}});
    metadata.set("qwen35.nextn_predict_layers", {gguf::ValueType::kU32, uint64_t{1}});
  }
  const auto has_tensor = [](std::string_view name) { return name.find("nextn.") != name.npos; };
  write_random_model(path(), metadata, {.dtype = DType::kF32, .has_tensor = has_tensor});
  std::vector<GenerateRequest> requests;
  for (int i = 0; i < 6; ++i) requests.push_back(greedy(some_tokens(size_t(20 + 9 * i), i), 30));
  ServiceOptions wanted = options();
  wanted.engine.speculation.adapts = false;
  wanted.engine.speculation.most = 3;
  if (predicts) {
    wanted.engine.speculation.prediction_layer = true;
  } else {
    wanted.engine.speculation.drafter = std::make_shared<NgramDrafter>();
  }
  const auto served = service(wanted);
  std::vector<std::shared_ptr<Collector>> sinks;
  for (const GenerateRequest& request : requests) {
    sinks.push_back(std::make_shared<Collector>());
    served->submit(request, sinks.back());
  }
  for (size_t i = 0; i < sinks.size(); ++i) {
    EXPECT_EQ(sinks[i]->wait().tokens, alone(requests[i])) << "request " << i;
  }
  EXPECT_EQ(ask(*served, requests[0]).tokens, alone(requests[0])) << "with nobody beside it";
  EXPECT_TRUE(served->drain(600));
  if (predicts) {
    EXPECT_GT(served->status().totals.n_drafted, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Architectures, TinyService,
                         ::testing::Values("llama", "gemma3", "qwen35", "gemma4"));

TEST(NgramDrafter, GoesOnAsTheTextDidTheLastTime) {
  NgramDrafter drafter;
  SamplerParams params;
  Sampler sampler(params, 10);
  const auto propose = [&](const Tokens& text, int64_t most) {
    const auto draft = drafter.propose({.text = text, .most = most, .sampler = sampler});
    return Tokens(draft.begin(), draft.end());
  };
  EXPECT_EQ(propose({1, 2, 3}, 4), Tokens{});
  EXPECT_EQ(propose({1, 2, 3, 4, 5, 6, 1, 2, 3}, 4), (Tokens{4, 5, 6, 1}));
  EXPECT_EQ(propose({1, 2, 3, 4, 5, 6, 1, 2, 3, 7, 1, 2, 3}, 2), (Tokens{7, 1}));
  EXPECT_EQ(propose({1, 1, 1, 1}, 5), Tokens{1});                      // as far as the text goes
  EXPECT_EQ(propose({9, 8}, 5), Tokens{});                             // another text
  EXPECT_EQ(propose({4, 4, 5, 6, 7, 8, 4, 5, 6}, 2), (Tokens{7, 8}));  // longer than that one
}

}  // namespace
}  // namespace ridge
