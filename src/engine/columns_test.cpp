#include "engine/columns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "cpu/cpu_backend.h"
#include "gguf/file.h"
#include "spec/build.h"
#include "support/allocations.h"
#include "support/temp_folder.h"
#include "support/tiny_model.h"
#include "synth/random_model.h"

namespace ridge {
namespace {

using testing::TempFolder;
using text::Token;

constexpr int kMostColumns = 8;
constexpr int kSteps = 5;

struct Case {
  const char* name;
  const char* architecture;
  DType weights;
  DType kv;
};

// Wide enough for types that come in blocks of 256.
gguf::Metadata wide_metadata(const std::string& architecture) {
  gguf::Metadata m = testing::tiny_metadata(architecture);
  const auto set = [&](const char* rest, uint64_t n) {
    m.set(architecture + "." + rest, {gguf::ValueType::kU32, n});
  };
  set("block_count", 2);
  if (architecture == "qwen35") set("ssm.inner_size", 256);
  set("embedding_length", 256);
  set("feed_forward_length", 256);
  set("attention.key_length", 64);
  set("attention.value_length", 64);
  if (architecture == "qwen3moe") {
    set("expert_count", 6);
    set("expert_used_count", 2);
    set("expert_feed_forward_length", 256);
  }
  return m;
}

std::vector<Token> prompt_of(int column) {
  std::vector<Token> tokens(size_t(13 + 7 * column));
  for (size_t i = 0; i < tokens.size(); ++i) {
    tokens[i] = Token((i * 37 + size_t(column) * 101 + i * i) % 250);
  }
  return tokens;
}

Token greedy(std::span<const float> row) {
  return Token(std::max_element(row.begin(), row.end()) - row.begin());
}

class BatchInvariance : public ::testing::TestWithParam<Case> {
 protected:
  // A model on a back end with so many threads.
  struct Loaded {
    std::unique_ptr<Backend> backend;
    std::unique_ptr<Transformer> model;
  };

  BatchInvariance() {
    write_random_model(path(), wide_metadata(GetParam().architecture),
                       {.dtype = GetParam().weights});
  }
  std::filesystem::path path() const { return folder_ / "wide.gguf"; }

  Loaded load(int n_threads) const {
    Loaded loaded{.backend = cpu::make_backend({.n_threads = n_threads})};
    const gguf::File file = gguf::File::open(path());
    loaded.model = std::make_unique<Transformer>(file, build_spec(file), *loaded.backend);
    return loaded;
  }

  static Columns columns(const Loaded& loaded, int n, int64_t max_batch = 64) {
    return Columns(*loaded.model, *loaded.backend,
                   {.k_dtype = GetParam().kv,
                    .v_dtype = GetParam().kv,
                    .n_tokens = n * 96,
                    .n_sequences = n,
                    .max_batch = max_batch});
  }

  using Trace = std::vector<std::vector<float>>;  // logits after the prompt and each greedy step

  // Reads the prompts of columns [first, first + n) in passes of at most `chunk` tokens a column,
  // then decodes all of them together. One trace a column.
  static std::vector<Trace> run(Columns& columns, int first, int n, size_t chunk) {
    std::vector<Trace> traces(static_cast<size_t>(n));
    std::vector<std::vector<Token>> prompts;
    for (int i = 0; i < n; ++i) prompts.push_back(prompt_of(first + i));
    size_t done = 0;
    for (bool more = true; more; done += chunk) {
      more = false;
      std::vector<ColumnPart> parts;
      std::vector<std::pair<int, int>> ends;  // column, its last row
      int row = 0;
      for (int i = 0; i < n; ++i) {
        const std::vector<Token>& prompt = prompts[size_t(i)];
        if (done >= prompt.size()) continue;
        const size_t taken = std::min(chunk, prompt.size() - done);
        parts.push_back({i, std::span(prompt).subspan(done, taken)});
        row += int(taken);
        if (done + taken == prompt.size()) ends.push_back({i, row - 1});
        more = more || done + taken < prompt.size();
      }
      if (parts.empty()) break;
      const Tensor hidden = columns.append(parts);
      for (const auto& [column, last] : ends) {
        const auto logits = columns.logits(slice_rows(hidden, last, 1));
        traces[size_t(column)].emplace_back(logits.begin(), logits.end());
      }
    }
    for (int step = 0; step < kSteps; ++step) {
      std::vector<Token> tokens;
      for (const Trace& trace : traces) tokens.push_back(greedy(trace.back()));
      const auto logits = columns.step(tokens);
      const size_t width = logits.size() / tokens.size();
      for (size_t i = 0; i < traces.size(); ++i) {
        const auto mine = logits.subspan(i * width, width);
        traces[i].emplace_back(mine.begin(), mine.end());
      }
    }
    return traces;
  }

