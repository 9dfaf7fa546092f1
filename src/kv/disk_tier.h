// DiskTier: cached prefixes as files, for after a restart. It writes in the background and loses
// nothing but what was not yet written: a file is there whole or not at all. Files that cannot be
// read or written are done without. Several processes may use one folder: files never change, and
// the same content has the same name. The engine's thread uses it; a thread of its own writes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "kv/pool.h"
#include "kv/prefix_tree.h"

namespace ridge {

struct DiskTierOptions {
  std::filesystem::path folder;
  int64_t max_bytes = int64_t{8} << 30;  // of all files; those used longest ago go first
  // All that the bytes of a cache depend on: model, types of keys and values, back end.
  std::string key;
};

struct DiskTierStatus {
  int64_t n_bytes = 0;   // of files
  int64_t n_files = 0;   // of this key
  int64_t n_failed = 0;  // writes
  std::string failure;   // the last one; empty: none
};

class DiskTier {
 public:
  // Finds what is there and removes what a killed process left half written. Throws Error{kIo}
  // where the folder cannot be made.
  explicit DiskTier(const DiskTierOptions& options);
  ~DiskTier();  // writes what still waits

  // Brings what the files know of these tokens into the tree. Returns up to where they do. A file
  // that is not what it should be is removed.
  int64_t load(TokenSpan tokens, KvPool& pool, PrefixTree& tree);
  // How far the files know these tokens.
  int64_t match(TokenSpan tokens) const;

  // Keeps the sequence, whose tokens these are, in segments that end at each of `ends` (rising
  // lengths of it) which the files do not know yet, with their moments where the tree has them.
  void save(TokenSpan tokens, const KvSequence& sequence, std::span<const int64_t> ends,
            const KvPool& pool, const PrefixTree& tree);

  void flush();  // returns when all is written
  DiskTierStatus status() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ridge
