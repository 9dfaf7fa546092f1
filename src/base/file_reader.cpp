#include "base/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"

namespace ridge {
namespace {

int64_t modified_ns(const struct stat& status) {
#ifdef __APPLE__
  const timespec& time = status.st_mtimespec;
#else
  const timespec& time = status.st_mtim;
#endif
  return int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

struct stat status_of(int fd, const std::filesystem::path& path) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) {
    fail(ErrorCode::kIo, "cannot read the size of ", path.string(), ": ", system_message(errno));
  }
  return status;
}

}  // namespace

FileReader FileReader::open(const std::filesystem::path& path) {
  FileReader reader;
  reader.path_ = path;
  // O_NONBLOCK: opening a named pipe must not wait for its writer; without effect on files.
  reader.fd_ = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!reader.fd_) {
    const int error = errno;
    const bool absent = error == ENOENT || error == ENOTDIR;
    fail(absent ? ErrorCode::kNotFound : ErrorCode::kIo, "cannot open ", path.string(), ": ",
         system_message(error));
  }
  const struct stat status = status_of(reader.fd_.get(), path);
  if (!S_ISREG(status.st_mode)) {
    fail(ErrorCode::kInvalidFile, path.string(), " is ",
         S_ISDIR(status.st_mode) ? "a directory" : "a device or a pipe", ", wanted a file");
  }
  reader.size_ = uint64_t(status.st_size);
  reader.modified_ns_ = modified_ns(status);
  return reader;
}

void FileReader::read_at(uint64_t offset, std::span<std::byte> destination) const {
  // Linux moves at most 2 GiB a call and macOS refuses more.
  constexpr size_t kMaxCall = size_t(1) << 30;
  size_t done = 0;
  while (done < destination.size()) {
    const size_t wanted = std::min(kMaxCall, destination.size() - done);
    const ssize_t n = ::pread(fd_.get(), destination.data() + done, wanted, off_t(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(ErrorCode::kIo, "cannot read ", path_.string(), ": ", system_message(errno));
    if (n == 0) {
      fail(ErrorCode::kIo, path_.string(), " ends at byte ", offset + done, ", wanted ",
           destination.size() - done, " more; it had ", size_, " bytes when it was opened");
    }
    done += size_t(n);
  }
}

void FileReader::check_unchanged() const {
  const struct stat status = status_of(fd_.get(), path_);
  if (uint64_t(status.st_size) == size_ && modified_ns(status) == modified_ns_) return;
  fail(ErrorCode::kIo, path_.string(), " was changed while it was open: it had ", size_,
       " bytes, now ", status.st_size);
}

}  // namespace ridge