  TempFolder folder_;
};

TEST_P(BatchInvariance, ASequenceIsTheSameBitsAloneAndAmongOthersInAnyChunksOnAnyThreads) {
  const Loaded one_thread = load(1);
  std::vector<Trace> alone;
  for (int i = 0; i < kMostColumns; ++i) {
    Columns columns = this->columns(one_thread, 1);
    alone.push_back(run(columns, i, 1, 1000).front());
    for (const auto& row : alone.back()) {
      ASSERT_TRUE(std::all_of(row.begin(), row.end(), [](float x) { return std::isfinite(x); }));
    }
  }
  struct Way {
    int n_threads;
    int n_columns;
    size_t chunk;
  };
  for (const Way& way :
       {Way{1, 8, 7}, Way{1, 2, 64}, Way{2, 1, 1}, Way{2, 2, 16}, Way{2, 3, 5}, Way{2, 4, 33},
        Way{2, 5, 2}, Way{2, 6, 11}, Way{2, 7, 4}, Way{2, 8, 30}, Way{3, 3, 17}, Way{3, 8, 3}}) {
    const Loaded loaded = load(way.n_threads);
    Columns columns = this->columns(loaded, way.n_columns, 256);
    EXPECT_EQ(run(columns, 0, way.n_columns, way.chunk),
              std::vector(alone.begin(), alone.begin() + way.n_columns))
        << way.n_columns << " columns, chunks of " << way.chunk << ", " << way.n_threads
        << " threads";
  }
}

TEST_P(BatchInvariance, APromptReadWhileOthersDecodeChangesNobody) {
  const Loaded loaded = load(2);
  Columns columns = this->columns(loaded, 2);
  Columns alone = this->columns(loaded, 1);
  const std::vector<Token> decoding = prompt_of(1);
  const std::vector<Token> reading = prompt_of(4);
  const auto last_row = [](Columns& where, const Tensor& hidden, int64_t row) {
    const auto logits = where.logits(slice_rows(hidden, row, 1));
    return std::vector<float>(logits.begin(), logits.end());
  };
  const ColumnPart first[] = {{0, decoding}};
  columns.append(first);
  const Token token[] = {3};
  const ColumnPart mixed[] = {{1, reading}, {0, token}};
  const Tensor hidden = columns.append(mixed);
  const auto n = int64_t(reading.size());
  const std::vector<float> read = last_row(columns, hidden, n - 1);

  const ColumnPart whole[] = {{0, reading}};
  EXPECT_EQ(read, last_row(alone, alone.append(whole), n - 1));
  alone.clear();
  alone.append(first);
  const auto stepped = alone.step(token);
  const Tensor again = [&] {
    columns.clear();
    columns.append(first);
    return columns.append(mixed);
  }();
  EXPECT_EQ(last_row(columns, again, n), std::vector<float>(stepped.begin(), stepped.end()));
}

TEST_P(BatchInvariance, ASteadyStepAllocatesNothing) {
  const Loaded loaded = load(2);
  Columns columns = this->columns(loaded, 3);
  const Token tokens[] = {1, 2, 3};
  for (int i = 0; i < 4; ++i) columns.step(tokens);
  const testing::AllocationScope scope;
  for (int i = 0; i < 20; ++i) columns.step(tokens);
  EXPECT_EQ(scope.so_far().count, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Models, BatchInvariance,
    ::testing::Values(Case{"llama_q4_k", "llama", DType::kQ4_K, DType::kF16},
                      Case{"llama_q6_k_kv_q8_0", "llama", DType::kQ6_K, DType::kQ8_0},
                      Case{"qwen3moe_q4_k", "qwen3moe", DType::kQ4_K, DType::kF16},
                      Case{"qwen3_q8_0", "qwen3", DType::kQ8_0, DType::kF16},
                      Case{"qwen35_q4_k", "qwen35", DType::kQ4_K, DType::kF16},
                      Case{"gemma3_q4_0", "gemma3", DType::kQ4_0, DType::kF16},
                      Case{"llama_f32", "llama", DType::kF32, DType::kF16}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace ridge
