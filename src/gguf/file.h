// A GGUF model on disk, v2 or v3, little-endian, one file or a split set. open() reads and checks
// the whole header (of every part) with bounded allocations and no trust in any size; afterwards
// every TensorInfo lies wholly inside its file, at an aligned offset, without overlap. Tensor bytes
// are read on demand with pread, so that a file that is cut or replaced later gives an Error and
// never a bus error. Reading is safe from several threads at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gguf/metadata.h"
#include "tensor/dtype.h"

namespace ridge::gguf {

struct TensorInfo {
  std::string name;
  DType dtype = DType::kF32;
  int rank = 0;                        // 1..4
  std::array<int64_t, 4> dims{1, 1, 1, 1};  // file order: dims[0] is the contiguous one
  uint64_t offset = 0;                 // bytes from the start of its part
  uint64_t n_bytes = 0;
  uint32_t part = 0;                   // index of the split file

  int64_t n_elements() const { return dims[0] * dims[1] * dims[2] * dims[3]; }
};

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
  uint64_t size_bytes() const;  // all parts together

  // Reads destination.size() bytes of the tensor from byte `begin` on; throws Error{kIo}.
  void read(const TensorInfo& tensor, uint64_t begin, std::span<std::byte> destination) const;

 private:
  struct State;
  explicit File(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ridge::gguf
