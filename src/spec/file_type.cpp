#include "spec/file_type.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "gguf/describe.h"
#include "spec/tensors.h"

namespace ridge {
namespace {

using enum DType;

// The numbers of general.file_type.
enum Mix : uint32_t {
  kMixF32 = 0,
  kMixF16 = 1,
  kMixQ4_0 = 2,
  kMixQ4_1 = 3,
  kMixQ8_0 = 7,
  kMixQ5_0 = 8,
  kMixQ5_1 = 9,
  kMixQ2_K = 10,
  kMixQ3_K_S = 11,
  kMixQ3_K_M = 12,
  kMixQ3_K_L = 13,
  kMixQ4_K_S = 14,
  kMixQ4_K_M = 15,
  kMixQ5_K_S = 16,
  kMixQ5_K_M = 17,
  kMixQ6_K = 18,
  kMixIQ2_XXS = 19,
  kMixIQ2_XS = 20,
  kMixQ2_K_S = 21,
  kMixIQ3_XS = 22,
  kMixIQ3_XXS = 23,
  kMixIQ1_S = 24,
  kMixIQ4_NL = 25,
  kMixIQ3_S = 26,
  kMixIQ3_M = 27,
  kMixIQ2_S = 28,
  kMixIQ2_M = 29,
  kMixIQ4_XS = 30,
  kMixIQ1_M = 31,
  kMixBF16 = 32,
  kMixTQ1_0 = 36,
  kMixTQ2_0 = 37,
  kMixMXFP4 = 38,
};

constexpr FileType kFileTypes[] = {
    {kMixF32, kF32},         {kMixF16, kF16},       {kMixBF16, kBF16},       {kMixQ8_0, kQ8_0},
    {kMixQ6_K, kQ6_K},       {kMixQ5_K_M, kQ5_K},   {kMixQ5_K_S, kQ5_K},     {kMixQ5_1, kQ5_1},
    {kMixQ5_0, kQ5_0},       {kMixQ4_K_M, kQ4_K},   {kMixQ4_K_S, kQ4_K},     {kMixQ4_1, kQ4_1},
    {kMixQ4_0, kQ4_0},       {kMixIQ4_NL, kIQ4_NL}, {kMixIQ4_XS, kIQ4_XS},   {kMixMXFP4, kMXFP4},
    {kMixQ3_K_L, kQ3_K},     {kMixQ3_K_M, kQ3_K},   {kMixQ3_K_S, kQ3_K},     {kMixIQ3_M, kIQ3_S},
    {kMixIQ3_S, kIQ3_S},     {kMixIQ3_XS, kIQ3_S},  {kMixIQ3_XXS, kIQ3_XXS}, {kMixQ2_K, kQ2_K},
    {kMixQ2_K_S, kQ2_K},     {kMixIQ2_M, kIQ2_S},   {kMixIQ2_S, kIQ2_XS},    {kMixIQ2_XS, kIQ2_XS},
    {kMixIQ2_XXS, kIQ2_XXS}, {kMixTQ2_0, kTQ2_0},   {kMixTQ1_0, kTQ1_0},     {kMixIQ1_M, kIQ1_M},
    {kMixIQ1_S, kIQ1_S},
};

bool is_one_of(uint32_t mix, std::initializer_list<Mix> mixes) {
  return std::ranges::find(mixes, mix) != mixes.end();
}

// What the rule knows of a model.
struct Facts {
  explicit Facts(const ModelSpec& spec)
      : n_layers(int(spec.layers.size())), tied_output(spec.tied_output()) {
    for (const LayerSpec& layer : spec.layers) {
      const auto* attention = std::get_if<AttentionSpec>(&layer.mixer);
      if (attention != nullptr && n_heads_a_kv_head == 0) {
        n_heads_a_kv_head = attention->n_heads / attention->n_kv_heads;
      }
      if (const auto* moe = std::get_if<MoeFfnSpec>(&layer.ffn)) n_experts = moe->n_experts;
      if (const auto* both = std::get_if<DenseAndMoeFfnSpec>(&layer.ffn)) {
        n_experts = both->experts.n_experts;
      }
    }
    const bool has_sizes = spec.architecture == "llama" || spec.architecture == "qwen2";
    is_70b = has_sizes && n_layers == 80 && n_heads_a_kv_head > 1;
  }
  int n_layers;
  bool tied_output;
  int64_t n_heads_a_kv_head = 0;  // of the first attention
  int64_t n_experts = 0;
  bool is_70b = false;  // whose few KV heads serve many
};

class Rule {
 public:
  Rule(const ModelSpec& spec, const FileType& file_type)
      : facts_(spec),
        mix_(file_type.number),
        base_(file_type.base),
        is_lowest_(is_one_of(
            mix_, {kMixIQ2_XXS, kMixIQ2_XS, kMixIQ2_S, kMixIQ2_M, kMixIQ1_S, kMixIQ1_M})) {}

