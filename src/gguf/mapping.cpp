#include "gguf/mapping.h"

#include "base/check.h"

namespace ridge::gguf {

Mapping::Mapping(const File& file) {
  for (const FileReader& reader : file.readers()) {
    reader.check_unchanged();
    parts_.push_back(MappedFile::map(reader));
  }
}

const std::byte* Mapping::data(const TensorInfo& tensor) const {
  RIDGE_CHECK(tensor.part < parts_.size());
  return parts_[tensor.part].bytes().data() + tensor.offset;
}

}  // namespace ridge::gguf
