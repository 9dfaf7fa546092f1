// What compiling makes of a source. Only this folder's .cpp files include it.
#pragma once

#include <xgrammar/xgrammar.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "grammar/compiler.h"
#include "grammar/counted_text.h"

namespace ridge::grammar {

class CompiledGrammar : public Grammar {
 public:
  // A count that texts of the grammar have to keep, and the mark in front of them.
  struct Count {
    CountedText text;
    std::string mark;
    std::shared_ptr<const TokenLengths> lengths;
  };

  CompiledGrammar(xgrammar::CompiledGrammar compiled, std::vector<Count> counts)
      : compiled_(std::move(compiled)), counts_(std::move(counts)) {
    if (counts_.empty()) return;
    const auto& texts = compiled_.GetTokenizerInfo().GetDecodedVocab();
    for (size_t token = 0; token < texts.size(); ++token) {
      if (texts[token].starts_with('"')) quotes_.push_back(int32_t(token));
      if (texts[token].starts_with(counts_[0].mark[0])) mark_beginnings_.push_back(int32_t(token));
    }
  }

  int64_t bytes() const override { return int64_t(compiled_.MemorySizeBytes()); }
  const xgrammar::CompiledGrammar& compiled() const { return compiled_; }
  const std::vector<Count>& counts() const { return counts_; }
  // Tokens that begin with a quote, or as all marks do; only of a grammar with counts.
  const std::vector<int32_t>& quotes() const { return quotes_; }
  const std::vector<int32_t>& mark_beginnings() const { return mark_beginnings_; }

 private:
  xgrammar::CompiledGrammar compiled_;
  std::vector<Count> counts_;
  std::vector<int32_t> quotes_, mark_beginnings_;
};

}  // namespace ridge::grammar
