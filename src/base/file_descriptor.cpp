#include "base/file_descriptor.h"

#include <unistd.h>

#include <system_error>

namespace ridge {

void FileDescriptor::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string system_message(int error_number) {
  return std::generic_category().message(error_number);
}

}  // namespace ridge
