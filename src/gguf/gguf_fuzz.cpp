// Opens any bytes as a GGUF file. Whatever File::open accepts must keep its promises: tensors
// inside the file, apart from each other, found by name and readable to the last byte.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "base/file_descriptor.h"
#include "gguf/file.h"

namespace ridge::gguf {
namespace {

// A file that lives in memory; File::open takes paths, and this is one.
class MemoryFile {
 public:
  explicit MemoryFile(std::span<const uint8_t> bytes) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    RIDGE_CHECK(fd_);
    RIDGE_CHECK(::write(fd_.get(), bytes.data(), bytes.size()) == ssize_t(bytes.size()));
  }
  std::string path() const { return cat("/proc/self/fd/", fd_.get()); }

 private:
  FileDescriptor fd_;
};

// Getters may refuse; they may not do anything else.
template <class Get>
void attempt(Get get) {
  try {
    get();
  } catch (const Error&) {
  }
}

void ask_everything(const Metadata& metadata) {
  for (const auto& [key, value] : metadata.entries()) {
    RIDGE_CHECK(metadata.find(key) == &value);
    attempt([&] { metadata.get_uint(key); });
    attempt([&] { metadata.get_int(key); });
    attempt([&] { metadata.get_float(key); });
    attempt([&] { metadata.get_bool(key); });
    attempt([&] { metadata.get_string(key); });
    attempt([&] { metadata.get_strings(key); });
    attempt([&] { metadata.get_ints(key); });
    attempt([&] { metadata.get_floats(key); });
    attempt([&] { metadata.get_bools(key); });
  }
}

void check_tensors(const File& file) {
  std::vector<TensorInfo> sorted(file.tensors().begin(), file.tensors().end());
  std::sort(sorted.begin(), sorted.end(),
            [](const TensorInfo& a, const TensorInfo& b) { return a.offset < b.offset; });
  uint64_t end = 0;
  for (const TensorInfo& tensor : sorted) {
    RIDGE_CHECK(tensor.rank >= 1 && tensor.rank <= 4 && tensor.n_elements() >= 1);
    RIDGE_CHECK(tensor.offset >= end && tensor.offset % 8 == 0);
    end = tensor.offset + tensor.n_bytes;
    RIDGE_CHECK(end <= file.size_bytes());
    RIDGE_CHECK(tensor.dims[0] % info(tensor.dtype).block_size == 0);
    RIDGE_CHECK(file.find(tensor.name)->offset == tensor.offset);
    std::vector<std::byte> bytes(tensor.n_bytes);
    file.read(tensor, 0, bytes);
  }
}

}  // namespace
}  // namespace ridge::gguf

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ridge::gguf;
  const MemoryFile memory({data, size});
  try {
    const File file = File::open(memory.path());
    ask_everything(file.metadata());
    check_tensors(file);
  } catch (const ridge::Error&) {
  }
  return 0;
}
