// The table of tensor types: the only place that switches on a type. A row holds what every
// consumer needs (file reader, planner, quantizer, generic kernels); block layouts and reference
// codecs live in tensor/quant/<type>.h. Pure functions and constants: callable from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ridge {

enum class DType : uint8_t {
  kF32,
  kF16,
  kBF16,
  kQ4_0,
  kQ4_1,
  kQ5_0,
  kQ5_1,
  kQ8_0,
  kQ2_K,
  kQ3_K,
  kQ4_K,
  kQ5_K,
  kQ6_K,
  kIQ1_S,
  kIQ1_M,
  kIQ2_XXS,
  kIQ2_XS,
  kIQ2_S,
  kIQ3_XXS,
  kIQ3_S,
  kIQ4_NL,
  kIQ4_XS,
  kTQ1_0,
  kTQ2_0,
  kMXFP4,
};
inline constexpr int kDTypeCount = int(DType::kMXFP4) + 1;

struct DTypeInfo {
  DType dtype;
  std::string_view name;  // as in GGUF tools: "Q4_K"
  uint32_t gguf_id;       // ggml_type in the file
  int block_size;         // elements in a block
  int block_bytes;        // bytes of a block

  // Reference codecs. n: elements, a multiple of block_size. src and dst may be unaligned bytes.
  void (*decode)(const std::byte* src, float* dst, int64_t n);
  void (*encode)(const float* src, std::byte* dst, int64_t n);  // null: no reference encoder
};

const DTypeInfo& info(DType dtype);
std::span<const DTypeInfo> all_dtypes();
std::optional<DType> dtype_from_gguf(uint32_t gguf_id);
std::optional<DType> dtype_from_name(std::string_view name);  // case-insensitive

// Bytes of a row of n elements; n must be a multiple of the block size.
inline int64_t row_bytes(DType dtype, int64_t n) {
  const DTypeInfo& type = info(dtype);
  return n / type.block_size * type.block_bytes;
}

}  // namespace ridge
