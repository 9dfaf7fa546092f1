// Calls as a list behind a mark, [{"name": …, "arguments": {…}}, …] or [name(key="text"), …]. What
// such families share. Calls that stand there without brackets are taken likewise. Ids are left
// out: they begin anew with every answer, or come when the call has begun.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "chat/call_object.h"
#include "chat/family.h"
#include "chat/python_call.h"
#include "chat/tagged_json.h"

namespace ridge::chat {

struct CallListMarks {
  std::vector<std::string> begin;   // announce a list; its bracket may be part of them
  std::vector<std::string> end;     // after a list, passed over
  std::vector<std::string> passed;  // in text, left out
  CallObject::Form form = CallObject::Form::kMembers;
};

class CallListScanner : public TaggedJsonScanner {
 public:
  CallListScanner(CallListMarks marks, ThinkMarks think, const AnswerRules& rules);

 protected:
  bool enters_object(size_t mark) override;
  bool step_own() override;
  void close(Ending ending) override;
  // A list or a call follows what announced it.
  void begin_list(std::string_view announced);

 private:
  enum class Stage { kFirst, kBetween, kCall };
  bool step_first();
  bool step_between();
  bool step_call();
  template <class Call>
  bool step_call(Call& call);
  bool at_list_end();
  void end_list();
  void give_up();
  void finish_call(bool whole);

  CallListMarks list_;
  Stage stage_ = Stage::kFirst;
  bool bracketed_ = false;
  bool has_called_ = false;
  std::variant<CallObject, PythonCall> call_;
  std::string raw_;  // of a call whose name is not known yet
};

}  // namespace ridge::chat
