#include "engine/engine.h"

#include <algorithm>
#include <chrono>
#include <future>

#include "base/error.h"
#include "engine/actions/decode.h"
#include "engine/actions/prefill.h"
#include "engine/session.h"
#include "gguf/file.h"
#include "model/transformer.h"
#include "spec/build.h"
#include "spec/tensors.h"
#include "text/stop_matcher.h"

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
  return resolved;
}

KvOptions cache_options(const EngineOptions& options) {
  return {.k_dtype = options.k_dtype,
          .v_dtype = options.v_dtype,
          .n_tokens = options.context,
          .max_batch = options.batch};
}

MemoryPlan plan_for(const gguf::File& file, const ModelSpec& spec, Backend& backend,
                    const EngineOptions& options) {
  const KvOptions cache = Session::pool_options(cache_options(options));
  return plan_memory(memory_needs(spec, file, backend, cache),
                     options.memory.value_or(memory_limit()), options.paging);
}

}  // namespace

struct Engine::State {
  State(const gguf::File& file, const ModelSpec& spec, Backend& backend,
        const EngineOptions& wanted, const LoadProgress& progress)
      : vocabulary(std::async(std::launch::async,
                              [&file] { return text::Tokenizer::from_metadata(file.metadata()); })),
        options(resolve(wanted, spec)),
        active_weights(active_weight_bytes(spec, file)),
        memory(plan_for(file, spec, backend, options)),
        model(file, spec, backend, progress, memory.placement),
        session(model, backend, cache_options(options)),
        tokenizer(vocabulary.get()) {}

  void check(std::span<const text::Token> tokens) const;

  // Made while the weights are read: a large vocabulary takes as long as a tenth of them.
  std::future<std::shared_ptr<const text::Tokenizer>> vocabulary;
  EngineOptions options;
  int64_t active_weights;
  MemoryPlan memory;
  Transformer model;
  Session session;
  std::shared_ptr<const text::Tokenizer> tokenizer;
};

void Engine::State::check(std::span<const text::Token> tokens) const {
  if (tokens.empty()) fail(ErrorCode::kInvalidArgument, "the prompt is empty");
  const int64_t n_vocab = model.spec().n_vocab;
  for (text::Token token : tokens) {
    if (token < 0 || token >= n_vocab) {
      fail(ErrorCode::kInvalidArgument, "the prompt holds token id ", token,
           "; this model's ids go from 0 to ", n_vocab - 1);
    }
  }
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
void Engine::forget() {
  state_->session.clear();
}

namespace {

// One answer being written: the token loop's state and what becomes of each token.
class Answer {
 public:
  Answer(const GenerateRequest& request, const text::Tokenizer& tokenizer, int n_vocab,
         const TextSink& sink)
      : request_(request),
        tokenizer_(tokenizer),
        sampler_(request.sampling, n_vocab),
        decoder_(tokenizer, text::SpecialTokens::kAsText),
        stops_(request.stops),
        sink_(sink) {
    for (text::Token token : request.prompt) sampler_.accept(token);
  }

  // Samples from the logits and passes the text on. False when the answer has ended.
  bool next(std::span<float> logits) {
    const Sampled sampled = sampler_.sample(logits);
    sampler_.accept(sampled.token);
    result.tokens.push_back(sampled.token);
    if (request_.sampling.n_logprobs > 0) record_logprobs(sampled);
    if (tokenizer_.ends_generation(sampled.token)) return end(FinishReason::kEnd);
    if (!emit(decoder_.push(sampled.token))) return false;
    const bool full = int64_t(result.tokens.size()) == request_.max_tokens;
    return !full || end(FinishReason::kLength);
  }

  bool end(FinishReason reason) {
    result.finish = reason;
    return false;
  }

  // Text that was held back for the rest of a character or of a stop string.
  void flush() {
    if (result.finish == FinishReason::kStop || result.finish == FinishReason::kCancelled) return;
    const text::StopMatcher::Output rest = stops_.push(decoder_.finish());
    const std::string tail = rest.text + (rest.stopped ? "" : stops_.finish());
    if (!tail.empty() && sink_) sink_(tail);
  }

  GenerateResult result;

 private:
  bool emit(const std::string& piece) {
    const text::StopMatcher::Output out = stops_.push(piece);
    if (!out.text.empty() && sink_ && !sink_(out.text)) return end(FinishReason::kCancelled);
    return !out.stopped || end(FinishReason::kStop);
  }

  void record_logprobs(const Sampled& sampled) {
    result.logprobs.push_back(
        {.chosen = sampled.chosen, .top = {sampled.top.begin(), sampled.top.end()}});
  }

  const GenerateRequest& request_;
  const text::Tokenizer& tokenizer_;
  Sampler sampler_;
  text::StreamDecoder decoder_;
  text::StopMatcher stops_;
  const TextSink& sink_;
};

bool cancelled(const GenerateRequest& request) {
  return request.cancel != nullptr && request.cancel->load(std::memory_order_relaxed);
}

}  // namespace

GenerateResult Engine::generate(const GenerateRequest& request, const TextSink& sink) {
  State& state = *state_;
  Session& session = state.session;
  state.check(request.prompt);
  if (int64_t(request.prompt.size()) > session.capacity()) {
    fail(ErrorCode::kInvalidArgument, "the prompt has ", request.prompt.size(),
         " tokens and the context holds ", session.capacity(), "; ask for more with -c");
  }
  Answer answer(request, *state.tokenizer, int(spec().n_vocab), sink);
  GenerateStats& stats = answer.result.stats;
  stats.n_prompt = int64_t(request.prompt.size());

  const auto start = std::chrono::steady_clock::now();
  stats.n_reused = session.keep_prefix(request.prompt);
  const std::span<const text::Token> rest =
      std::span(request.prompt).subspan(size_t(stats.n_reused));
  const Tensor hidden = prefill(session, rest, request.cancel);
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
  int64_t n_steps = 0;
  while (more) {
    if (cancelled(request)) {
      more = answer.end(FinishReason::kCancelled);
    } else if (int64_t(session.tokens().size()) == session.capacity()) {
      more = answer.end(FinishReason::kLength);
    } else {
      const auto n_seen = int64_t(session.tokens().size()) + 1;
      bytes_read += double(state.active_weights + session.kv_bytes_read(n_seen));
      ++n_steps;
      more = answer.next(decode(session, answer.result.tokens.back()));
    }
  }
  stats.decode_seconds = seconds_since(decoding);
  stats.active_bytes = n_steps ? bytes_read / double(n_steps) : 0;
  stats.n_generated = int64_t(answer.result.tokens.size());
  answer.flush();
  return std::move(answer.result);
}

void Engine::logits(std::span<const text::Token> tokens,
                    const std::function<void(int64_t, std::span<const float>)>& sink,
                    int64_t first_row) {
  Session& session = state_->session;
  state_->check(tokens);
  if (int64_t(tokens.size()) > session.capacity()) {
    fail(ErrorCode::kInvalidArgument, "there are ", tokens.size(), " tokens and the context holds ",
         session.capacity(), "; ask for more with -c");
  }
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
}

}  // namespace ridge
