#include "bench/page_cache.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/error.h"
#include "base/file_descriptor.h"

namespace ridge {
namespace {

FileDescriptor open_file(const std::filesystem::path& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    const int error = errno;
    fail(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo, "cannot open ", path.string(),
         ": ", system_message(error));
  }
  return file;
}

uint64_t size_of(const FileDescriptor& file, const std::filesystem::path& path) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) {
    fail(ErrorCode::kIo, "cannot read the size of ", path.string(), ": ", system_message(errno));
  }
  return uint64_t(status.st_size);
}

// mincore() wants a mapping; its pages are never touched.
uint64_t cached_bytes(const FileDescriptor& file, uint64_t size,
                      const std::filesystem::path& path) {
  if (size == 0) return 0;
  void* mapping = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  if (mapping == MAP_FAILED) {
    fail(ErrorCode::kIo, "cannot map ", path.string(), ": ", system_message(errno));
  }
  const auto page = uint64_t(::sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> resident((size + page - 1) / page);
  const bool done = ::mincore(mapping, size, resident.data()) == 0;
  const int error = errno;
  ::munmap(mapping, size);
  if (!done) {
    fail(ErrorCode::kIo, "cannot see the pages of ", path.string(), ": ", system_message(error));
  }
  uint64_t n_pages = 0;
  for (unsigned char flags : resident) n_pages += flags & 1;
  return std::min(size, n_pages * page);
}

}  // namespace

CachedShare cached_share(std::span<const std::filesystem::path> files) {
  CachedShare total;
  for (const std::filesystem::path& path : files) {
    const FileDescriptor file = open_file(path);
    const uint64_t size = size_of(file, path);
    total.n_bytes += size;
    total.n_cached += cached_bytes(file, size, path);
  }
  return total;
}

void drop_from_cache(std::span<const std::filesystem::path> files) {
  for (const std::filesystem::path& path : files) {
    const FileDescriptor file = open_file(path);
    ::fdatasync(file.get());  // pages not yet written stay; a file that cannot sync keeps them
    if (const int error = ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED); error != 0) {
      fail(ErrorCode::kIo, "cannot drop the pages of ", path.string(), ": ", system_message(error));
    }
  }
}

}  // namespace ridge
