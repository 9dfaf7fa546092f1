// A file that appears whole or not at all: written under a temporary name in the folder of `path`,
// flushed to the disk and renamed over it by commit(). Without commit() nothing stays behind (a
// killed process leaves "<name>.tmp-…"). One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "base/file_descriptor.h"

namespace ridge {

class AtomicFile {
 public:
  // Throws Error{kIo} if the temporary file cannot be made.
  explicit AtomicFile(std::filesystem::path path);
  AtomicFile(AtomicFile&&) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  // Appends. Throws Error{kIo}, as when the disk is full.
  void write(std::span<const std::byte> bytes);
  uint64_t size() const { return size_; }  // bytes written
  const std::filesystem::path& path() const { return path_; }

  // Throws Error{kIo}; then `path` is what it was before.
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty once committed or moved from
  FileDescriptor fd_;
  uint64_t size_ = 0;
};

// Whether this is the temporary file of a process that is no more.
bool is_left_over(const std::filesystem::path& path);

}  // namespace ridge
