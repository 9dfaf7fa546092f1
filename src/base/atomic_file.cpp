#include "base/atomic_file.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace ridge {
namespace {

[[noreturn]] void fail_io(const char* action, const std::filesystem::path& path, int error) {
  fail(ErrorCode::kIo, "cannot ", action, " ", path.string(), ": ", system_message(error));
}

// The rename itself reaches the disk with the folder. Not every file system can flush one, and the
// file is whole either way, so that failure is no error.
void flush_folder(const std::filesystem::path& path) {
  const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd) ::fsync(fd.get());
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  for (int i = 0; !fd_; ++i) {
    std::filesystem::path candidate = path_;
    candidate += cat(".tmp-", ::getpid(), "-", i);
    fd_ = FileDescriptor(::open(candidate.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (fd_)
      temporary_ = std::move(candidate);
    else if (errno != EEXIST)
      fail_io("create", candidate, errno);
  }
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      fd_(std::move(other.fd_)),
      size_(other.size_) {}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  constexpr size_t kMaxCall = size_t(1) << 30;
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_.get(), bytes.data(), std::min(kMaxCall, bytes.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_io("write", path_, errno);
    bytes = bytes.subspan(size_t(n));
    size_ += uint64_t(n);
  }
}

void AtomicFile::commit() {
  if (::fsync(fd_.get()) != 0) fail_io("write", path_, errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail_io("replace", path_, errno);
  temporary_.clear();
  flush_folder(path_);
}

bool is_left_over(const std::filesystem::path& path) {
  constexpr std::string_view kMark = ".tmp-";
  const std::string name = path.filename().string();
  const size_t mark = name.rfind(kMark);
  if (mark == std::string::npos) return false;
  const char* digits = name.data() + mark + kMark.size();
  pid_t pid = 0;
  const auto parsed = std::from_chars(digits, name.data() + name.size(), pid);
  if (parsed.ec != std::errc() || *parsed.ptr != '-' || pid <= 0) return false;
  return ::kill(pid, 0) != 0 && errno == ESRCH;
}

}  // namespace ridge
