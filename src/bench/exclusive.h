// One benchmark at a time: two that run together measure each other. Held through a lock on a file,
// which the system lets go of when the process ends, however it ends. One thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>

#include "base/file_descriptor.h"

namespace ridge {

class ExclusiveRun {
 public:
  // nullopt when another process holds the file. Throws Error{kIo}.
  static std::optional<ExclusiveRun> try_take(const std::filesystem::path& lock_file);

  // Who holds it; 0: unknown.
  static int holder(const std::filesystem::path& lock_file);

 private:
  explicit ExclusiveRun(FileDescriptor file) : file_(std::move(file)) {}
  FileDescriptor file_;
};

}  // namespace ridge
