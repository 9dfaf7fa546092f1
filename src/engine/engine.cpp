#include "engine/engine.h"

#include <algorithm>
#include <chrono>
#include <future>

#include "base/error.h"
#include "engine/actions/decode.h"
#include "engine/actions/prefill.h"
#include "engine/actions/speculate.h"
#include "engine/answer.h"
#include "engine/checks.h"
#include "engine/draft_model.h"
#include "engine/ngram_drafter.h"
#include "engine/prediction_drafter.h"
#include "engine/session.h"
#include "gguf/file.h"
#include "model/transformer.h"
#include "spec/build.h"
#include "spec/tensors.h"

namespace ridge {
namespace {

constexpr int64_t kDefaultContext = 8192;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

EngineOptions resolve(const EngineOptions& options, const ModelSpec& spec) {
  EngineOptions resolved = options;
  if (resolved.context == 0) resolved.context = std::min(spec.context_length, kDefaultContext);
  if (resolved.context < 1) {
    fail(ErrorCode::kInvalidArgument, "the context is ", options.context, " tokens, expected >= 1");
  }
  if (resolved.batch < 1) {
    fail(ErrorCode::kInvalidArgument, "the batch is ", options.batch, " tokens, expected >= 1");
  }
  resolved.batch = std::min(resolved.batch, resolved.context);
  check_speculation(options.speculation, spec);
  resolved.speculation.most = std::min(options.speculation.most, resolved.context - 1);
  return resolved;
}

bool is_wanted(const SpeculationOptions& options) {
  return options.drafter != nullptr || options.prediction_layer || !options.draft_model.empty() ||
         options.ngrams;
}

// Passes of drafted tokens are batches, too.
KvOptions cache_options(const EngineOptions& options) {
  const int64_t n_trial = is_wanted(options.speculation) ? options.speculation.most + 1 : 0;
  return {.k_dtype = options.k_dtype,
          .v_dtype = options.v_dtype,
          .n_tokens = options.context,
          .max_batch = std::max(options.batch, n_trial),
          .n_trial = n_trial};
}

MemoryPlan plan_for(const gguf::File& file, const ModelSpec& spec, Backend& backend,
                    const EngineOptions& options) {
  const KvOptions cache = cache_options(options);
  MemoryNeeds needs = memory_needs(spec, file, backend, Session::pool_options(cache));
  if (options.speculation.prediction_layer) {
    needs += PredictionDrafter::memory_needs(spec, file, backend, cache);
  }
  return plan_memory(needs, options.memory.value_or(memory_limit()), options.paging);
}

// Bytes of weights that a pass of each number of tokens reads.
std::vector<int64_t> pass_bytes(const ModelSpec& spec, const gguf::File& file, int64_t most) {
  std::vector<int64_t> bytes;
  for (int64_t n = 1; n <= most + 1; ++n) bytes.push_back(active_weight_bytes(spec, file, n));
  return bytes;
}

}  // namespace

struct Engine::State {
  State(const gguf::File& file, const ModelSpec& spec, Backend& backend,
        const EngineOptions& wanted, const LoadProgress& progress)
      : vocabulary(std::async(std::launch::async,
                              [&file] { return text::Tokenizer::from_metadata(file.metadata()); })),
        options(resolve(wanted, spec)),
        weights_of_pass(pass_bytes(spec, file, options.speculation.most)),
        memory(plan_for(file, spec, backend, options)),
        model(file, spec, backend, progress, memory.placement),
        session(model, backend, cache_options(options)),
        tokenizer(vocabulary.get()) {
    if (!is_wanted(options.speculation)) return;
    speculation.emplace(make_drafter(file, backend), options.speculation);
  }

  std::shared_ptr<Drafter> make_drafter(const gguf::File& file, Backend& backend) const;
  bool step(Answer& answer, double& bytes_read);
  Drafter* drafter();
  void describe(SpeculationStats& stats) const;

