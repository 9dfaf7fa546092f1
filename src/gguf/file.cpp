#include "gguf/file.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/quote.h"
#include "gguf/header.h"
#include "gguf/split.h"

namespace ridge::gguf {

struct File::State {
  std::vector<FileReader> readers;  // one a part
  std::vector<std::filesystem::path> paths;
  uint32_t version = 0;
  Metadata metadata;
  std::vector<TensorInfo> tensors;
  std::vector<uint32_t> by_name;  // indices into tensors, sorted by name

  void add_part(FileReader reader, std::vector<TensorInfo> part_tensors);
  void sort_names();
};

void File::State::add_part(FileReader reader, std::vector<TensorInfo> part_tensors) {
  for (TensorInfo& tensor : part_tensors) {
    tensor.part = uint32_t(readers.size());
    tensors.push_back(std::move(tensor));
  }
  paths.push_back(reader.path());
  readers.push_back(std::move(reader));
}

void File::State::sort_names() {
  by_name.resize(tensors.size());
  std::iota(by_name.begin(), by_name.end(), 0u);
  const auto name_of = [&](uint32_t i) -> const std::string& { return tensors[i].name; };
  std::sort(by_name.begin(), by_name.end(),
            [&](uint32_t a, uint32_t b) { return name_of(a) < name_of(b); });
  const auto twin = std::adjacent_find(by_name.begin(), by_name.end(), [&](uint32_t a, uint32_t b) {
    return name_of(a) == name_of(b);
  });
  if (twin != by_name.end()) {
    fail(ErrorCode::kInvalidFile, paths[0].string(), ": tensor ", in_quotes(name_of(*twin)),
         " appears twice");
  }
}

File File::open(const std::filesystem::path& path) {
  auto state = std::make_unique<State>();
  FileReader named = FileReader::open(path);
  Header header = read_header(named);
  const auto split = split_of(path, header.metadata);
  if (!split) {
    state->version = header.version;
    state->metadata = std::move(header.metadata);
    state->add_part(std::move(named), std::move(header.tensors));
  } else {
    for (uint32_t i = 0; i < split->n_parts; ++i) {
      FileReader reader = FileReader::open(sibling_part(path, *split, i));
      Header part = read_header(reader);
      check_part(reader.path(), part.metadata, *split, i);
      if (i == 0) {
        state->version = part.version;
        state->metadata = std::move(part.metadata);
      }
      state->add_part(std::move(reader), std::move(part.tensors));
    }
    check_total(path, *split, state->tensors.size());
  }
  state->sort_names();
  return File(std::move(state));
}

File::File(std::unique_ptr<State> state) : state_(std::move(state)) {}
File::File(File&&) noexcept = default;
File& File::operator=(File&&) noexcept = default;
File::~File() = default;

const Metadata& File::metadata() const {
  return state_->metadata;
}
std::span<const TensorInfo> File::tensors() const {
  return state_->tensors;
}
uint32_t File::version() const {
  return state_->version;
}
std::span<const std::filesystem::path> File::parts() const {
  return state_->paths;
}
std::span<const FileReader> File::readers() const {
  return state_->readers;
}

const TensorInfo* File::find(std::string_view name) const {
  const auto& tensors = state_->tensors;
  const auto at = std::lower_bound(
      state_->by_name.begin(), state_->by_name.end(), name,
      [&](uint32_t i, std::string_view wanted) { return tensors[i].name < wanted; });
  if (at == state_->by_name.end() || tensors[*at].name != name) return nullptr;
  return &tensors[*at];
}

uint64_t File::size_bytes() const {
  uint64_t total = 0;
  for (const FileReader& reader : state_->readers) total += reader.size();
  return total;
}

void File::read(const TensorInfo& tensor, uint64_t begin, std::span<std::byte> destination) const {
  RIDGE_CHECK(tensor.part < state_->readers.size());
  RIDGE_CHECK(begin <= tensor.n_bytes && destination.size() <= tensor.n_bytes - begin);
  const FileReader& reader = state_->readers[tensor.part];
  reader.read_at(tensor.offset + begin, destination);
  reader.check_unchanged();
}

}  // namespace ridge::gguf
