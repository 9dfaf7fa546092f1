// Calls whose parameters are written one by one between tags, as plain text: the tool's schema says
// which of them are strings. What such families share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/parameter_writer.h"
#include "chat/tagged_json.h"

namespace ridge::chat {

struct ParameterTags {
  std::string begin;  // announces calls
  std::string call;   // in front of a name, after `begin` or without it; empty: none
  std::vector<std::string>
      name_ends;             // the first of them belongs to the name, others to what follows
  std::string key, key_end;  // around a key
  std::string value;         // in front of a value; empty: nothing
  std::string value_end;
  std::string call_end;
  std::vector<std::string> end;  // after a call, passed over
  LineEnds line_ends = LineEnds::kOfTags;
};

class TaggedParameterScanner : public TaggedJsonScanner {
 public:
  TaggedParameterScanner(ParameterTags tags, const AnswerRules& rules);

 protected:
  bool enters_object(size_t mark) override;
  bool step_own() override;
  void close(Ending ending) override;

 private:
  enum class Stage { kBegin, kName, kParameters, kKey, kBeforeValue, kValue };
  std::optional<bool> next_is(std::string_view word);
  bool step_begin();
  bool step_name();
  bool take_name(size_t end, size_t tag);
  bool step_parameters();
  bool step_key();
  bool step_before_value();
  bool step_value();
  void finish_call(bool whole);
  void give_up();

  ParameterTags tags_;
  AnswerRules rules_;
  Stage stage_ = Stage::kBegin;
  std::string raw_;
  ParameterWriter writer_{nullptr, LineEnds::kOfTags};
};

}  // namespace ridge::chat
