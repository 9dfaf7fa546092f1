// Split sets: one model in several files whose names end in "-00001-of-00003.gguf" and whose
// metadata says the same in split.no, split.count and split.tensors.count. Internal to this folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "gguf/metadata.h"

namespace ridge::gguf {

struct Split {
  std::string prefix;  // file name without "-00001-of-00003.gguf"
  uint32_t n_parts = 0;
  uint64_t n_tensors = 0;  // of all parts together
};

// "prefix-00002-of-00003.gguf" for index 1 of 3.
std::string part_name(const std::string& prefix, uint32_t index, uint32_t n_parts);

// The set to which the file belongs; nullopt if it stands alone. Throws Error{kInvalidFile,
// kUnsupported} when name and metadata contradict each other.
std::optional<Split> split_of(const std::filesystem::path& path, const Metadata& metadata);

// Path of another part of the set that `path` belongs to. Throws Error{kNotFound} if it is
// missing and kInvalidFile if it is a link to another folder than the one of `path`, by its name or
// by what it links to (download caches link every part into a folder of blobs).
std::filesystem::path sibling_part(const std::filesystem::path& path, const Split& split,
                                   uint32_t index);

// Throws Error{kInvalidFile} if the metadata of a part does not say what its place wants.
void check_part(const std::filesystem::path& path, const Metadata& metadata, const Split& split,
                uint32_t index);
void check_total(const std::filesystem::path& path, const Split& split, uint64_t n_tensors);

}  // namespace ridge::gguf
