#include "planner/quant.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "planner/names.h"
#include "spec/file_type.h"
#include "spec/tensors.h"

namespace ridge::planner {
namespace {

// MLX keeps an f16 scale and an f16 bias for 64 weights.
constexpr double kMlxOverhead = 0.5;

struct Dynamic {
  std::string_view prefix;  // of the name behind "UD-"
  std::string_view file_type;
  DType base, down;  // of the experts
};
constexpr Dynamic kDynamic[] = {
    {"Q2_K", "Q2_K", DType::kQ2_K, DType::kQ3_K},   {"Q3_K", "Q3_K_M", DType::kQ3_K, DType::kQ4_K},
    {"Q4_K", "Q4_K_M", DType::kQ4_K, DType::kQ5_K}, {"Q5_K", "Q5_K_M", DType::kQ5_K, DType::kQ6_K},
    {"Q6_K", "Q6_K", DType::kQ6_K, DType::kQ8_0},   {"Q8_K", "Q8_0", DType::kQ8_0, DType::kQ8_0},
};

const Dynamic* dynamic_of(std::string_view name) {
  if (!name.starts_with("UD-")) return nullptr;
  name.remove_prefix(3);
  for (const Dynamic& d : kDynamic) {
    if (name.starts_with(d.prefix)) return &d;
  }
  return nullptr;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = char(c - 'a' + 'A');
  }
  return out;
}

// "MLX-4BIT", "4BIT"; nothing for other names.
std::optional<int> mlx_bits(std::string_view name) {
  if (name.starts_with("MLX-")) name.remove_prefix(4);
  if (!name.ends_with("BIT") || name.size() != 4) return std::nullopt;
  const int bits = name[0] - '0';
  if (bits < 2 || bits > 8 || bits == 7) return std::nullopt;
  return bits;
}

// What people write for a mix that has another name.
std::string_view same_mix(std::string_view name) {
  struct Synonym {
    std::string_view name, mix;
  };
  constexpr Synonym kSynonyms[] = {{"Q2", "Q2_K"},
                                   {"Q3", "Q3_K_M"},
                                   {"Q4", "Q4_K_M"},
                                   {"Q5", "Q5_K_M"},
                                   {"Q6", "Q6_K"},
                                   {"Q8", "Q8_0"},
                                   {"FP16", "F16"},
                                   {"Q4_K", "Q4_K_M"},
                                   {"Q5_K", "Q5_K_M"},
                                   {"MXFP4_MOE", "MXFP4"},
                                   {"IQ2_XXS/Q2_K", "IQ2_XXS"}};
  for (const Synonym& s : kSynonyms) {
    if (s.name == name) return s.mix;
  }
  return name;
}

double bits_of(DType dtype) {
  return 8.0 * info(dtype).block_bytes / info(dtype).block_size;
}

// Without scales of their own or with few values: kept as they are.
bool is_small(const TensorUse& use) {
  return use.n_out == 1 || use.part == TensorPart::kConvolution;
}

bool is_table(const TensorUse& use) {
  return use.role == TensorRole::kEmbedding || use.role == TensorRole::kOutput;
}

double bits_of_tensor(const TensorUse& use, const Quant& quant) {
  if (is_small(use)) return quant.kind == QuantKind::kDynamic ? 32 : 16;
  switch (quant.kind) {
    case QuantKind::kMlx:
      return quant.bits;
    case QuantKind::kNvfp4:
      return is_table(use) ? 16 : 4.5;
    case QuantKind::kFp8:
      return is_table(use) ? 16 : 8;
    case QuantKind::kDynamic: {
      if (use.role != TensorRole::kExperts) return use.role == TensorRole::kRouter ? 32 : 8.5;
      const Dynamic& d = *dynamic_of(quant.name);
      return bits_of(use.part == TensorPart::kDown ? d.down : d.base);
    }
    case QuantKind::kGguf:
      break;
  }
  return 0;
}

std::vector<int64_t> by_file_type(const ModelSpec& spec, std::string_view file_type) {
  const std::vector<TensorUse> uses = tensor_uses(spec);
  const std::vector<DType> types = tensor_types(spec, file_type_from_name(file_type));
  std::vector<int64_t> bytes;
  for (size_t i = 0; i < uses.size(); ++i) {
    bytes.push_back(row_bytes(types[i], uses[i].n_in) * uses[i].n_out * uses[i].n_matrices);
  }
  return bytes;
}

bool has_experts(const std::vector<TensorUse>& uses) {
  return std::ranges::find(uses, TensorRole::kExperts, &TensorUse::role) != uses.end();
}

}  // namespace

Quant quant_from_name(std::string_view text) {
  std::string wanted = upper(text);
  while (wanted.ends_with('?')) wanted.pop_back();
  if (const auto bits = mlx_bits(wanted)) {
    return {QuantKind::kMlx, cat("MLX-", *bits, "bit"), "", *bits + kMlxOverhead};
  }
  if (const Dynamic* d = dynamic_of(wanted)) {
    return {QuantKind::kDynamic, wanted, std::string(d->file_type), 0};
  }
  if (wanted == "NVFP4") return {QuantKind::kNvfp4, wanted, "", 0};
  if (wanted == "FP8" || wanted == "NATIVE") return {QuantKind::kFp8, "FP8", "", 0};
  const std::string_view mix = same_mix(wanted);
  for (const FileType& type : file_types()) {
    if (upper(type.name()) == mix)
      return {QuantKind::kGguf, std::string(type.name()), std::string(type.name()), 0};
  }
  const std::vector<std::string> names = quant_names();
  fail(ErrorCode::kInvalidArgument, "no quantization is called \"", text, "\"",
       suggestion(text, names), "; known are ", file_type_names(),
       ", UD-Q4_K_XL and its like, MLX-4bit and its like, NVFP4, FP8");
}

std::vector<std::string> quant_names() {
  std::vector<std::string> names;
  for (const FileType& type : file_types()) names.emplace_back(type.name());
  for (const Dynamic& d : kDynamic) names.push_back(cat("UD-", d.prefix, "_XL"));
  for (const char* other : {"MLX-3bit", "MLX-4bit", "MLX-6bit", "MLX-8bit", "NVFP4", "FP8"}) {
    names.emplace_back(other);
  }
  return names;
}

std::vector<int64_t> tensor_bytes(const ModelSpec& spec, const Quant& quant) {
  const std::vector<TensorUse> uses = tensor_uses(spec);
  const bool plain =
      quant.kind == QuantKind::kGguf || (quant.kind == QuantKind::kDynamic && !has_experts(uses));
  if (plain) return by_file_type(spec, quant.file_type);
  std::vector<int64_t> bytes;
  for (const TensorUse& use : uses) {
    const double values = double(use.n_in) * double(use.n_out) * double(use.n_matrices);
    bytes.push_back(std::llround(values * bits_of_tensor(use, quant) / 8));
  }
  return bytes;
}

}  // namespace ridge::planner
