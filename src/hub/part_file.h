// A download in the making: "<destination>.part" holds the bytes so far and
// "<destination>.part.info" what they are the beginning of, so that a later run can go on. Open
// ones are locked: two processes never write the same part. One thread. Throws Error{kIo}.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "base/file_descriptor.h"
#include "hub/sha256.h"

namespace ridge::hub {

// Identifies the version of the remote file.
struct PartInfo {
  std::string etag;    // strong validator, with its quotes; empty: none
  std::string sha256;  // lower case; empty: not known
  uint64_t size = 0;   // bytes of the whole file; 0: not known
};

class PartFile {
 public:
  // Opens or creates the part of `destination`, with the info it was left with; an info that is
  // missing or damaged makes the part empty. Throws Error{kIo} when another process has it
  // open.
  explicit PartFile(const std::filesystem::path& destination);

  const PartInfo& info() const { return info_; }
  uint64_t size() const { return size_; }

  void restart(const PartInfo& info);  // empty again, the beginning of something else
  void append(std::span<const std::byte> bytes);
  // Of all bytes: what an earlier run left is read back once, what is appended is hashed on the
  // way.
  std::string sha256();
  // On the disk and under its real name, in place of what was there. The last call.
  void publish();
  void discard();  // removes the part and its info. The last call.

  static std::filesystem::path data_path(const std::filesystem::path& destination);
  static std::filesystem::path info_path(const std::filesystem::path& destination);

 private:
  void lock();
  void load_info();
  void save_info() const;
  void hash_existing();

  std::filesystem::path destination_;
  FileDescriptor fd_;
  PartInfo info_;
  uint64_t size_ = 0;
  uint64_t hashed_ = 0;
  Sha256 hash_;
};

}  // namespace ridge::hub
