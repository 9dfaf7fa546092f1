#include "chat/think_scanner.h"

#include <utility>

namespace ridge::chat {

bool opens_reasoning(std::string_view prompt_end, const ThinkMarks& marks) {
  const size_t begin = prompt_end.rfind(marks.begin);
  if (begin == std::string_view::npos) return false;
  const std::string_view after = prompt_end.substr(begin + marks.begin.size());
  return after.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

ThinkScanner::ThinkScanner(ThinkMarks marks, std::string_view prompt_end)
    : phase_(opens_reasoning(prompt_end, marks) ? Phase::kReasoning : Phase::kBegin) {
  begin_.push_back(std::move(marks.begin));
  end_.push_back(std::move(marks.end));
  if (phase_ == Phase::kReasoning) trim_next();
}

bool ThinkScanner::step() {
  switch (phase_) {
    case Phase::kBegin:
      return step_begin();
    case Phase::kReasoning:
      if (!text_until(Event::Kind::kReasoning, end_)) return false;
      drop_blanks();
      trim_next();
      phase_ = Phase::kBody;
      return true;
    case Phase::kBody:
      return step_body();
  }
  return false;
}

// Only at the very beginning: later the mark is a word like others.
bool ThinkScanner::step_begin() {
  const std::string_view here = rest();
  const size_t blanks = std::min(here.find_first_not_of(" \t\r\n"), here.size());
  const std::string_view word = here.substr(blanks);
  const std::string_view mark = begin_[0];
  if (word.starts_with(mark)) {
    skip(blanks + mark.size());
    trim_next();
    phase_ = Phase::kReasoning;
    return true;
  }
  if (!at_end() && mark.starts_with(word)) return false;
  phase_ = Phase::kBody;
  return true;
}

}  // namespace ridge::chat
