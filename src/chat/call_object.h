// CallObject: a call written as a JSON object, {"name": …, "arguments": {…}}, in whatever order its
// members come and by whichever of their usual names. The arguments stream as soon as the name is
// known.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/json_reader.h"

namespace ridge::chat {

class CallObject {
 public:
  enum class State { kRunning, kDone, kBroken };
  enum class Form {
    kMembers,  // {"name": "x", "arguments": {…}}
    kByName,   // {"x": {…}}
  };
  explicit CallObject(Form form = Form::kMembers) : form_(form) {}

  size_t push(std::string_view bytes);  // as JsonReader
  State state() const { return state_; }

  bool has_name() const { return !name_.empty(); }
  const std::string& name() const { return name_; }
  const std::string& id() const { return id_; }
  // More of the arguments; call it once the name is there.
  std::string take_arguments();
  // The rest that makes them valid JSON, "{}" when there were none.
  std::string close_arguments();

 private:
  enum class Expect { kBegin, kKey, kColon, kValue, kNext };
  enum class Member { kName, kArguments, kId, kFunction, kOther };

  bool step(char c);
  bool step_key(char c);
  bool step_value(char c);
  void begin_value();
  void end_value();
  static Member member_of(std::string_view key);
  bool broken();

  Form form_;
  State state_ = State::kRunning;
  Expect expect_ = Expect::kBegin;
  int levels_ = 0;  // {"function": {…}} has two
  Member member_ = Member::kOther;
  JsonReader value_;  // the key or the value that is read
  std::string value_text_;
  JsonReader arguments_;
  std::string name_, id_, pending_arguments_;
};

}  // namespace ridge::chat