  DType type_of(const TensorUse& use) {
    if (use.n_out == 1 || use.role == TensorRole::kNorm || use.role == TensorRole::kRope ||
        use.role == TensorRole::kRouter || use.part == TensorPart::kConvolution) {
      return kF32;
    }
    if (info(base_).block_size == 1) return base_;
    if (use.part == TensorPart::kTokenInputs) return kBF16;  // as converters leave it
    return fitting(wanted(use), use.n_in);
  }

 private:
  // A type of smaller blocks where rows are no whole number of them.
  static DType fitting(DType dtype, int64_t n_in) {
    if (n_in % info(dtype).block_size == 0) return dtype;
    const DType smaller = dtype == kQ4_K   ? kQ5_0
                          : dtype == kQ5_K ? kQ5_1
                          : dtype == kQ6_K ? kQ8_0
                          : dtype == kQ2_K || dtype == kQ3_K || dtype == kTQ1_0 || dtype == kTQ2_0
                              ? kQ4_0
                          : info(dtype).block_size > 32 ? kIQ4_NL
                                                        : dtype;
    return n_in % info(smaller).block_size == 0 ? smaller : kF16;
  }

  DType wanted(const TensorUse& use) {
    if (use.role == TensorRole::kOutput) return output_type(use);
    if (mix_ == kMixMXFP4) return use.n_matrices > 1 ? kMXFP4 : kQ8_0;
    // Where the output is tied, the table that is left has the inputs of every layer.
    if (use.role == TensorRole::kEmbedding && facts_.tied_output) return output_type(use);
    if (use.role == TensorRole::kEmbedding) return embedding_type();
    if (is_lowest_) return lowest_type(use);
    switch (use.part) {
      case TensorPart::kV:
      case TensorPart::kQkv:
        return value_type(use.layer);
      case TensorPart::kK:
        return facts_.n_experts == 8 ? kQ8_0 : query_type();
      case TensorPart::kQ:
        return query_type();
      case TensorPart::kMixerOutput:
        return mixer_output_type();
      case TensorPart::kDown:
        return down_type(use.layer);
      case TensorPart::kGate:
      case TensorPart::kUp:
        return gate_type(use.layer);
      default:
        return base_;
    }
    return base_;
  }

  DType output_type(const TensorUse& use) const {
    if (mix_ == kMixMXFP4 || use.n_in % info(base_).block_size != 0) return kQ8_0;
    if (is_lowest_ || mix_ == kMixIQ3_XXS) return kQ5_K;
    return base_ == kQ8_0 ? kQ8_0 : kQ6_K;
  }

  DType embedding_type() const {
    if (is_one_of(mix_, {kMixIQ2_XXS, kMixIQ2_XS, kMixIQ1_S, kMixIQ1_M})) return kQ2_K;
    if (is_one_of(mix_, {kMixIQ2_S, kMixIQ2_M, kMixIQ3_XXS})) return kIQ3_S;
    if (is_one_of(mix_, {kMixTQ1_0, kMixTQ2_0})) return kQ4_K;
    return base_;
  }

  // The mixes of one to two bits.
  DType lowest_type(const TensorUse& use) {
    const bool has_more = is_one_of(mix_, {kMixIQ2_S, kMixIQ2_M});
    switch (use.part) {
      case TensorPart::kV:
      case TensorPart::kQkv:
        if (facts_.n_heads_a_kv_head >= 4 || facts_.n_experts >= 4) return kQ4_K;
        return has_more ? kIQ3_S : kQ2_K;
      case TensorPart::kK:
        return facts_.n_experts == 8 ? kQ4_K : base_;
      case TensorPart::kDown:  // counted, not by layer: shared experts count too
        if (n_down_++ >= facts_.n_layers / 8) return base_;
        return has_more ? kIQ3_S : kQ2_K;
      case TensorPart::kMixerOutput:
        if (facts_.n_experts == 8) return kQ5_K;
        if (is_one_of(mix_, {kMixIQ1_S, kMixIQ1_M})) return kIQ2_XXS;
        return has_more ? kIQ3_S : base_;
      default:
        return base_;
    }
  }

  // The first and the last eighth of the layers, and every third between.
  bool gets_more(int layer) const {
    const int n = facts_.n_layers;
    return layer < n / 8 || layer >= 7 * n / 8 || (layer - n / 8) % 3 == 2;
  }

  DType value_type(int layer) const {
    if (facts_.n_experts == 8) return kQ8_0;
    const DType type = plain_value_type(layer);
    return facts_.is_70b && (type == kQ3_K || type == kQ4_K) ? kQ5_K : type;
  }

