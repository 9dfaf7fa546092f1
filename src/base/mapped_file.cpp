#include "base/mapped_file.h"

#include <sys/mman.h>

#include <cerrno>

#include "base/error.h"
#include "base/file_reader.h"

namespace ridge {

MappedFile MappedFile::open(const std::filesystem::path& path) {
  return map(FileReader::open(path));
}

MappedFile MappedFile::map(const FileReader& file) {
  if (file.size() == 0) return MappedFile({});
  void* const address = ::mmap(nullptr, file.size(), PROT_READ, MAP_PRIVATE, file.fd(), 0);
  if (address == MAP_FAILED) {
    fail(ErrorCode::kIo, "cannot map ", file.path().string(), " (", file.size(),
         " bytes): ", system_message(errno));
  }
  return MappedFile({static_cast<const std::byte*>(address), file.size()});
}

MappedFile::~MappedFile() {
  if (bytes_.empty()) return;
  ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace ridge
