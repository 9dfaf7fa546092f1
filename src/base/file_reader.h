// A regular file open for reading at any offset. It is read with pread, never mapped: a file that
// is cut or overwritten by somebody else gives an Error and not a bus error, and one that is
// replaced by rename is read on as it was. Reading is safe from several threads at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "base/file_descriptor.h"

namespace ridge {

class FileReader {
 public:
  // Throws Error{kNotFound, kIo}; kInvalidFile for what is not a regular file.
  static FileReader open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  uint64_t size() const { return size_; }  // bytes when it was opened
  int fd() const { return fd_.get(); }

  // Fills `destination` from byte `offset` on; throws Error{kIo} if the file ends before.
  void read_at(uint64_t offset, std::span<std::byte> destination) const;

  // Throws Error{kIo} if size or time of change are no longer those of open().
  void check_unchanged() const;

 private:
  std::filesystem::path path_;
  FileDescriptor fd_;
  uint64_t size_ = 0;
  int64_t modified_ns_ = 0;
};

}  // namespace ridge
