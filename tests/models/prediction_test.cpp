// Speculation with the model's own prediction layer, for each architecture that has one: it changes
// no bit of any text, and a draft depends on the text alone. What the layer says is compared with a
// reference in parity_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "cpu/cpu_backend.h"
#include "engine/engine.h"
#include "engine/prediction_drafter.h"
#include "engine/session.h"
#include "gguf/file.h"
#include "gguf/writer.h"
#include "spec/build.h"
#include "spec/tensors.h"
#include "support/temp_folder.h"

namespace ridge {
namespace {

using text::Token;

constexpr Token kEnd = 47;
constexpr int64_t kContext = 128;
constexpr KvOptions kOptions{.n_tokens = kContext, .max_batch = 24};

std::vector<Token> some_text(size_t n, size_t seed) {
  std::vector<Token> tokens(n);
  for (size_t i = 0; i < n; ++i) tokens[i] = Token((i * i * 7 + i * 31 + seed * 13) % 46);
  return tokens;
}

GenerateRequest request(std::vector<Token> prompt, float temperature) {
  GenerateRequest request{.prompt = std::move(prompt), .max_tokens = 30};
  request.sampling.temperature = temperature;
  request.sampling.seed = 3;
  request.sampling.n_logprobs = 1;
  request.sampling.logit_bias = {{kEnd, -std::numeric_limits<float>::infinity()}};
  return request;
}

void expect_same(const GenerateResult& got, const GenerateResult& expected) {
  EXPECT_EQ(got.tokens, expected.tokens);
  ASSERT_EQ(got.logprobs.size(), expected.logprobs.size());
  for (size_t i = 0; i < got.logprobs.size(); ++i) {
    ASSERT_EQ(got.logprobs[i].chosen.logprob, expected.logprobs[i].chosen.logprob) << i;
  }
}

class Predicting : public ::testing::TestWithParam<const char*> {
 protected:
  Predicting() : backend_(cpu::make_backend({.n_threads = 1})) {}
  static std::filesystem::path path() { return cat("tests/models/fixtures/", GetParam(), ".gguf"); }
  std::unique_ptr<Backend> backend_;
};

TEST_P(Predicting, ChangesNoBitOfAnyText) {
  for (const float temperature : {0.0f, 0.9f}) {
    const GenerateRequest first = request(some_text(40, 1), temperature);
    GenerateRequest turn = first, other = first;  // goes on after the answer; goes on otherwise
    other.prompt = some_text(33, 1);
    other.prompt.insert(other.prompt.end(), {5, 5, 5});
    for (const SpeculationOptions& options :
         {SpeculationOptions{.prediction_layer = true, .most = 1, .adapts = false},
          SpeculationOptions{.prediction_layer = true, .most = 4, .adapts = false},
          SpeculationOptions{.prediction_layer = true, .most = 15, .adapts = false},
          SpeculationOptions{.prediction_layer = true}}) {
      Engine plain(path(), *backend_, {.context = kContext, .batch = 7});
      Engine speculating(path(), *backend_,
                         {.context = kContext, .batch = 7, .speculation = options});
      turn.prompt = first.prompt;
      for (const GenerateRequest* wanted :
           std::initializer_list<const GenerateRequest*>{&first, &turn, &other, &first}) {
        const GenerateResult expected = plain.generate(*wanted, {});
        const GenerateResult got = speculating.generate(*wanted, {});
        expect_same(got, expected);
        EXPECT_EQ(got.stats.n_reused, expected.stats.n_reused);
        const SpeculationStats& stats = got.stats.speculation;
        EXPECT_EQ(stats.n_passes + stats.n_accepted, 29);
        if (!options.adapts) {
          EXPECT_GE(stats.n_drafted, stats.n_passes - 1);
        }
        if (wanted != &first) continue;
        turn.prompt.insert(turn.prompt.end(), got.tokens.begin(), got.tokens.end());
        turn.prompt.push_back(9);
      }
    }
  }
}

// A session and a drafter that reads along.
class Reader {
 public:
  Reader(const gguf::File& file, const Transformer& model, Backend& backend)
      : n_vocab_(int(model.spec().n_vocab)),
        session_(model, backend, kOptions),
        drafter_(file, model, backend, kOptions) {}

  void read(std::span<const Token> tokens) {
    while (!tokens.empty()) {
      const auto chunk = tokens.first(std::min(tokens.size(), size_t(kOptions.max_batch)));
      const auto first_pos = int64_t(session_.tokens().size());
      drafter_.observe(first_pos, chunk, session_.append(chunk));
      tokens = tokens.subspan(chunk.size());
    }
  }
  // Of the text that was read and one token more.
  std::vector<Token> draft(std::span<const Token> text) {
    Sampler greedy({.temperature = 0}, n_vocab_);
    const auto draft = drafter_.propose({.text = text, .most = 5, .sampler = greedy});
    return {draft.begin(), draft.end()};
  }
  size_t n_read() const { return session_.tokens().size(); }
  void checkpoint() { session_.checkpoint(); }
  void go_back(std::span<const Token> text) { session_.keep_prefix(text); }

