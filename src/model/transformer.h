// Transformer: a loaded model, and its forward pass. Immutable after loading: share it; each caller
// brings its own Workspace, and calls follow the back end's rule of one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "backend/backend.h"
#include "gguf/file.h"
#include "kv/pool.h"
#include "model/blocks/attention.h"
#include "model/blocks/delta_net.h"
#include "model/blocks/dense_and_moe_ffn.h"
#include "model/blocks/dense_ffn.h"
#include "model/blocks/latent_attention.h"
#include "model/blocks/moe_ffn.h"
#include "model/blocks/norm.h"
#include "model/blocks/short_conv.h"
#include "model/blocks/token_inputs.h"
#include "model/step.h"
#include "spec/spec.h"

namespace ridge {

class Transformer {
 public:
  // Loads every tensor of the spec into the back end. Throws Error.
  Transformer(const gguf::File& file, const ModelSpec& spec, Backend& backend,
              const LoadProgress& progress = {},
              WeightPlacement placement = WeightPlacement::kMemory);

  const ModelSpec& spec() const { return spec_; }
  int64_t weight_bytes() const { return weight_bytes_; }  // of the file's tensors

  // Runs the batch through all layers and writes the caches; the caller has reserved the rows and
  // commits them afterwards. Returns the normed hidden states [n, d_model], in the workspace.
  Tensor forward(const Batch& batch, const KvPool& kv, Workspace& workspace,
                 Observer* observer = nullptr) const;

  // The same from a stream on that lies in workspace.hidden(), instead of the tokens' embeddings.
  Tensor forward_stream(Step& step) const;
  void embed(const Tensor& out, std::span<const int32_t> tokens) const;  // [n, d_model]

  // Computes the states of recurrent layers after the first tokens of a trial again, which has been
  // taken back: the batch is those of its tokens that stay, with trial_row 0, and the workspace
  // that of the trial. The caller commits them.
  void replay(const Batch& batch, const KvPool& kv, Workspace& workspace) const;

  // logits[n, n_vocab] of hidden states [n, d_model].
  void head(const Tensor& hidden, const Tensor& logits) const;

 private:
  struct Layer {
    Norm mixer_norm;
    std::variant<Attention, LatentAttention, DeltaNet, ShortConv> mixer;
    Norm mixer_post_norm;
    Norm ffn_norm;
    std::variant<DenseFfn, MoeFfn, DenseAndMoeFfn> ffn;
    Norm ffn_post_norm;
    TokenInput token_input;
    float output_scale = 1.0f;
  };

  static Layer load_layer(const LayerSpec& spec, WeightLoader& loader);
  // The stream += block(x), with a norm or a scale between where the architecture has one.
  template <class Block>
  void add_block(Step& step, int layer, const Block& block, const Norm& post_norm,
                 const Tensor& x) const;

  ModelSpec spec_;
  Backend& backend_;
  std::optional<gguf::Mapping> mapping_;  // of weights that are not in memory: outlives them
  int64_t weight_bytes_ = 0;
  WeightPtr embedding_;  // null when the output's matrix serves as table
  std::optional<TokenInputs> token_inputs_;
  std::vector<Layer> layers_;
  std::optional<Norm> output_norm_;
  WeightPtr output_;
  Parameter output_bias_;
};

}  // namespace ridge
