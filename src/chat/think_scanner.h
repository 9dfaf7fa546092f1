// Answers that may begin with a block of reasoning between two marks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "chat/answer_scanner.h"

namespace ridge::chat {

struct ThinkMarks {
  std::string begin = "<think>";
  std::string end = "</think>";
};

// Whether the prompt ends in a block that it opened.
bool opens_reasoning(std::string_view prompt_end, const ThinkMarks& marks);

class ThinkScanner : public AnswerScanner {
 protected:
  ThinkScanner(ThinkMarks marks, std::string_view prompt_end);
  bool step() final;
  // As step(), of what follows the reasoning.
  virtual bool step_body() = 0;

 private:
  bool step_begin();

  enum class Phase { kBegin, kReasoning, kBody };
  std::vector<std::string> begin_, end_;
  Phase phase_;
};

}  // namespace ridge::chat
