// What a header says about the model as a whole, whatever its architecture. Pure functions; a key
// of the wrong type throws Error{kInvalidFile}.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gguf/file.h"

namespace ridge::gguf {

// Jinja source of the chat template.
inline constexpr const char* kChatTemplateKey = "tokenizer.chat_template";

std::string model_name(const File& file);         // what it calls itself; empty: nothing
std::string architecture_name(const File& file);  // "?" when it says none
std::string chat_template(const File& file);      // empty: none

// "Q4_K_M": what the file calls itself, else the type that most of its bytes have; "" without
// tensors.
std::string quant_name(const File& file);

// The mix of types that a number of general.file_type stands for, "Q4_K_M"; "" for unknown ones.
std::string_view file_type_name(uint64_t number);

struct TypeBytes {
  DType dtype = DType::kF32;
  int64_t n_tensors = 0;
  uint64_t n_bytes = 0;
};
std::vector<TypeBytes> bytes_by_type(const File& file);  // most bytes first

}  // namespace ridge::gguf