  DType plain_value_type(int layer) const {
    const bool shared_by_many = facts_.n_heads_a_kv_head >= 4;
    switch (mix_) {
      case kMixQ2_K:
        return shared_by_many ? kQ4_K : kQ3_K;
      case kMixIQ3_XXS:
        return shared_by_many ? kQ4_K : kIQ3_S;
      case kMixQ2_K_S:
      case kMixIQ3_XS:
      case kMixIQ3_S:
        return shared_by_many ? kQ4_K : base_;
      case kMixIQ3_M:
        return kQ4_K;
      case kMixQ3_K_M:
        return layer < 2 ? kQ5_K : kQ4_K;
      case kMixQ3_K_L:
        return kQ5_K;
      case kMixIQ4_NL:
      case kMixIQ4_XS:
        return shared_by_many ? kQ5_K : base_;
      case kMixQ4_K_M:
      case kMixQ5_K_M:
        return gets_more(layer) ? kQ6_K : base_;
      case kMixQ4_K_S:
        return layer < 4 ? kQ5_K : base_;
      default:
        return base_;
    }
  }

  DType query_type() const {
    if (mix_ == kMixIQ3_XS) return kIQ3_XXS;
    return mix_ == kMixIQ3_XXS ? kIQ2_S : base_;
  }

  DType mixer_output_type() const {
    if (facts_.n_experts == 8) {
      const bool raised =
          is_one_of(mix_, {kMixQ2_K, kMixIQ3_XS, kMixIQ3_XXS, kMixQ3_K_S, kMixQ3_K_M, kMixIQ4_NL,
                           kMixQ4_K_S, kMixQ4_K_M, kMixIQ3_S, kMixIQ3_M, kMixIQ4_XS});
      return raised ? kQ5_K : base_;
    }
    switch (mix_) {
      case kMixQ2_K:
        return kQ3_K;
      case kMixIQ3_XXS:
        return kIQ3_S;
      case kMixQ3_K_M:
      case kMixIQ3_M:
        return kQ4_K;
      case kMixQ3_K_L:
        return kQ5_K;
      default:
        return base_;
    }
  }

  DType down_type(int layer) const {
    const bool in_first_eighth = layer < facts_.n_layers / 8;
    switch (mix_) {
      case kMixQ2_K:
        return kQ3_K;
      case kMixQ2_K_S:
        return in_first_eighth ? kQ4_K : base_;
      case kMixIQ3_XXS:
        return in_first_eighth ? kQ4_K : kQ3_K;
      case kMixQ3_K_M:
        return layer < facts_.n_layers / 16 ? kQ5_K : kQ4_K;
      case kMixIQ3_M:
        return in_first_eighth || (facts_.n_experts == 8 && gets_more(layer)) ? kQ4_K : base_;
      case kMixQ3_K_L:
        return kQ5_K;
      case kMixQ4_K_M:
      case kMixQ5_K_M:
        return gets_more(layer) ? kQ6_K : base_;
      case kMixIQ4_NL:
      case kMixIQ4_XS:
      case kMixQ4_K_S:
        return in_first_eighth ? kQ5_K : base_;
      default:
        return base_;
    }
  }

  DType gate_type(int layer) const {
    const int n = facts_.n_layers;
    const bool in_the_middle = layer >= n / 8 && layer < 7 * n / 8;
    return mix_ == kMixIQ3_XS && in_the_middle ? kIQ3_XXS : base_;
  }

  Facts facts_;
  uint32_t mix_;
  DType base_;
  bool is_lowest_;
  int n_down_ = 0;
};

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::toupper(x) == std::toupper(y); });
}

}  // namespace

std::string_view FileType::name() const {
  return gguf::file_type_name(number);
}

std::span<const FileType> file_types() {
  return kFileTypes;
}

std::string file_type_names() {
  std::string names;
  for (const FileType& type : kFileTypes) names += cat(names.empty() ? "" : ", ", type.name());
  return names;
}

FileType file_type_from_name(std::string_view name) {
  for (const FileType& type : kFileTypes) {
    if (same_name(type.name(), name)) return type;
  }
  fail(ErrorCode::kInvalidArgument, "unknown file type \"", name, "\"; known are ",
       file_type_names());
}

std::vector<DType> tensor_types(const ModelSpec& spec, const FileType& file_type) {
  Rule rule(spec, file_type);
  std::vector<DType> types;
  for (const TensorUse& use : all_tensor_uses(spec)) types.push_back(rule.type_of(use));
  return types;
}

void set_file_type(gguf::Metadata& metadata, const FileType& file_type) {
  metadata.set("general.file_type", file_type.number);
}

}  // namespace ridge
