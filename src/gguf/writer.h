// Writes GGUF v3: the header is complete when the Writer exists, then the tensors' bytes follow in
// the order declared, in pieces of any size. The file appears under its name at finish() and not
// before (base/atomic_file.h). One thread. All is checked that the reader checks: what was written
// can be read again. The key general.alignment, a u32, sets the alignment; 32 without it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "gguf/metadata.h"
#include "tensor/dtype.h"

namespace ridge::gguf {

struct TensorDeclaration {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> dims;  // dims[0] is the contiguous one
};

class Writer {
 public:
  // Throws Error{kInvalidArgument} for metadata or tensors that the format cannot hold, Error{kIo}.
  Writer(const std::filesystem::path& path, const Metadata& metadata,
         std::span<const TensorDeclaration> tensors);

  // The next bytes of the tensors, which may end one and begin the next. Throws Error{kIo},
  // Error{kInvalidArgument} for more than was declared.
  void write(std::span<const std::byte> bytes);

  // Throws Error{kIo}, Error{kInvalidArgument} if bytes are missing.
  void finish();

 private:
  struct Slot {
    std::string name;
    uint64_t n_bytes = 0;
    uint64_t padding = 0;  // zero bytes after it
  };
  void advance();

  AtomicFile file_;
  std::vector<Slot> slots_;
  size_t current_ = 0;   // slot that write() fills
  uint64_t filled_ = 0;  // bytes of it that are written
};

// A set of files whose parts hold at most max_part_bytes of tensor data each (one tensor at least):
// <prefix>-00001-of-0000N.gguf. The first holds all metadata. write() and finish() as above; a
// failure before finish() leaves no part.
class SplitWriter {
 public:
  SplitWriter(const std::filesystem::path& prefix, const Metadata& metadata,
              std::span<const TensorDeclaration> tensors, uint64_t max_part_bytes);

  void write(std::span<const std::byte> bytes);
  void finish();
  std::span<const std::filesystem::path> parts() const { return paths_; }

 private:
  std::vector<std::filesystem::path> paths_;
  std::vector<Writer> writers_;
  std::vector<uint64_t> part_bytes_;  // tensor bytes without padding
  size_t current_ = 0;
  uint64_t filled_ = 0;
};

}  // namespace ridge::gguf
