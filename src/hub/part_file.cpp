#include "hub/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <vector>

#include "base/error.h"

namespace ridge::hub {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_io(std::string_view what, const fs::path& path, int error) {
  fail(ErrorCode::kIo, "cannot ", what, " ", path.string(), ": ", system_message(error));
}

fs::path with_suffix(fs::path path, const char* suffix) {
  path += suffix;
  return path;
}

}  // namespace

fs::path PartFile::data_path(const fs::path& destination) {
  return with_suffix(destination, ".part");
}

fs::path PartFile::info_path(const fs::path& destination) {
  return with_suffix(destination, ".part.info");
}

PartFile::PartFile(const fs::path& destination) : destination_(destination) {
  const fs::path path = data_path(destination_);
  fd_ = FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd_) fail_io("open", path, errno);
  lock();
  load_info();
}

void PartFile::lock() {
  const fs::path path = data_path(destination_);
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) fail_io("lock", path, errno);
    fail(ErrorCode::kIo, "another process is downloading ", destination_.filename().string(),
         " (it holds ", path.string(), ")");
  }
  // The holder before us may have published or removed the file that we opened.
  struct stat opened;
  struct stat named;
  if (::fstat(fd_.get(), &opened) != 0 || ::stat(path.c_str(), &named) != 0 ||
      opened.st_ino != named.st_ino || opened.st_dev != named.st_dev) {
    fail(ErrorCode::kIo, "another process has just finished with ", path.string(),
         "; run the command again");
  }
  size_ = uint64_t(opened.st_size);
}

void PartFile::load_info() {
  std::ifstream in(info_path(destination_));
  std::string magic, size;
  if (std::getline(in, magic) && magic == "ridge-part 1" && std::getline(in, size) &&
      std::getline(in, info_.sha256) && std::getline(in, info_.etag)) {
    const auto end = size.data() + size.size();
    const auto parsed = std::from_chars(size.data(), end, info_.size);
    const bool plausible = info_.sha256.empty() || is_sha256(info_.sha256);
    if (parsed.ec == std::errc() && parsed.ptr == end && plausible && size_ <= info_.size) return;
  }
  info_ = {};
  if (size_ > 0) restart({});
}

void PartFile::save_info() const {
  const fs::path path = info_path(destination_);
  std::ofstream out(path, std::ios::trunc);
  out << "ridge-part 1\n" << info_.size << '\n' << info_.sha256 << '\n' << info_.etag << '\n';
  out.close();
  if (!out) fail_io("write", path, errno);
}

void PartFile::restart(const PartInfo& info) {
  if (::ftruncate(fd_.get(), 0) != 0) fail_io("empty", data_path(destination_), errno);
  size_ = 0;
  hashed_ = 0;
  hash_ = Sha256();
  info_ = info;
  save_info();
}

void PartFile::append(std::span<const std::byte> bytes) {
  hash_existing();
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_.get(), bytes.data(), bytes.size(), off_t(size_));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int error = n < 0 ? errno : ENOSPC;
      fail(ErrorCode::kIo, "cannot write ", data_path(destination_).string(), " after ", size_,
           " bytes: ", system_message(error), "; what is there is kept and used by the next try");
    }
    hash_.update(bytes.first(size_t(n)));
    size_ += uint64_t(n);
    hashed_ = size_;
    bytes = bytes.subspan(size_t(n));
  }
}

void PartFile::hash_existing() {
  if (hashed_ == size_) return;
  std::vector<std::byte> buffer(1 << 20);
  while (hashed_ < size_) {
    const ssize_t n = ::pread(fd_.get(), buffer.data(), buffer.size(), off_t(hashed_));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail_io("read", data_path(destination_), n < 0 ? errno : EIO);
    hash_.update(std::span(buffer).first(size_t(n)));
    hashed_ += uint64_t(n);
  }
}

std::string PartFile::sha256() {
  hash_existing();
  return hash_.hex();
}

void PartFile::publish() {
  const fs::path path = data_path(destination_);
  if (::fsync(fd_.get()) != 0) fail_io("save", path, errno);
  if (::rename(path.c_str(), destination_.c_str()) != 0) fail_io("rename", path, errno);
  std::error_code ignored;
  fs::remove(info_path(destination_), ignored);
}

void PartFile::discard() {
  std::error_code ignored;
  fs::remove(info_path(destination_), ignored);
  fs::remove(data_path(destination_), ignored);
}

}  // namespace ridge::hub
