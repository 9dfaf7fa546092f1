// How much of a file the system keeps in memory, and asking it to let go: cold and warm starts are
// different figures, and only the page cache says which one was measured. Linux. Any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace ridge {

struct CachedShare {
  uint64_t n_bytes = 0;   // of all files
  uint64_t n_cached = 0;  // of these, in memory
  double share() const { return n_bytes > 0 ? double(n_cached) / double(n_bytes) : 0; }
};

// Throws Error{kNotFound, kIo}.
CachedShare cached_share(std::span<const std::filesystem::path> files);

// Asks the system to drop the pages of these files alone; it keeps those that a process maps or
// that are not written to the disk yet, and all of them on file systems that live in memory, so
// look at cached_share() afterwards. Throws Error{kNotFound, kIo}.
void drop_from_cache(std::span<const std::filesystem::path> files);

}  // namespace ridge
