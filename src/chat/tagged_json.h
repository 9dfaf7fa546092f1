// Calls as JSON objects between two marks: <tool_call>{"name": …, "arguments": {…}}</tool_call>.
#pragma once

#include <string>
#include <vector>

#include "chat/call_object.h"
#include "chat/family.h"
#include "chat/think_scanner.h"

namespace ridge::chat {

struct TaggedJsonMarks {
  std::vector<std::string> begin;
  std::vector<std::string> end;
  std::vector<std::string> passed = {};  // in text, left out
};

// Reads one call object from the scanner's text.
class TaggedJsonScanner : public ThinkScanner {
 public:
  TaggedJsonScanner(TaggedJsonMarks marks, ThinkMarks think, const AnswerRules& rules);

 protected:
  bool step_body() override;
  void close(Ending ending) override;

  // The mark with this index of `begin` was read: true when a call object follows. Else the family
  // has set about something of its own.
  virtual bool enters_object(size_t /*mark*/) { return true; }
  virtual bool step_own() { return false; }
  virtual void after_broken() {}  // what looked like a call object was none
  bool in_text() const { return phase_ == Phase::kText; }
  bool in_own() const { return phase_ == Phase::kOwn; }
  void begin_object(std::string_view announced);
  void set_own(bool own) { phase_ = own ? Phase::kOwn : Phase::kText; }
  void end_of_call() { phase_ = Phase::kAfter; }

 private:
  enum class Phase { kText, kObject, kAfter, kOwn };
  bool step_object();
  bool step_after();
  void give_up();

  TaggedJsonMarks marks_;
  std::vector<std::string> text_marks_;  // those that text is searched for: begin, passed
  bool parses_calls_;
  Phase phase_ = Phase::kText;
  CallObject object_;
  std::string raw_;  // of a call whose name is not known yet
};

}  // namespace ridge::chat
