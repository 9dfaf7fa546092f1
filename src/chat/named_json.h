// Calls whose name stands in front of their arguments: NAME mark {…}. What such families share.
#pragma once

#include <string>
#include <vector>

#include "chat/family.h"
#include "chat/json_reader.h"
#include "chat/tagged_json.h"

namespace ridge::chat {

struct NamedJsonMarks {
  std::vector<std::string> begin;      // announce calls
  std::vector<std::string> call;       // before a name; none: a name follows at once
  std::vector<std::string> name_ends;  // between the name and its arguments
  std::vector<std::string> end;        // after a call, passed over
  std::string raw_quote;               // of strings (JsonReader)
};

class NamedJsonScanner : public TaggedJsonScanner {
 public:
  NamedJsonScanner(NamedJsonMarks marks, ThinkMarks think, const AnswerRules& rules);

 protected:
  bool enters_object(size_t mark) override;
  bool step_own() override;
  void close(Ending ending) override;

  // What stands between `call` and `name_ends`, split into name and id.
  virtual void read_header(std::string_view header, std::string& name, std::string& id) const;
  // A list of call objects may follow instead of a name.
  virtual bool takes_list() const { return false; }

 private:
  enum class Stage { kFirst, kBefore, kHeader, kArguments, kAfter, kBetweenListed, kListed };
  bool step_before();
  bool step_header();
  bool step_arguments();
  bool step_after();
  bool step_first();
  bool step_between_listed();
  bool step_listed();
  void give_up();
  void finish_call(bool whole);

  NamedJsonMarks named_;
  Stage stage_ = Stage::kBefore;
  JsonReader arguments_;
  CallObject listed_;
  std::string raw_;
};

}  // namespace ridge::chat
