// A file mapped read-only, for tools that scan one and for weights that the system may page in and
// out. The caveat: if another process cuts the file while it is mapped, touching the lost pages
// ends this process with SIGBUS, and no check made before can prevent it. So: never for parsing
// what was just downloaded or handed in (use FileReader), only for files that are ours to keep.
// Owns the mapping; bytes() is valid for its life. Reading is safe from several threads.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <utility>

namespace ridge {

class FileReader;

class MappedFile {
 public:
  // Throws Error{kNotFound, kIo, kInvalidFile}. An empty file gives an empty span.
  static MappedFile open(const std::filesystem::path& path);
  // Of a file that is open already, whatever its name means by now.
  static MappedFile map(const FileReader& file);

  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

}  // namespace ridge
