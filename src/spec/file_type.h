// File types: the mixes of tensor types that quantised files have, by llama.cpp's names and rule of
// which tensor gets which type (without importance matrix). Known to whoever writes a file and to
// whoever plans with one that is not there. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gguf/metadata.h"
#include "spec/spec.h"
#include "tensor/dtype.h"

namespace ridge {

struct FileType {
  uint32_t number = 0;            // of general.file_type
  DType base = DType::kF32;       // of most matrices
  std::string_view name() const;  // "Q4_K_M"
};
std::span<const FileType> file_types();
std::string file_type_names();  // "F32, F16, …"

// Case-insensitive. Throws Error{kInvalidArgument} with the known names.
FileType file_type_from_name(std::string_view name);

// The type of each tensor of all_tensor_uses(spec), in that order.
std::vector<DType> tensor_types(const ModelSpec& spec, const FileType& file_type);

void set_file_type(gguf::Metadata& metadata, const FileType& file_type);

}  // namespace ridge
