// The model store: a folder of GGUF files whose stems are the short names, "<root>/<name>.gguf", or
// "<root>/<name>-00001-of-0000N.gguf" and its siblings for a split model. A value; any thread, but
// nothing locks the folder between two calls. Throws Error{kIo} where the file system fails.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ridge::hub {

struct StoredModel {
  std::string name;
  std::vector<std::filesystem::path> files;  // in order; the first opens the model
  uint64_t n_bytes = 0;
  bool complete = true;  // false: only parts of a download, or of a split set, are there
};

class ModelStore {
 public:
  explicit ModelStore(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::vector<StoredModel> list() const;  // by name; a store that does not exist is empty
  std::optional<StoredModel> find(std::string_view name) const;
  void remove(const StoredModel& model) const;  // its files and what a download left of it

  // Names most like `name`, best first, three at most.
  std::vector<std::string> near_matches(std::string_view name) const;

 private:
  std::filesystem::path root_;
};

// "-00002-of-00005" at the end of a stem.
struct SplitName {
  std::string stem;  // without that ending
  int index = 1;     // from 1
  int count = 1;
};
std::optional<SplitName> parse_split_stem(std::string_view stem);
std::string split_stem(std::string_view stem, int index, int count);

// Makes a short name of a file name's stem: lower case, letters, digits, '.', '_' and '-' only,
// never hidden. Empty if nothing is left.
std::string short_name(std::string_view stem);

}  // namespace ridge::hub
