#include "chat/call_list.h"

#include <algorithm>
#include <utility>

namespace ridge::chat {

CallListScanner::CallListScanner(CallListMarks marks, ThinkMarks think, const AnswerRules& rules)
    : TaggedJsonScanner({marks.begin, marks.end, marks.passed}, std::move(think), rules),
      list_(std::move(marks)) {}

bool CallListScanner::enters_object(size_t mark) {
  begin_list(list_.begin[mark]);
  return false;
}

void CallListScanner::begin_list(std::string_view announced) {
  raw_ = announced;
  bracketed_ = raw_.ends_with('[');
  has_called_ = false;
  stage_ = bracketed_ ? Stage::kBetween : Stage::kFirst;
  set_own(true);
}

bool CallListScanner::step_own() {
  switch (stage_) {
    case Stage::kFirst:
      return step_first();
    case Stage::kBetween:
      return step_between();
    case Stage::kCall:
      return step_call();
  }
  return false;
}

bool CallListScanner::step_first() {
  const size_t at = rest().find_first_not_of(" \t\r\n");
  if (at == std::string_view::npos) return false;
  bracketed_ = rest()[at] == '[';
  const size_t n = at + (bracketed_ ? 1 : 0);
  raw_ += rest().substr(0, n);
  skip(n);
  stage_ = Stage::kBetween;
  return true;
}

bool CallListScanner::step_between() {
  const size_t at = rest().find_first_not_of(bracketed_ ? " \t\r\n," : " \t\r\n");
  if (at == std::string_view::npos) return false;
  const std::string_view next = rest().substr(at);
  const bool may_be_end = std::any_of(
      list_.end.begin(), list_.end.end(),
      [&](const std::string& end) { return end.size() > next.size() && end.starts_with(next); });
  if (may_be_end && !at_end()) return false;
  raw_ += rest().substr(0, at);
  skip(at);
  if (at_list_end()) {
    end_list();
    return true;
  }
  if (rest().front() == '{') {
    call_ = CallObject(list_.form);
  } else {
    call_ = PythonCall();
  }
  stage_ = Stage::kCall;
  return true;
}

// Its bracket, which is skipped, or what comes after that where a model forgot it. Without
// brackets anything but a further object.
bool CallListScanner::at_list_end() {
  if (bracketed_ && rest().front() == ']') {
    skip(1);
    return true;
  }
  if (!bracketed_ && has_called_ && rest().front() != '{') return true;
  return has_called_ &&
         std::any_of(list_.end.begin(), list_.end.end(),
                     [&](const std::string& end) { return rest().starts_with(end); });
}

void CallListScanner::end_list() {
  raw_.clear();
  end_of_call();
}

bool CallListScanner::step_call() {
  if (rest().empty()) return false;
  return std::visit([this](auto& call) { return step_call(call); }, call_);
}

template <class Call>
bool CallListScanner::step_call(Call& call) {
  const size_t taken = call.push(rest());
  if (!in_call()) raw_ += rest().substr(0, taken);
  skip(taken);
  if (!in_call() && call.has_name()) {
    begin_call(call.name());
    raw_.clear();
  }
  if (in_call()) arguments(call.take_arguments());
  if (call.state() == CallObject::State::kRunning) return false;
  if (call.state() == CallObject::State::kBroken) {
    give_up();
    return true;
  }
  finish_call(true);
  has_called_ = true;
  stage_ = Stage::kBetween;
  return true;
}

void CallListScanner::finish_call(bool whole) {
  arguments(std::visit([](auto& call) { return call.close_arguments(); }, call_));
  end_call(whole);
}

// The name is unknown: all of it was text. Else the call ends where it still made sense.
void CallListScanner::give_up() {
  count_unparsed();
  set_own(false);
  after_broken();
  if (in_call()) {
    finish_call(false);
  } else {
    text(Event::Kind::kContent, std::exchange(raw_, {}));
  }
}

void CallListScanner::close(Ending ending) {
  if (!in_own()) {
    TaggedJsonScanner::close(ending);
  } else if (in_call() && ending == Ending::kCut) {
    finish_call(false);
  } else if (in_call() || !raw_.empty()) {
    give_up();
  }
}

}  // namespace ridge::chat