 private:
  int n_vocab_;
  Session session_;
  PredictionDrafter drafter_;
};

TEST_P(Predicting, ADraftDependsOnTheTextAloneHoweverItWasReadAndDrafted) {
  const gguf::File file = gguf::File::open(path());
  const Transformer model(file, build_spec(file), *backend_);
  const std::vector<Token> tokens = some_text(100, 2);
  const std::span<const Token> text(tokens);
  const auto expected = [&](size_t n) {
    Reader fresh(file, model, *backend_);
    fresh.read(text.first(n - 1));
    return fresh.draft(text.first(n));
  };
  Reader reader(file, model, *backend_);
  reader.read(text.first(9));
  // Of what was drafted one, three or all tokens are right; between some drafts there are none.
  for (const size_t step : {1, 3, 6, 1, 1}) {
    const size_t n = reader.n_read() + 1;
    const std::vector<Token> draft = reader.draft(text.first(n));
    EXPECT_EQ(draft.size(), 5u);
    EXPECT_EQ(draft, expected(n)) << "after " << n << " tokens";
    reader.read(text.subspan(n - 1, step));
  }
  for (int i = 0; i < 20; ++i) reader.read(text.subspan(reader.n_read(), 1));
  reader.checkpoint();
  EXPECT_EQ(reader.draft(text.first(42)), expected(42)) << "after 20 steps without a draft";
  reader.read(text.subspan(41, 30));
  EXPECT_EQ(reader.draft(text.first(72)), expected(72)) << "after a batch";
  reader.go_back(text.first(60));
  reader.read(text.subspan(reader.n_read(), 60 - reader.n_read()));
  EXPECT_EQ(reader.draft(text.first(61)), expected(61)) << "after going back";
  EXPECT_NE(expected(61), expected(42));
}

TEST_P(Predicting, ThePlanCountsTheLayerBeforeItIsLoaded) {
  const EngineOptions with{.context = kContext, .speculation = {.prediction_layer = true}};
  const Engine plain(path(), *backend_, {.context = kContext});
  const Engine engine(path(), *backend_, with);
  const MemoryNeeds needs = engine.memory_plan().needs;
  const gguf::File file = gguf::File::open(path());
  const ModelSpec spec = build_spec(file);
  int64_t in_file = 0;
  for (const TensorUse& use : prediction_uses(spec))
    in_file += int64_t(file.find(use.name)->n_bytes);
  EXPECT_EQ(engine.drafter_bytes() - in_file + engine.kv_bytes(), needs.kv);
  EXPECT_GE(needs.total(), plain.memory_plan().needs.total() + engine.drafter_bytes());

  EngineOptions small = with;
  small.memory = MemoryLimit{.n_bytes = needs.total() - 1, .by = "the test"};
  EXPECT_THROW(Engine(path(), *backend_, small), Error);
  small.paging = Paging::kAllowed;
  Engine paged(path(), *backend_, small);
  EXPECT_GT(paged.memory_plan().paged_bytes(), 0);
  const GenerateRequest wanted = request(some_text(20, 5), 0);
  expect_same(paged.generate(wanted, {}),
              Engine(path(), *backend_, {.context = kContext}).generate(wanted, {}));
}

// As files are that somebody made smaller.
TEST_P(Predicting, AFileWithAPartOfTheLayerRunsWithoutIt) {
  const testing::TempFolder folder;
  const gguf::File whole = gguf::File::open(path());
  std::vector<const gguf::TensorInfo*> kept;
  std::vector<gguf::TensorDeclaration> declarations;
  for (const gguf::TensorInfo& tensor : whole.tensors()) {
    if (tensor.name.ends_with("nextn.hnorm.weight")) continue;
    kept.push_back(&tensor);
    declarations.push_back(
        {tensor.name, tensor.dtype, {tensor.dims.begin(), tensor.dims.begin() + tensor.rank}});
  }
  ASSERT_EQ(kept.size() + 1, whole.tensors().size());
  const auto part = folder / "part.gguf";
  gguf::Writer writer(part, whole.metadata(), declarations);
  for (const gguf::TensorInfo* tensor : kept) {
    std::vector<std::byte> bytes(tensor->n_bytes);
    whole.read(*tensor, 0, bytes);
    writer.write(bytes);
  }
  writer.finish();
  const GenerateRequest wanted = request(some_text(20, 5), 0);
  expect_same(Engine(part, *backend_, {}).generate(wanted, {}),
              Engine(path(), *backend_, {}).generate(wanted, {}));
  try {
    Engine(part, *backend_, {.speculation = {.prediction_layer = true}});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(std::string(error.what()).find("not all there"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("--draft MODEL"), std::string::npos) << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Predicting,
                         ::testing::Values("glm4moe", "glm4moelite", "qwen3next-mtp", "qwen35-mtp",
                                           "qwen35moe-mtp"),
                         [](const auto& tested) {
                           std::string label = tested.param;
                           std::ranges::replace(label, '-', '_');
                           return label;
                         });

}  // namespace
}  // namespace ridge
