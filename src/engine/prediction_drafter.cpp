#include "engine/prediction_drafter.h"

#include <numeric>

#include "engine/draft_length.h"
#include "spec/tensors.h"

namespace ridge {
namespace {

// Entries that wait at most, between calls: with the first token of a draft as many as the model's
// own passes have.
constexpr int64_t kMostWaiting = kMostDraft;

KvOptions pool_options(KvOptions options) {
  options.max_batch += kMostWaiting + 1;
  options.n_trial = 0;
  return options;
}

// Of one row: states and joined.
int64_t row_values(const ModelSpec& spec) {
  return 3 * spec.d_model;
}

}  // namespace

MemoryNeeds PredictionDrafter::memory_needs(const ModelSpec& spec, const gguf::File& file,
                                            Backend& backend, const KvOptions& options) {
  const KvOptions pool = pool_options(options);
  MemoryNeeds needs = stack_needs(Predictor::stack_of(spec), file, backend, pool);
  const MatrixSpec& projection = spec.prediction->projection;
  needs.compute +=
      pool.max_batch * row_values(spec) * int64_t(sizeof(float)) +
      2 * spec.n_vocab * int64_t(sizeof(float)) +
      int64_t(backend.memory_of(weight_source(projection, file.find(projection.name)->dtype)));
  return needs;
}

PredictionDrafter::PredictionDrafter(const gguf::File& file, const Transformer& model,
                                     Backend& backend, const KvOptions& options,
                                     WeightPlacement placement)
    : backend_(backend),
      predictor_(file, model, backend, placement),
      d_model_(model.spec().d_model),
      step_bytes_(active_prediction_bytes(model.spec(), file)),
      kv_(backend, predictor_.stack(), pool_options(options)),
      sequence_(kv_.create()),
      workspace_(backend, predictor_.stack(), kv_.options().max_batch),
      states_(backend.alloc(size_t(workspace_.max_rows() * d_model_) * sizeof(float))),
      joined_(backend.alloc(size_t(workspace_.max_rows() * 2 * d_model_) * sizeof(float))),
      logits_(backend.alloc(size_t(model.spec().n_vocab) * sizeof(float))),
      host_logits_(size_t(model.spec().n_vocab)),
      row_numbers_(size_t(workspace_.max_rows())) {
  std::iota(row_numbers_.begin(), row_numbers_.end(), 0);
  tokens_.reserve(size_t(options.n_tokens));
  draft_.reserve(size_t(kMostDraft));
}

Tensor PredictionDrafter::states(int64_t first_row, int64_t n) const {
  const Tensor all = make_tensor(DType::kF32, {workspace_.max_rows(), d_model_}, *states_, 0);
  return slice_rows(all, first_row, n);
}

void PredictionDrafter::keep(int64_t n_entries) {
  tokens_.resize(size_t(n_entries));
  if (sequence_.n_tokens() > n_entries) sequence_.truncate(n_entries);
}

Tensor PredictionDrafter::read(std::span<const text::Token> tokens) {
  const auto n = int64_t(tokens.size());
  sequence_.reserve(n);
  const BatchSequence sequences[] = {{.sequence = &sequence_, .first_row = 0, .n_rows = int(n)}};
  const Tensor own = predictor_.forward(
      {.tokens = tokens, .sequences = sequences},
      {.states = states(0, n), .joined = make_tensor(DType::kF32, {n, 2 * d_model_}, *joined_, 0)},
      kv_, workspace_);
  sequence_.commit(n);
  return own;
}

Tensor PredictionDrafter::read_waiting() {
  return read(std::span(tokens_).last(size_t(n_waiting())));
}

// Where the text changes at the first of the tokens, the state before it is needed and may be gone:
// whatever lies in its row then stands for it, which costs one entry's worth of guessing.
void PredictionDrafter::observe(int64_t first_pos, std::span<const text::Token> tokens,
                                const Tensor& hidden) {
  const auto n_entries = int64_t(tokens_.size());
  if (first_pos > n_entries + 1) return;  // it has missed some: propose() finds that out
  if (first_pos == 0) {
    keep(0);
  } else if (first_pos <= n_entries && tokens_[size_t(first_pos - 1)] == tokens[0]) {
    keep(first_pos);
  } else {
    keep(first_pos - 1);
    tokens_.push_back(tokens[0]);
  }
  const auto n = int64_t(tokens.size());
  backend_.gather_rows(states(n_waiting(), n), hidden, std::span(row_numbers_).first(size_t(n)));
  tokens_.insert(tokens_.end(), tokens.begin() + 1, tokens.end());
  if (n_waiting() <= kMostWaiting) return;
  const int32_t last[] = {int32_t(n_waiting())};
  read_waiting();
  backend_.gather_rows(states(0, 1), states(0, last[0] + 1), last);
}

text::Token PredictionDrafter::choose(const Tensor& state, Sampler& sampler) {
  const Tensor logits = make_tensor(DType::kF32, {1, int64_t(host_logits_.size())}, *logits_, 0);
  predictor_.head(state, logits);
  backend_.download(logits, std::as_writable_bytes(std::span(host_logits_)));
  const text::Token token = sampler.sample(host_logits_).token;
  sampler.accept(token);
  return token;
}

std::span<const text::Token> PredictionDrafter::propose(const DraftRequest& request) {
  draft_.clear();
  if (tokens_.size() + 2 != request.text.size()) return {};
  tokens_.push_back(request.text.back());
  const auto n_entries = int64_t(tokens_.size());
  Tensor own = read_waiting();
  for (;;) {
    const Tensor last = slice_rows(own, own.rows() - 1, 1);
    draft_.push_back(choose(last, request.sampler));
    if (int64_t(draft_.size()) == request.most) break;
    backend_.gather_rows(states(0, 1), last, std::span(row_numbers_).first(1));
    own = read(std::span(draft_).last(1));
  }
  keep(n_entries);  // without those of guesses
  return draft_;
}

}  // namespace ridge
