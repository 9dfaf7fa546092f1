#include "engine/draft_model.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "engine/actions/prefill.h"
#include "engine/draft_length.h"
#include "engine/memory_plan.h"
#include "gguf/file.h"
#include "spec/build.h"
#include "spec/tensors.h"
#include "text/tokenizer/same_vocabulary.h"

namespace ridge {
namespace {

const gguf::File& checked(const gguf::File& file, const std::filesystem::path& path,
                          const text::Tokenizer& target) {
  const auto own = text::Tokenizer::from_metadata(file.metadata());
  const std::string difference = text::vocabulary_difference(target, *own);
  if (difference.empty()) return file;
  fail(ErrorCode::kInvalidArgument, path.filename().string(),
       " cannot draft for this model, since their vocabularies differ: ", difference);
}

ModelSpec fitting_spec(const gguf::File& file, Backend& backend, const KvOptions& options) {
  ModelSpec spec = build_spec(file);
  plan_memory(memory_needs(spec, file, backend, Session::pool_options(options)), memory_limit(),
              Paging::kRefused);
  return spec;
}

}  // namespace

DraftModel::DraftModel(const std::filesystem::path& path, Backend& backend, const Target& target,
                       const KvOptions& options)
    : DraftModel(checked(gguf::File::open(path), path, target.tokenizer), backend, target,
                 options) {}

DraftModel::DraftModel(const gguf::File& file, Backend& backend, const Target& target,
                       const KvOptions& options)
    : model_(file, fitting_spec(file, backend, options), backend),
      active_weights_(active_weight_bytes(model_.spec(), file)),
      session_(model_, backend, options) {
  if (model_.spec().n_vocab != target.n_vocab) {
    logits_.assign(size_t(target.n_vocab), -std::numeric_limits<float>::infinity());
  }
  draft_.reserve(size_t(options.n_trial));
}

int64_t DraftModel::step_bytes() const {
  return active_weights_ + session_.kv_bytes_read(int64_t(session_.tokens().size()));
}

// Leaves of the cache what is a prefix of the text, its last token excepted.
void DraftModel::settle(std::span<const text::Token> text) {
  const int64_t n_settled = session_.n_settled();
  const auto cached = session_.tokens();
  const auto usable = text.first(text.size() - 1);
  const int64_t shared = std::ranges::mismatch(cached, usable).in1 - cached.begin();
  if (session_.is_on_trial()) session_.keep(std::max<int64_t>(0, shared - n_settled));
  if (shared < int64_t(session_.tokens().size())) session_.keep_prefix(text);
}

// Short texts are what the model said since the last draft; a long one is a new prompt.
Tensor DraftModel::read(std::span<const text::Token> tokens) {
  const int64_t short_text = std::min<int64_t>(kMostDraft + 1, session_.max_batch());
  if (int64_t(tokens.size()) > short_text) return prefill(session_, tokens, nullptr);
  const Tensor hidden = session_.append(tokens);
  return slice_rows(hidden, hidden.rows() - 1, 1);
}

std::span<float> DraftModel::logits(const Tensor& hidden) {
  const std::span<float> own = session_.logits(hidden);
  if (logits_.empty()) return own;
  const size_t shared = std::min(own.size(), logits_.size());
  std::fill(std::ranges::copy(own.first(shared), logits_.begin()).out, logits_.end(),
            -std::numeric_limits<float>::infinity());
  return logits_;
}

std::span<const text::Token> DraftModel::propose(const DraftRequest& request) {
  draft_.clear();
  settle(request.text);
  Tensor hidden = read(request.text.subspan(session_.tokens().size()));
  session_.begin_trial();
  for (;;) {
    const text::Token token = request.sampler.sample(logits(hidden)).token;
    request.sampler.accept(token);
    draft_.push_back(token);
    const bool is_full = int64_t(session_.tokens().size()) == session_.capacity();
    if (int64_t(draft_.size()) == request.most || is_full) return draft_;
    hidden = session_.append(std::span(&draft_.back(), 1));
  }
}

}  // namespace ridge
