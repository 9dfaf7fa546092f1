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
  // Not empty: attributes follow a key, up to this. They say a string by `string_attribute`.
  std::string attributes_end = {};
  std::string string_attribute = {};
  std::string value;  // in front of a value; empty: nothing
  std::string value_end;
  std::string raw = {}, raw_end = {};  // around a value in which `value_end` may stand; empty: none
  std::string call_end;
  std::vector<std::string> end;  // after a call, passed over
  LineEnds line_ends = LineEnds::kOfTags;
  ThinkMarks think = {};
};

class TaggedParameterScanner : public TaggedJsonScanner {
 public:
  TaggedParameterScanner(ParameterTags tags, const AnswerRules& rules);

 protected:
  bool enters_object(size_t mark) override;
  bool step_own() override;
  void close(Ending ending) override;

 private:
  enum class Stage { kBegin, kName, kParameters, kKey, kAttributes, kBeforeValue, kValue };
  std::optional<bool> next_is(std::string_view word);
  bool step_begin();
  bool step_name();
  bool take_name(size_t end, size_t tag);
  bool step_parameters();
  bool step_key();
  bool step_attributes();
  bool step_before_value();
  Stage after_key() const;
  bool step_value();
  void finish_call(bool whole);
  void give_up();

  ParameterTags tags_;
  AnswerRules rules_;
  Stage stage_ = Stage::kBegin;
  std::string raw_;
  std::string key_;      // whose attributes are read
  bool in_raw_ = false;  // the value stands between `raw` and `raw_end`
  ParameterWriter writer_{nullptr, LineEnds::kOfTags};
};

}  // namespace ridge::chat
