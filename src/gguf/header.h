// Reads and checks the header of one GGUF file. Internal to this folder; see file.h for the
// promises.
#pragma once

#include <cstdint>
#include <vector>

#include "base/file_reader.h"
#include "gguf/metadata.h"
#include "gguf/tensor_info.h"

namespace ridge::gguf {

struct Header {
  uint32_t version = 0;
  Metadata metadata;
  std::vector<TensorInfo> tensors;  // in file order; part is 0
};

// Throws Error{kInvalidFile, kUnsupported, kIo}. Names of tensors are not yet known to be unique.
Header read_header(const FileReader& file);

}  // namespace ridge::gguf
