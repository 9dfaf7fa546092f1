// Guesses change the speed and nothing else: texts with a drafter, good, bad or mixed, against
// texts without one, bit for bit.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/rng.h"
#include "cpu/cpu_backend.h"
#include "engine/drafter.h"
#include "engine/engine.h"
#include "engine/session.h"
#include "gguf/file.h"
#include "spec/build.h"
#include "support/temp_folder.h"
#include "support/tiny_model.h"
#include "synth/random_model.h"

namespace ridge {
namespace {

using testing::TempFolder;
using text::Token;

constexpr float kNever = -std::numeric_limits<float>::infinity();
constexpr Token kEos = 257;

gguf::Metadata metadata(const std::string& architecture) {
  gguf::Metadata m = testing::tiny_metadata(architecture);
  const auto set = [&](const char* rest, uint64_t n) {
    m.set(architecture + "." + rest, {gguf::ValueType::kU32, n});
  };
  if (architecture == "qwen3moe") {
    set("expert_count", 6);
    set("expert_used_count", 2);
    set("expert_feed_forward_length", 64);
  }
  if (architecture == "lfm2") {
    set("shortconv.l_cache", 3);
    gguf::Array heads{.element_type = gguf::ValueType::kI32, .signed_values = {0, 2, 0}};
    m.set("lfm2.attention.head_count_kv", {gguf::ValueType::kArray, std::move(heads)});
  }
  return m;
}

// With a layer at the end that predicts; it attends, as every second one.
gguf::Metadata predicting_metadata(const std::string& architecture) {
  gguf::Metadata m = metadata(architecture);
  m.set(architecture + ".block_count", {gguf::ValueType::kU32, uint64_t{4}});
  m.set(architecture + ".nextn_predict_layers", {gguf::ValueType::kU32, uint64_t{1}});
  return m;
}

// Proposes of a known text so many tokens in turn, and then a wrong one.
class Prompter final : public Drafter {
 public:
  Prompter(std::vector<Token> text, std::vector<int> runs)
      : text_(std::move(text)), runs_(std::move(runs)) {}
  std::string_view name() const override { return "prompter"; }
  void observe(int64_t, std::span<const Token>, const Tensor&) override {}
  std::span<const Token> propose(const DraftRequest& request) override {
    draft_.clear();
    const int run = runs_[n_asked_++ % runs_.size()];
    size_t at = request.text.size();
    for (int i = 0; i < run && at < text_.size(); ++i) draft_.push_back(text_[at++]);
    draft_.push_back(at < text_.size() && text_[at] == 7 ? 8 : 7);
    draft_.resize(std::min(draft_.size(), size_t(request.most)));
    return draft_;
  }
  int64_t step_bytes() const override { return 0; }
  int64_t memory_bytes() const override { return 0; }

 private:
  std::vector<Token> text_;
  std::vector<int> runs_;
  std::vector<Token> draft_;
  size_t n_asked_ = 0;
};

// Proposes noise.
class Hostile final : public Drafter {
 public:
  std::string_view name() const override { return "hostile"; }
  void observe(int64_t, std::span<const Token>, const Tensor&) override {}
  std::span<const Token> propose(const DraftRequest& request) override {
    draft_.clear();
    for (int64_t i = 0; i < request.most; ++i) draft_.push_back(Token(random_.below(262)));
    return draft_;
  }
  int64_t step_bytes() const override { return 0; }
  int64_t memory_bytes() const override { return 0; }

 private:
  Rng random_{5};
  std::vector<Token> draft_;
};

class Speculating : public ::testing::TestWithParam<const char*> {
 protected:
  Speculating() : backend_(cpu::make_backend({.n_threads = 1})) {
    write_random_model(path(), metadata(GetParam()), {.dtype = DType::kF32});
  }
  std::filesystem::path path() const { return folder_ / "model.gguf"; }
  Engine engine(SpeculationOptions speculation = {}, int64_t context = 0) {
    return Engine(path(), *backend_, {.context = context, .speculation = std::move(speculation)});
  }
  static SpeculationOptions with(std::shared_ptr<Drafter> drafter, int64_t most) {
    return {.drafter = std::move(drafter), .most = most, .adapts = false};
  }

  static std::vector<Token> prompt(size_t n) {
    std::vector<Token> tokens(n);
    for (size_t i = 0; i < n; ++i) tokens[i] = Token((i * 37 + 101 + i * i) % 250);
    return tokens;
  }
  // Log-probabilities are compared, too: they show the logits' last bits.
  static GenerateRequest request(int64_t n, float temperature) {
    GenerateRequest request{.prompt = prompt(40), .max_tokens = n};
    request.sampling.temperature = temperature;
    request.sampling.seed = 11;
    request.sampling.top_p = 0.95f;
    request.sampling.repetition_penalty = 1.1f;
    request.sampling.n_logprobs = 1;
    request.sampling.logit_bias = {{kEos, kNever}};
    return request;
  }
  static std::vector<Token> whole_text(const GenerateRequest& request,
                                       const GenerateResult& result) {
    std::vector<Token> text = request.prompt;
    text.insert(text.end(), result.tokens.begin(), result.tokens.end());
    return text;
  }
  static void expect_same(const GenerateResult& got, const GenerateResult& expected) {
    EXPECT_EQ(got.tokens, expected.tokens);
    EXPECT_EQ(got.finish, expected.finish);
    ASSERT_EQ(got.logprobs.size(), expected.logprobs.size());
    for (size_t i = 0; i < got.logprobs.size(); ++i) {
      ASSERT_EQ(got.logprobs[i].chosen.logprob, expected.logprobs[i].chosen.logprob) << i;
    }
  }

