#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>

#include "base/check.h"
#include "tensor/dtype.h"
#include "tensor/quant/bf16.h"
#include "tensor/quant/f16.h"
#include "tensor/quant/f32.h"
#include "tensor/quant/iq1_m.h"
#include "tensor/quant/iq1_s.h"
#include "tensor/quant/iq2_s.h"
#include "tensor/quant/iq2_xs.h"
#include "tensor/quant/iq2_xxs.h"
#include "tensor/quant/iq3_s.h"
#include "tensor/quant/iq3_xxs.h"
#include "tensor/quant/iq4_nl.h"
#include "tensor/quant/iq4_xs.h"
#include "tensor/quant/mxfp4.h"
#include "tensor/quant/q2_k.h"
#include "tensor/quant/q3_k.h"
#include "tensor/quant/q4_0.h"
#include "tensor/quant/q4_1.h"
#include "tensor/quant/q4_k.h"
#include "tensor/quant/q5_0.h"
#include "tensor/quant/q5_1.h"
#include "tensor/quant/q5_k.h"
#include "tensor/quant/q6_k.h"
#include "tensor/quant/q8_0.h"
#include "tensor/quant/tq1_0.h"
#include "tensor/quant/tq2_0.h"

namespace ridge {
namespace {

static_assert(std::endian::native == std::endian::little, "blocks are read as they lie in a file");

template <class Block>
void decode_blocks(const std::byte* src, float* dst, int64_t n) {
  RIDGE_DCHECK(n % Block::kElements == 0);
  for (; n > 0; n -= Block::kElements, src += sizeof(Block), dst += Block::kElements) {
    Block block;
    std::memcpy(&block, src, sizeof block);
    decode(block, dst);
  }
}

template <class Block>
void encode_blocks(const float* src, std::byte* dst, int64_t n) {
  RIDGE_DCHECK(n % Block::kElements == 0);
  for (; n > 0; n -= Block::kElements, src += Block::kElements, dst += sizeof(Block)) {
    Block block;
    encode(src, block);
    std::memcpy(dst, &block, sizeof block);
  }
}

template <class Block>
consteval DTypeInfo row(DType dtype, std::string_view name, uint32_t gguf_id) {
  DTypeInfo type{.dtype = dtype,
                 .name = name,
                 .gguf_id = gguf_id,
                 .block_size = Block::kElements,
                 .block_bytes = int(sizeof(Block)),
                 .decode = decode_blocks<Block>,
                 .encode = nullptr};
  if constexpr (requires(const float* x, Block& block) { encode(x, block); }) {
    type.encode = encode_blocks<Block>;
  }
  return type;
}

using namespace quant;

// In the order of DType. The ids are those of ggml_type in GGUF files.
constexpr DTypeInfo kTable[] = {
    row<BlockF32>(DType::kF32, "F32", 0),
    row<BlockF16>(DType::kF16, "F16", 1),
    row<BlockBF16>(DType::kBF16, "BF16", 30),
    row<BlockQ4_0>(DType::kQ4_0, "Q4_0", 2),
    row<BlockQ4_1>(DType::kQ4_1, "Q4_1", 3),
    row<BlockQ5_0>(DType::kQ5_0, "Q5_0", 6),
    row<BlockQ5_1>(DType::kQ5_1, "Q5_1", 7),
    row<BlockQ8_0>(DType::kQ8_0, "Q8_0", 8),
    row<BlockQ2_K>(DType::kQ2_K, "Q2_K", 10),
    row<BlockQ3_K>(DType::kQ3_K, "Q3_K", 11),
    row<BlockQ4_K>(DType::kQ4_K, "Q4_K", 12),
    row<BlockQ5_K>(DType::kQ5_K, "Q5_K", 13),
    row<BlockQ6_K>(DType::kQ6_K, "Q6_K", 14),
    row<BlockIQ1_S>(DType::kIQ1_S, "IQ1_S", 19),
    row<BlockIQ1_M>(DType::kIQ1_M, "IQ1_M", 29),
    row<BlockIQ2_XXS>(DType::kIQ2_XXS, "IQ2_XXS", 16),
    row<BlockIQ2_XS>(DType::kIQ2_XS, "IQ2_XS", 17),
    row<BlockIQ2_S>(DType::kIQ2_S, "IQ2_S", 22),
    row<BlockIQ3_XXS>(DType::kIQ3_XXS, "IQ3_XXS", 18),
    row<BlockIQ3_S>(DType::kIQ3_S, "IQ3_S", 21),
    row<BlockIQ4_NL>(DType::kIQ4_NL, "IQ4_NL", 20),
    row<BlockIQ4_XS>(DType::kIQ4_XS, "IQ4_XS", 23),
    row<BlockTQ1_0>(DType::kTQ1_0, "TQ1_0", 34),
    row<BlockTQ2_0>(DType::kTQ2_0, "TQ2_0", 35),
    row<BlockMXFP4>(DType::kMXFP4, "MXFP4", 39),
};
static_assert(std::size(kTable) == kDTypeCount);

constexpr bool in_order() {
  for (int i = 0; i < kDTypeCount; ++i) {
    if (int(kTable[i].dtype) != i) return false;
  }
  return true;
}
static_assert(in_order());

char upper(char c) {
  return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, upper, upper);
}

template <class Matches>
std::optional<DType> find(Matches matches) {
  const auto row = std::ranges::find_if(kTable, matches);
  if (row == std::end(kTable)) return std::nullopt;
  return row->dtype;
}

}  // namespace

const DTypeInfo& info(DType dtype) {
  return kTable[int(dtype)];
}

std::span<const DTypeInfo> all_dtypes() {
  return kTable;
}

std::optional<DType> dtype_from_gguf(uint32_t gguf_id) {
  return find([=](const DTypeInfo& type) { return type.gguf_id == gguf_id; });
}

std::optional<DType> dtype_from_name(std::string_view name) {
  return find([=](const DTypeInfo& type) { return same_name(type.name, name); });
}

}  // namespace ridge
