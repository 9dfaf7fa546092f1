// A GGUF model on disk, v2 or v3, little-endian, one file or a split set. open() reads and checks
// the whole header (of every part) with bounded allocations and no trust in any size; afterwards
// every TensorInfo lies wholly inside its file, at an aligned offset, without overlap. Tensor bytes
// are read on demand with pread, so that a file that is cut or replaced later gives an Error and
// never a bus error. Reading is safe from several threads at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/file_reader.h"
#include "gguf/metadata.h"
#include "gguf/tensor_info.h"

namespace ridge::gguf {

class File {
 public:
  // path: the file, or any part of a split set ("…-00001-of-00003.gguf").
  // Throws Error{kNotFound, kIo, kInvalidFile, kUnsupported}.
  static File open(const std::filesystem::path& path);

  File(File&&) noexcept;
  File& operator=(File&&) noexcept;
  ~File();

  const Metadata& metadata() const;
  std::span<const TensorInfo> tensors() const;
  const TensorInfo* find(std::string_view name) const;
  uint64_t size_bytes() const;                           // all parts together
  uint32_t version() const;                              // 2 or 3
  std::span<const std::filesystem::path> parts() const;  // one for a file that is not split
  std::span<const FileReader> readers() const;           // of the parts

  // Reads destination.size() bytes of the tensor from byte `begin` on, which must lie within it.
  // Throws Error{kIo}, also when the file was cut or written to since open().
  void read(const TensorInfo& tensor, uint64_t begin, std::span<std::byte> destination) const;

 private:
  struct State;
  explicit File(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ridge::gguf
