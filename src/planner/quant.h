// In which types a model's tensors are stored: the mixes of GGUF files, and those of other engines.
// For formats that are not GGUF's, and for Unsloth's dynamic files, an estimate. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/spec.h"

namespace ridge::planner {

enum class QuantKind {
  kGguf,     // by the rule of spec/file_type.h: exact
  kDynamic,  // "UD-Q4_K_XL": experts in a mix of two types, the rest in Q8_0; ±3 %
  kMlx,      // "MLX-4bit": groups of 64 with a scale and a bias, all matrices alike
  kNvfp4,    // groups of 16; embedding and output in BF16
  kFp8,      // all matrices, embedding and output in BF16
};

struct Quant {
  QuantKind kind = QuantKind::kGguf;
  std::string name;       // as it is shown: "Q4_K_M"
  std::string file_type;  // of kGguf and kDynamic: the GGUF mix it is or stands on
  double bits = 0;        // of kMlx: a weight with its share of scale and bias
};

// Case-insensitive: "q4_k_m", "UD-Q5_K_XL", "MLX-4bit" or "4bit", "NVFP4", "FP8". A '?' at the end
// is dropped. Throws Error{kInvalidArgument} with the names.
Quant quant_from_name(std::string_view name);
std::vector<std::string> quant_names();

// Bytes of each tensor of tensor_uses(spec), in that order.
std::vector<int64_t> tensor_bytes(const ModelSpec& spec, const Quant& quant);

}  // namespace ridge::planner
