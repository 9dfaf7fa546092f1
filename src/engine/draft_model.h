// DraftModel: a second, smaller model of the same vocabulary as drafter, with a cache of its own.
// It draws from its logits with the dice of the request, so that a draft model which agrees with
// the model agrees at every temperature. One thread.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "engine/drafter.h"
#include "engine/session.h"
#include "model/transformer.h"

namespace ridge {

class DraftModel final : public Drafter {
 public:
  struct Target {
    const text::Tokenizer& tokenizer;
    int64_t n_vocab = 0;
  };
  // options: of its cache; options.n_trial is the most that is asked of it. Throws Error,
  // kInvalidArgument where its vocabulary is not the target's, naming the first difference.
  DraftModel(const std::filesystem::path& file, Backend& backend, const Target& target,
             const KvOptions& options);

  std::string_view name() const override { return "draft model"; }
  void observe(int64_t, std::span<const text::Token>, const Tensor&) override {}
  std::span<const text::Token> propose(const DraftRequest& request) override;
  int64_t step_bytes() const override;
  int64_t memory_bytes() const override { return model_.weight_bytes() + session_.kv_bytes(); }

 private:
  DraftModel(const gguf::File& file, Backend& backend, const Target& target,
             const KvOptions& options);
  void settle(std::span<const text::Token> text);
  Tensor read(std::span<const text::Token> tokens);
  std::span<float> logits(const Tensor& hidden);

  Transformer model_;
  int64_t active_weights_;
  Session session_;
  std::vector<float> logits_;  // [n_vocab of the target], where it has another number of rows
  std::vector<text::Token> draft_;
};

}  // namespace ridge
