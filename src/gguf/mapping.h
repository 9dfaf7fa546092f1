// The tensors of a GGUF file in memory without having been read: the system pages them in when they
// are touched and out when it wants. Owns the mappings. Reading is safe from several threads. As
// base/mapped_file.h says, a file that somebody cuts while it is mapped ends the process.
#pragma once

#include <cstddef>
#include <vector>

#include "base/mapped_file.h"
#include "gguf/file.h"

namespace ridge::gguf {

class Mapping {
 public:
  // Throws Error{kIo} also when a part is no longer what was opened.
  explicit Mapping(const File& file);

  // The first of tensor.n_bytes bytes. The tensor is one of the file's.
  const std::byte* data(const TensorInfo& tensor) const;

 private:
  std::vector<MappedFile> parts_;
};

}  // namespace ridge::gguf
