// ArchReader: how arch/<name>.cpp asks the metadata. It knows the key prefix ("llama."), checks
// every value against the bounds that a sane file keeps, and remembers which keys were asked for,
// so that a key nobody implements is refused by name instead of being ignored.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gguf/metadata.h"
#include "spec/spec.h"

namespace ridge::arch {

// The keys of a layer's heads; some families have others for their windowed layers.
struct HeadKeys {
  std::string_view k_dim = "attention.key_length";
  std::string_view v_dim = "attention.value_length";
  std::string_view n_rotated = "rope.dimension_count";
  std::string_view rope_base = "rope.freq_base";
};

class ArchReader {
 public:
  using HasTensor = std::function<bool(std::string_view)>;
  // Both arguments must outlive the reader.
  ArchReader(const gguf::Metadata& metadata, const HasTensor& has_tensor);

  std::string_view architecture() const { return architecture_; }
  int n_layers() const { return n_layers_; }
  int64_t d_model() const { return d_model_; }

  // Keys without their prefix. Integers must lie in [min, max]; a per-layer array gives its entry.
  std::optional<int64_t> integer(std::string_view key, int64_t min, int64_t max);
  int64_t require_integer(std::string_view key, int64_t min, int64_t max);
  int64_t layer_integer(std::string_view key, int layer, int64_t min, int64_t max);
  std::optional<float> number(std::string_view key);
  float require_positive(std::string_view key);
  std::optional<std::string_view> text(std::string_view key);
  std::optional<std::vector<bool>> layer_flags(std::string_view key);
  std::optional<std::vector<int64_t>> integers(std::string_view key);
  std::optional<bool> flag(std::string_view key);
  bool has_key(std::string_view key) const;
  bool is_array(std::string_view key) const;
  // Fails with kUnsupported unless the key is absent or has the one value that is implemented.
  void expect(std::string_view key, int64_t implemented);

  // Tensors. `stem` is a name without ".weight"; optional ones come back empty when absent.
  MatrixSpec matrix(std::string_view stem, int64_t n_out, int64_t n_in) const;
  MatrixSpec optional_matrix(std::string_view stem, int64_t n_out, int64_t n_in) const;
  VectorSpec vector(std::string_view name, int64_t size) const;
  VectorSpec bias(std::string_view stem, int64_t size) const;  // stem + ".bias", when there
  // RMS norms, until the architecture says that all of its norms are layer norms.
  NormSpec norm(std::string_view stem, int64_t size);
  NormSpec optional_norm(std::string_view stem, int64_t size);
  NormSpec unit_norm(int64_t size);  // without weights
  void use_layer_norms() { norm_kind_ = NormKind::kLayer; }
  VectorSpec optional_vector(std::string_view name, int64_t size) const;

  // What most families have in common.
  ModelSpec model();  // all but the layers
  AttentionSpec attention(int layer, RopePairs pairs, const HeadKeys& keys = {});
  // Norms over each head of Q and of K: with the same weights for all heads; or with weights of
  // each head's own, where the file has them.
  void norm_heads(int layer, AttentionSpec& attention);
  void norm_heads_apart(int layer, AttentionSpec& attention);
  // Norm, attention, add; norm, feed-forward, add.
  LayerSpec pre_norm_layer(int layer, MixerSpec mixer, FfnActivation activation);
  LayerSpec pre_norm_layer(int layer, MixerSpec mixer, FfnSpec ffn);
  // Attention, norm, add; feed-forward, norm, add.
  LayerSpec post_norm_layer(int layer, MixerSpec mixer, FfnActivation activation);
  // Norm; attention and feed-forward side by side, both added.
  LayerSpec parallel_layer(int layer, MixerSpec mixer, FfnSpec ffn);
  // Widths of a layer's feed-forward, of one of its experts, and of one for all tokens.
  int64_t ffn_width(int layer);
  int64_t expert_width(int layer);
  int64_t shared_expert_width(int layer);
  DenseFfnSpec dense_ffn(int layer, FfnActivation activation);
  DenseFfnSpec stacked_ffn(int layer, FfnActivation activation);  // gate and up in ffn_up
  DenseFfnSpec ungated_ffn(int layer, FfnActivation activation);  // with biases where there
  // The experts of a layer, d_ff wide, by the keys of the file. What an architecture fixes without
  // a key (normalise; score, which is softmax) and an expert for all tokens are the caller's.
  MoeFfnSpec moe_ffn(int layer, FfnActivation activation, int64_t d_ff);
  void add_expert_biases(int layer, MoeFfnSpec& moe) const;
  // gate: whether a logit of its own scales it.
  enum class SharedGate { kNone, kSigmoid };
  void add_shared_expert(int layer, MoeFfnSpec& moe, int64_t d_ff, SharedGate gate);
  RopeSpec rope(int64_t head_dim, RopePairs pairs, const HeadKeys& keys = {});
  // Which layers have a window: a flag for each, or a period whose last layer sees all.
  std::vector<bool> windowed_layers(int64_t default_period);

  // Takes the layers at the end that predict tokens further ahead out of the count; their tensors
  // are left in the file.
  void set_aside_prediction_layers(ModelSpec& spec);
  // The number of the first of them, where the file has it; and what stands around it: `layer` is
  // its block, which the architecture reads like any other's.
  std::optional<int> prediction_layer() const;
  PredictionSpec prediction(int i, LayerSpec layer, int64_t n_vocab);

  // Throws Error{kUnsupported} naming the first key under the prefix that nobody asked for and that
  // is not known to leave the result alone.
  void refuse_unread_keys() const;

 private:
  void read_expert_score(MoeFfnSpec& moe);
  ExpertGroupsSpec expert_groups(const MoeFfnSpec& moe);
  void add_projections(int layer, AttentionSpec& attention) const;
  RopeScaling rope_scaling(int64_t n_rotated);
  YarnSpec yarn(float factor);
  std::string full(std::string_view key) const;
  const std::string& remember(std::string_view key);

  const gguf::Metadata& metadata_;
  const HasTensor& has_tensor_;
  std::string architecture_;
  std::set<std::string> read_;
  int n_layers_ = 0;
  int n_predictions_ = 0;  // layers after them
  int64_t d_model_ = 0;
  NormKind norm_kind_ = NormKind::kRms;
};

std::string blk(int layer, std::string_view stem);  // "blk.3.attn_q"

}  // namespace ridge::arch
