#include "chat/tagged_json.h"

#include <algorithm>
#include <utility>

namespace ridge::chat {

TaggedJsonScanner::TaggedJsonScanner(TaggedJsonMarks marks, ThinkMarks think,
                                     const AnswerRules& rules)
    : ThinkScanner(std::move(think), rules.prompt_end),
      marks_(std::move(marks)),
      parses_calls_(!rules.tools.empty() && rules.choice != ToolChoice::kNone) {
  if (parses_calls_) text_marks_ = marks_.begin;
  text_marks_.insert(text_marks_.end(), marks_.passed.begin(), marks_.passed.end());
}

bool TaggedJsonScanner::step_body() {
  switch (phase_) {
    case Phase::kText: {
      const auto mark = text_until(Event::Kind::kContent, text_marks_);
      if (!mark) return false;
      const bool begins = parses_calls_ && *mark < marks_.begin.size();
      if (begins && enters_object(*mark)) begin_object(marks_.begin[*mark]);
      return true;
    }
    case Phase::kObject:
      return step_object();
    case Phase::kAfter:
      return step_after();
    case Phase::kOwn:
      return step_own();
  }
  return false;
}

void TaggedJsonScanner::begin_object(std::string_view announced) {
  raw_ = announced;
  object_ = CallObject();
  phase_ = Phase::kObject;
}

bool TaggedJsonScanner::step_object() {
  if (rest().empty()) return false;
  const size_t taken = object_.push(rest());
  if (!in_call()) raw_ += rest().substr(0, taken);
  skip(taken);
  if (!in_call() && object_.has_name()) begin_call(object_.name());
  if (in_call()) arguments(object_.take_arguments());
  if (object_.state() == CallObject::State::kRunning) return false;
  if (object_.state() == CallObject::State::kBroken) {
    give_up();
  } else {
    arguments(object_.close_arguments());
    end_call(true);
    phase_ = Phase::kAfter;
  }
  return true;
}

// The name is unknown: all of it was text. Else the call ends where it still made sense.
void TaggedJsonScanner::give_up() {
  count_unparsed();
  phase_ = Phase::kText;
  after_broken();
  if (in_call()) {
    arguments(object_.close_arguments());
    end_call(false);
  } else {
    text(Event::Kind::kContent, std::exchange(raw_, {}));
  }
}

bool TaggedJsonScanner::step_after() {
  const std::string_view here = rest();
  const size_t blanks = std::min(here.find_first_not_of(" \t\r\n"), here.size());
  const std::string_view word = here.substr(blanks);
  for (const std::string& mark : marks_.end) {
    if (!word.starts_with(mark)) continue;
    skip(blanks + mark.size());
    phase_ = Phase::kText;
    return true;
  }
  const bool may_come =
      std::any_of(marks_.end.begin(), marks_.end.end(),
                  [&](const std::string& mark) { return mark.starts_with(word); });
  if (may_come && !at_end()) return false;
  phase_ = Phase::kText;
  return true;
}

void TaggedJsonScanner::close(Ending ending) {
  if (phase_ != Phase::kObject) return;
  if (ending == Ending::kComplete || !in_call()) {
    give_up();
  } else {
    arguments(object_.close_arguments());
    end_call(false);
  }
}

}  // namespace ridge::chat