  // Made while the weights are read: a large vocabulary takes as long as a tenth of them.
  std::future<std::shared_ptr<const text::Tokenizer>> vocabulary;
  EngineOptions options;
  std::vector<int64_t> weights_of_pass;  // bytes that one of i + 1 tokens reads
  MemoryPlan memory;
  Transformer model;
  Session session;
  std::shared_ptr<const text::Tokenizer> tokenizer;
  std::optional<Speculation> speculation;
};

std::shared_ptr<Drafter> Engine::State::make_drafter(const gguf::File& file,
                                                     Backend& backend) const {
  const SpeculationOptions& wanted = options.speculation;
  const KvOptions cache = cache_options(options);
  if (wanted.drafter != nullptr) return wanted.drafter;
  if (wanted.prediction_layer) {
    return std::make_shared<PredictionDrafter>(file, model, backend, cache, memory.placement);
  }
  if (wanted.draft_model.empty()) return std::make_shared<NgramDrafter>();
  const DraftModel::Target target{*tokenizer, model.spec().n_vocab};
  return std::make_shared<DraftModel>(wanted.draft_model, backend, target, cache);
}

Drafter* Engine::State::drafter() {
  return speculation ? &speculation->drafter() : nullptr;
}

void Engine::State::describe(SpeculationStats& stats) const {
  constexpr int64_t kEnough = 3;  // passes for a mean to mean something
  if (!speculation) return;
  stats.drafter = speculation->drafter().name();
  const DraftLength& length = speculation->length();
  if (length.n_plain() >= kEnough) stats.plain_seconds = length.plain_seconds();
}

Engine::Engine(const std::filesystem::path& model, Backend& backend, const EngineOptions& options,
               const LoadProgress& progress) {
  const gguf::File file = gguf::File::open(model);
  state_ = std::make_unique<State>(file, build_spec(file), backend, options, progress);
}

Engine::~Engine() = default;

const ModelSpec& Engine::spec() const {
  return state_->model.spec();
}
const text::Tokenizer& Engine::tokenizer() const {
  return *state_->tokenizer;
}
std::shared_ptr<const text::Tokenizer> Engine::shared_tokenizer() const {
  return state_->tokenizer;
}
int64_t Engine::context() const {
  return state_->options.context;
}
int64_t Engine::weight_bytes() const {
  return state_->model.weight_bytes();
}
const MemoryPlan& Engine::memory_plan() const {
  return state_->memory;
}
int64_t Engine::kv_bytes() const {
  return state_->session.kv_bytes();
}
int64_t Engine::drafter_bytes() const {
  return state_->speculation ? state_->speculation->drafter().memory_bytes() : 0;
}
void Engine::forget() {
  state_->session.clear();
}

// One forward pass of the model. False when the answer has ended.
bool Engine::State::step(Answer& answer, double& bytes_read) {
  SpeculationStats& stats = answer.result.stats.speculation;
  SpeculativeStep step;
  if (speculation) {
    step = speculation->step(session, answer);
    if (step.n_drafted > 0)
      bytes_read += double(step.n_drafted * speculation->drafter().step_bytes());
  } else {
    step.goes_on = answer.next(decode(session, answer.last()));
  }
  bytes_read += double(weights_of_pass[size_t(step.n_drafted)] +
                       session.kv_bytes_read(int64_t(session.tokens().size())));
  ++stats.n_passes;
  stats.n_drafted += step.n_drafted;
  stats.n_accepted += step.n_accepted;
  return step.goes_on;
}

GenerateResult Engine::generate(const GenerateRequest& request, const TextSink& sink) {
  State& state = *state_;
  Session& session = state.session;
  check_tokens(request.prompt, spec(), session.capacity());
  Answer answer(request, *state.tokenizer, int(spec().n_vocab), sink);
  GenerateStats& stats = answer.result.stats;
  stats.n_prompt = int64_t(request.prompt.size());

  const auto start = std::chrono::steady_clock::now();
  stats.n_reused = session.keep_prefix(request.prompt);
  const std::span<const text::Token> rest =
      std::span(request.prompt).subspan(size_t(stats.n_reused));
  if (state.speculation) {
    state.speculation->begin(request, int(spec().n_vocab), session.capacity());
  }
  const Tensor hidden = prefill(session, rest, request.cancel, state.drafter());
  if (!hidden || request.max_tokens == 0) {
    answer.end(hidden ? FinishReason::kLength : FinishReason::kCancelled);
    return std::move(answer.result);
  }
  std::span<float> logits = session.logits(hidden);
  stats.prompt_seconds = seconds_since(start);
  bool more = answer.next(logits);
  stats.first_token_seconds = seconds_since(start);

  const auto decoding = std::chrono::steady_clock::now();
  double bytes_read = 0;
  while (more) {
    if (answer.is_cancelled()) {
      more = answer.end(FinishReason::kCancelled);
    } else if (int64_t(session.tokens().size()) == session.capacity()) {
      more = answer.end(FinishReason::kLength);
    } else {
      more = state.step(answer, bytes_read);
    }
  }
  stats.decode_seconds = seconds_since(decoding);
  stats.n_generated = int64_t(answer.result.tokens.size());
  if (stats.n_generated > 1) stats.active_bytes = bytes_read / double(stats.n_generated - 1);
  state.describe(stats.speculation);
  answer.flush();
  return std::move(answer.result);
}

void Engine::logits(std::span<const text::Token> tokens,
                    const std::function<void(int64_t, std::span<const float>)>& sink,
                    int64_t first_row) {
  Session& session = state_->session;
  check_tokens(tokens, spec(), session.capacity());
  session.clear();
  while (!tokens.empty()) {
    const size_t n = std::min(tokens.size(), size_t(session.max_batch()));
    const auto begin = int64_t(session.tokens().size());
    const Tensor hidden = session.append(tokens.first(n));
    for (int64_t row = std::max<int64_t>(0, first_row - begin); row < int64_t(n);) {
      const int64_t n_rows = std::min(Session::kLogitRows, int64_t(n) - row);
      sink(begin + row, session.logits(slice_rows(hidden, row, n_rows)));
      row += n_rows;
    }
    tokens = tokens.subspan(n);
  }
  if (state_->speculation) session.clear();  // its drafter has not seen them
}

}  // namespace ridge
