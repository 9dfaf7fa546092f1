#include "text/tokenizer/merge_table.h"

#include <bit>

#include "base/error.h"
#include "base/quote.h"

namespace ridge::text {
namespace {

constexpr size_t kMaxMerges = 1 << 26;

}  // namespace

MergeTable::MergeTable(const gguf::Metadata& metadata, const Vocabulary& vocabulary) {
  const auto merges = metadata.get_strings("tokenizer.ggml.merges");
  if (merges.empty() || merges.size() > kMaxMerges) {
    fail(ErrorCode::kInvalidFile, "tokenizer.ggml.merges has ", merges.size(),
         " entries; a BPE tokenizer needs at least one and at most ", kMaxMerges);
  }
  entries_.resize(std::bit_ceil(merges.size() + merges.size() / 2 + 2));
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    add(merges[rank], static_cast<uint32_t>(rank), vocabulary);
  }
}

void MergeTable::add(std::string_view text, uint32_t rank, const Vocabulary& vocabulary) {
  // A token may begin with a space, but not hold one.
  const size_t space = text.find(' ', 1);
  if (space == text.npos) {
    fail(ErrorCode::kInvalidFile, "entry ", rank, " of tokenizer.ggml.merges is ", in_quotes(text),
         "; it must be two tokens with a space between");
  }
  const auto require = [&](std::string_view part) {
    const Token token = vocabulary.find(part);
    if (token < 0) {
      fail(ErrorCode::kInvalidFile, "entry ", rank, " of tokenizer.ggml.merges, ", in_quotes(text),
           ", needs the token ", in_quotes(part), ", which the vocabulary does not have");
    }
    return token;
  };
  const Token left = require(text.substr(0, space));
  const Token right = require(text.substr(space + 1));
  const Token merged = require(cat(text.substr(0, space), text.substr(space + 1)));
  // Text must never grow into a control token, whatever a file says.
  if (vocabulary.type(merged) == TokenType::kControl) return;
  Entry& entry = entries_[slot(left, right)];
  if (entry.left >= 0) {
    fail(ErrorCode::kInvalidFile, "tokenizer.ggml.merges has ", in_quotes(text),
         " twice, as entries ", entry.merge.rank, " and ", rank);
  }
  entry = {left, right, {rank, merged}};
}

size_t MergeTable::slot(Token left, Token right) const {
  const size_t mask = entries_.size() - 1;
  const uint64_t key = uint64_t(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
  // Fibonacci hashing: the high bits of the product depend on all bits of the key.
  size_t i = static_cast<size_t>((key * 0x9E3779B97F4A7C15u) >> 32) & mask;
  while (entries_[i].left >= 0 && (entries_[i].left != left || entries_[i].right != right)) {
    i = (i + 1) & mask;
  }
  return i;
}

Merge MergeTable::find(Token left, Token right) const {
  if (left < 0 || right < 0) return {};
  return entries_[slot(left, right)].merge;
}

}  // namespace ridge::text
