// The merges of a BPE vocabulary as a table from a pair of neighbours to what they become. Reads
// tokenizer.ggml.merges; throws Error{kInvalidFile} for one that names tokens which do not exist.
// Immutable, any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "gguf/metadata.h"
#include "text/tokenizer/merge.h"
#include "text/tokenizer/vocabulary.h"

namespace ridge::text {

class MergeTable {
 public:
  MergeTable(const gguf::Metadata& metadata, const Vocabulary& vocabulary);

  Merge find(Token left, Token right) const;

 private:
  struct Entry {
    Token left = -1;
    Token right = -1;
    Merge merge;
  };
  void add(std::string_view text, uint32_t rank, const Vocabulary& vocabulary);
  size_t slot(Token left, Token right) const;

  std::vector<Entry> entries_;  // open addressing; a power of two of them
};

}  // namespace ridge::text
