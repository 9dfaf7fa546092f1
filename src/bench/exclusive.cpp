#include "bench/exclusive.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>

#include "base/error.h"

namespace ridge {

std::optional<ExclusiveRun> ExclusiveRun::try_take(const std::filesystem::path& lock_file) {
  FileDescriptor file(::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) fail(ErrorCode::kIo, "cannot open ", lock_file.string(), ": ", system_message(errno));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    fail(ErrorCode::kIo, "cannot lock ", lock_file.string(), ": ", system_message(errno));
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  // Only for the message of whoever comes next.
  if (::ftruncate(file.get(), 0) == 0) (void)!::pwrite(file.get(), pid.data(), pid.size(), 0);
  return ExclusiveRun(std::move(file));
}

int ExclusiveRun::holder(const std::filesystem::path& lock_file) {
  int pid = 0;
  std::ifstream(lock_file) >> pid;
  return pid;
}

}  // namespace ridge
