// Vocabulary: what a grammar has to know of a model's tokens. Plain data; grammar knows no
// tokenizer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ridge::grammar {

struct Vocabulary {
  // bytes[t]: what token t writes into the answer; of a control token its name ("<|im_end|>");
  // empty: nothing, and no grammar ever allows it.
  std::vector<std::string> bytes;  // [n_vocab]
  // Tokens that come about only where a grammar's literal names them, never in free text or inside
  // a JSON string, however they are spelled.
  std::vector<int32_t> control;
  // Tokens that end an answer: allowed where the grammar may end, and nowhere else.
  std::vector<int32_t> ends;
};

}  // namespace ridge::grammar
