#include "model/transformer.h"

#include "spec/tensors.h"

namespace ridge {
namespace {

uint64_t total_bytes(const ModelSpec& spec, const gguf::File& file) {
  uint64_t total = 0;
  for (const TensorUse& use : tensor_uses(spec)) total += file.find(use.name)->n_bytes;
  return total;
}

using Mixer = std::variant<Attention, LatentAttention, DeltaNet, ShortConv>;
Mixer load_mixer(const AttentionSpec& spec, WeightLoader& loader) {
  return Attention(spec, loader);
}
Mixer load_mixer(const LatentAttentionSpec& spec, WeightLoader& loader) {
  return LatentAttention(spec, loader);
}
Mixer load_mixer(const DeltaNetSpec& spec, WeightLoader& loader) {
  return DeltaNet(spec, loader);
}
Mixer load_mixer(const ShortConvSpec& spec, WeightLoader& loader) {
  return ShortConv(spec, loader);
}

using Ffn = std::variant<DenseFfn, MoeFfn, DenseAndMoeFfn>;
Ffn load_ffn(const DenseFfnSpec& spec, WeightLoader& loader) {
  return DenseFfn(spec, loader);
}
Ffn load_ffn(const MoeFfnSpec& spec, WeightLoader& loader) {
  return MoeFfn(spec, loader);
}
Ffn load_ffn(const DenseAndMoeFfnSpec& spec, WeightLoader& loader) {
  return DenseAndMoeFfn(spec, loader);
}

float load_scale(const VectorSpec& spec, WeightLoader& loader) {
  return spec ? loader.values(spec).front() : 1.0f;
}

}  // namespace

Transformer::Transformer(const gguf::File& file, const ModelSpec& spec, Backend& backend,
                         const LoadProgress& progress, WeightPlacement placement)
    : spec_(spec), backend_(backend), weight_bytes_(int64_t(total_bytes(spec, file))) {
  if (placement != WeightPlacement::kMemory) mapping_.emplace(file);
  WeightLoader loader(
      {.file = file, .mapping = mapping_ ? &*mapping_ : nullptr, .placement = placement}, backend,
      uint64_t(weight_bytes_), progress);
  if (!spec_.tied_output()) embedding_ = loader.matrix(spec_.embedding);
  if (spec_.token_inputs.width > 0) token_inputs_.emplace(spec_.token_inputs, loader);
  layers_.reserve(spec_.layers.size());
  for (const LayerSpec& layer : spec_.layers) layers_.push_back(load_layer(layer, loader));
  output_norm_.emplace(spec_.output_norm, loader);
  output_ = loader.matrix(spec_.output);
  output_bias_ = loader.vector(spec_.output_bias);
}

Transformer::Layer Transformer::load_layer(const LayerSpec& spec, WeightLoader& loader) {
  Norm mixer_norm(spec.mixer_norm, loader);
  auto mixer = std::visit([&](const auto& block) { return load_mixer(block, loader); }, spec.mixer);
  Norm mixer_post_norm(spec.mixer_post_norm, loader);
  Norm ffn_norm(spec.ffn_norm, loader);
  auto ffn = std::visit([&](const auto& block) { return load_ffn(block, loader); }, spec.ffn);
  return {.mixer_norm = std::move(mixer_norm),
          .mixer = std::move(mixer),
          .mixer_post_norm = std::move(mixer_post_norm),
          .ffn_norm = std::move(ffn_norm),
          .ffn = std::move(ffn),
          .ffn_post_norm = Norm(spec.ffn_post_norm, loader),
          .token_input = TokenInput(spec.token_input, loader),
          .output_scale = load_scale(spec.output_scale, loader)};
}

template <class Block>
void Transformer::add_block(Step& step, int layer, const Block& block, const Norm& post_norm,
                            const Tensor& x) const {
  const Tensor hidden = step.workspace().hidden(step.n_rows());
  const bool is_plain = !post_norm && spec_.residual_scale == 1.0f;
  if (is_plain) return block.forward(step, layer, x, hidden, Store::kAdd);
  const Tensor out = step.workspace().block_out(step.n_rows());
  block.forward(step, layer, x, out, Store::kWrite);
  if (post_norm) post_norm.forward(step, out, out);
  if (spec_.residual_scale != 1.0f) backend_.scale(out, spec_.residual_scale);
  backend_.add(hidden, out);
}

Tensor Transformer::forward(const Batch& batch, const KvPool& kv, Workspace& workspace,
                            Observer* observer) const {
  Step step(backend_, kv, workspace, batch, observer);
  const Tensor hidden = workspace.hidden(step.n_rows());
  embed(hidden, batch.tokens);
  step.tap(-1, "embed", hidden);
  if (token_inputs_) token_inputs_->prepare(step, batch.tokens, hidden);
  return forward_stream(step);
}

void Transformer::embed(const Tensor& out, std::span<const int32_t> tokens) const {
  const Weight& table = embedding_ ? *embedding_ : *output_;
  backend_.embed(out, table, tokens, spec_.embedding_scale);
}

Tensor Transformer::forward_stream(Step& step) const {
  const Tensor hidden = step.workspace().hidden(step.n_rows());
  const Tensor normed = step.workspace().normed(step.n_rows());
  for (int i = 0; i < int(layers_.size()); ++i) {
    const Layer& layer = layers_[size_t(i)];
    Tensor x = hidden;  // what a block reads: see LayerSpec
    if (layer.mixer_norm) x = layer.mixer_norm.forward(step, normed, hidden);
    std::visit([&](const auto& b) { add_block(step, i, b, layer.mixer_post_norm, x); },
               layer.mixer);
    step.tap(i, "mixer.out", hidden);
    if (layer.ffn_norm) x = layer.ffn_norm.forward(step, normed, hidden);
    std::visit([&](const auto& b) { add_block(step, i, b, layer.ffn_post_norm, x); }, layer.ffn);
    if (layer.token_input) layer.token_input.forward(step, i, hidden);
    if (layer.output_scale != 1.0f) backend_.scale(hidden, layer.output_scale);
    step.tap(i, "ffn.out", hidden);
  }
  output_norm_->forward(step, normed, hidden);
  step.tap(-1, "output.norm", normed);
  return normed;
}

void Transformer::replay(const Batch& batch, const KvPool& kv, Workspace& workspace) const {
  Step step(backend_, kv, workspace, batch, nullptr);
  for (int i = 0; i < int(layers_.size()); ++i) {
    std::visit(
        [&](const auto& mixer) {
          if constexpr (requires { mixer.replay(step, i); }) mixer.replay(step, i);
        },
        layers_[size_t(i)].mixer);
  }
}

void Transformer::head(const Tensor& hidden, const Tensor& logits) const {
  const Projection output[] = {{output_.get(), output_bias_.tensor, logits}};
  backend_.matmul(hidden, output, Store::kWrite);
  if (spec_.logit_scale != 1.0f) backend_.scale(logits, spec_.logit_scale);
  if (spec_.logit_softcap != 0.0f) backend_.softcap(logits, spec_.logit_softcap);
}

}  // namespace ridge
