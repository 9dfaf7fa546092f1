// A tiny model of real shape for tests that need one to run: random weights and a vocabulary of the
// 256 bytes, four control tokens and two merged pairs.
#pragma once

#include <filesystem>
#include <string>

#include "gguf/metadata.h"
#include "tensor/dtype.h"

namespace ridge::testing {

// Metadata of a model of 3 layers, d_model 64, 4 heads over 2 KV heads, context 512. gemma3 has a
// window of 24 in the first and third layer, qwen35 a delta net. gemma4 has the same windows, the
// third layer reads the first one's cache, and tokens bring inputs to every layer.
gguf::Metadata tiny_metadata(const std::string& architecture);
std::filesystem::path write_tiny_model(const std::filesystem::path& path,
                                       const std::string& architecture, DType dtype = DType::kF32);

}  // namespace ridge::testing