  TempFolder folder_;
  std::unique_ptr<Backend> backend_;
};

TEST_P(Speculating, ChangesNoBitOfAnyTextWhateverIsGuessedAndHowMuch) {
  for (const float temperature : {0.0f, 0.9f}) {
    const GenerateRequest wanted = request(70, temperature);
    Engine plain = engine();
    const GenerateResult expected = plain.generate(wanted, {});
    GenerateRequest more{.prompt = whole_text(wanted, expected), .max_tokens = 9};
    more.sampling = wanted.sampling;
    const GenerateResult after = plain.generate(more, {});
    for (const int64_t most : {1, 2, 6, 15}) {
      SCOPED_TRACE(most);
      const auto mixed = std::make_shared<Prompter>(whole_text(wanted, expected),
                                                    std::vector<int>{0, 3, 1, 20, 0, 2, 5});
      for (const auto& drafter : {std::shared_ptr<Drafter>(mixed),
                                  std::shared_ptr<Drafter>(std::make_shared<Hostile>())}) {
        Engine speculating = engine(with(drafter, most));
        expect_same(speculating.generate(wanted, {}), expected);
        // What is in the cache afterwards is right, too.
        const GenerateResult next = speculating.generate(more, {});
        expect_same(next, after);
        EXPECT_EQ(next.stats.n_reused, after.stats.n_reused);
      }
    }
  }
}

TEST_P(Speculating, AcceptsWhatIsRightAndCountsIt) {
  const GenerateRequest wanted = request(61, 0);
  const GenerateResult expected = engine().generate(wanted, {});
  // Three right ones and a wrong one: four tokens a pass, sixty after the prompt's own.
  Engine speculating = engine(
      with(std::make_shared<Prompter>(whole_text(wanted, expected), std::vector<int>{3}), 4));
  const SpeculationStats stats = speculating.generate(wanted, {}).stats.speculation;
  EXPECT_EQ(stats.n_passes, 15);
  EXPECT_EQ(stats.n_accepted, 45);
  EXPECT_EQ(stats.n_drafted, 14 * 4 + 3) << "the last pass has room for three";
}

TEST_P(Speculating, AModelThatDraftsForItselfIsAlwaysRight) {
  for (const float temperature : {0.0f, 1.2f}) {
    GenerateRequest first = request(60, temperature);
    first.sampling.dry_multiplier = 0.5f;
    GenerateRequest second = first;  // shares a part
    second.prompt.resize(38);
    second.prompt.push_back(9);
    for (const int64_t most : {1, 4}) {
      Engine plain = engine();
      Engine speculating = engine({.draft_model = path(), .most = most, .adapts = false});
      for (const GenerateRequest* wanted : {&first, &second, &first}) {
        const GenerateResult result = speculating.generate(*wanted, {});
        expect_same(result, plain.generate(*wanted, {}));
        const SpeculationStats& stats = result.stats.speculation;
        EXPECT_EQ(stats.n_accepted, stats.n_drafted);
        EXPECT_EQ(stats.n_passes + stats.n_accepted, 59);
        EXPECT_EQ(stats.n_passes, (59 + most) / (most + 1));
      }
    }
  }
}

TEST_P(Speculating, AnotherModelMayDraftWhateverItIsMadeOf) {
  const GenerateRequest wanted = request(40, 0.8f);
  const GenerateResult expected = engine().generate(wanted, {});
  for (const char* architecture : {"gemma3", "qwen35", "lfm2"}) {
    const auto draft = folder_ / "draft.gguf";
    write_random_model(draft, metadata(architecture), {.seed = 77, .dtype = DType::kF32});
    expect_same(engine({.draft_model = draft, .most = 4, .adapts = false}).generate(wanted, {}),
                expected);
  }
  expect_same(engine({.draft_model = folder_ / "draft.gguf"}).generate(wanted, {}), expected);
}

TEST_P(Speculating, EndsWhereAnAnswerEndsWithoutIt) {
  GenerateRequest wanted = request(40, 0);
  std::string whole;
  Engine plain = engine();
  const GenerateResult expected = plain.generate(wanted, [&](std::string_view piece) {
    whole += piece;
    return true;
  });
  const auto known = whole_text(wanted, expected);
  const auto speculating = [&](int64_t context = 0) {
    return engine(with(std::make_shared<Prompter>(known, std::vector<int>{20}), 7), context);
  };
  ASSERT_GT(whole.size(), 8u);
  wanted.stops = {whole.substr(whole.size() / 2, 2)};
  expect_same(speculating().generate(wanted, {}), engine().generate(wanted, {}));
  wanted.stops.clear();
  for (const int64_t n : {1, 2, 3, 9}) {
    wanted.max_tokens = n;
    expect_same(speculating().generate(wanted, {}), engine().generate(wanted, {}));
  }
  wanted.max_tokens = -1;
  for (const int64_t context : {41, 42, 55}) {
    expect_same(speculating(context).generate(wanted, {}),
                engine({}, context).generate(wanted, {}));
  }
  std::atomic<bool> cancel{false};
  wanted.cancel = &cancel;
  int n_pieces = 0;
  const auto sink = [&](std::string_view) {
    cancel = ++n_pieces >= 5;
    return true;
  };
  const GenerateResult stopped = engine().generate(wanted, sink);
  n_pieces = 0;
  cancel = false;
  expect_same(speculating().generate(wanted, sink), stopped);
}

TEST_P(Speculating, AfterATrialTheCacheIsAsIfTheRestHadNeverBeenRead) {
  const gguf::File file = gguf::File::open(path());
  const Transformer model(file, build_spec(file), *backend_);
  const KvOptions options{.n_tokens = 256, .max_batch = 64, .n_trial = 8};
  const std::vector<Token> tokens = prompt(60);
  const auto next = [&](Session& session) {
    const auto logits = session.logits(session.append(std::span(tokens).last(1)));
    return std::vector<float>(logits.begin(), logits.end());
  };
  for (int64_t n_kept = 0; n_kept <= 8; ++n_kept) {
    Session straight(model, *backend_, options), tried(model, *backend_, options);
    straight.append(std::span(tokens).first(size_t(40 + n_kept)));
    tried.append(std::span(tokens).first(40));
    for (int turn = 0; turn < 2; ++turn) {  // the second trial stands on the first one's states
      tried.begin_trial();
      tried.append(std::span(tokens).subspan(40, 3));
      tried.append(std::span(tokens).subspan(43, 5));
      tried.keep(turn == 0 ? 0 : n_kept);
    }
    EXPECT_EQ(int64_t(tried.tokens().size()), 40 + n_kept);
    EXPECT_EQ(next(tried), next(straight)) << n_kept;
  }
}

INSTANTIATE_TEST_SUITE_P(Architectures, Speculating,
                         ::testing::Values("llama", "gemma3", "qwen3moe", "qwen35", "lfm2"),
                         [](const auto& test) { return std::string(test.param); });

// What the layer lacks is the model's, and what it has is its own.
TEST(PredictionLayers, ChangeNoBitWithAndWithoutTensorsOfTheirOwn) {
  const TempFolder folder;
  const auto backend = cpu::make_backend({.n_threads = 1});
  const auto path = folder / "model.gguf";
  GenerateRequest wanted{.prompt = {5, 6, 7, 200, 100, 9}, .max_tokens = 30};
  wanted.sampling.logit_bias = {{kEos, kNever}};
  for (const char* absent : {"embed_tokens", "shared_head", "nothing"}) {
    SCOPED_TRACE(absent);
    const auto has_tensor = [&](std::string_view name) {
      return name.find("nextn.") != name.npos && name.find(absent) == name.npos;
    };
    write_random_model(path, predicting_metadata("qwen35"),
                       {.dtype = DType::kF32, .has_tensor = has_tensor});
    Engine speculating(path, *backend,
                       {.speculation = {.prediction_layer = true, .most = 3, .adapts = false}});
    const GenerateResult result = speculating.generate(wanted, {});
    EXPECT_EQ(result.tokens, Engine(path, *backend, {}).generate(wanted, {}).tokens);
    EXPECT_GT(result.stats.speculation.n_drafted, 0);
  }
}

TEST(PredictionLayers, AreMissedInPlainWords) {
  const TempFolder folder;
  const auto backend = cpu::make_backend({.n_threads = 1});
  const auto path = testing::write_tiny_model(folder / "model.gguf", "qwen35");
  try {
    Engine(path, *backend, {.speculation = {.prediction_layer = true}});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(std::string(error.what()).find("--draft MODEL"), std::string::npos) << error.what();
  }
}

TEST(DraftModels, AreRefusedWithTheFirstTokenThatDiffers) {
  const TempFolder folder;
  const auto backend = cpu::make_backend({.n_threads = 1});
  const auto model = folder / "model.gguf", draft = folder / "draft.gguf";
  testing::write_tiny_model(model, "llama");
  gguf::Metadata other = testing::tiny_metadata("llama");
  gguf::Array tokens{.element_type = gguf::ValueType::kString};
  for (const std::string_view t : other.get_strings("tokenizer.ggml.tokens")) {
    tokens.strings.emplace_back(t);
  }
  tokens.strings[258] = "<|stranger|>";
  other.set("tokenizer.ggml.tokens", {gguf::ValueType::kArray, std::move(tokens)});
  write_random_model(draft, other, {.dtype = DType::kF32});
  try {
    Engine(model, *backend, {.speculation = {.draft_model = draft}});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(std::string(error.what())
                  .find("token 258 is '<|user|>' in the model and '<|stranger|>' in the draft"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace ridge
