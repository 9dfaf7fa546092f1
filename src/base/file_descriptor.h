// Owner of a POSIX file descriptor. Movable, not shared; one thread at a time may change it.
#pragma once

#include <string>
#include <utility>

namespace ridge {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() { close(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void close();

 private:
  int fd_ = -1;
};

// What the system says about `error_number`, as in "No space left on device".
std::string system_message(int error_number);

}  // namespace ridge
