// PythonCall: a call written as in Python, name(key="text", n=3, flag=True), its arguments as JSON
// that streams and is valid wherever it is cut. Values are Python's or JSON's literals; arguments
// without a name are not read.
#pragma once

#include <string>
#include <string_view>

#include "chat/call_object.h"
#include "chat/json_reader.h"

namespace ridge::chat {

class PythonCall {
 public:
  using State = CallObject::State;

  size_t push(std::string_view bytes);  // as JsonReader
  State state() const { return state_; }

  bool has_name() const { return expect_ != Expect::kName; }
  const std::string& name() const { return name_; }
  // More of the arguments; call it once the name is there.
  std::string take_arguments();
  // The rest that makes them valid JSON, "{}" when there were none.
  std::string close_arguments();

 private:
  enum class Expect { kName, kKey, kEquals, kValue, kNext };

  bool step(char c);  // false: the byte was not taken
  bool step_name(char c);
  bool step_key(char c);
  bool step_value(char c);
  void write_value(const std::string& json);
  bool broken();

  State state_ = State::kRunning;
  Expect expect_ = Expect::kName;
  std::string name_, key_, pending_;
  bool begun_ = false;    // { is written
  bool written_ = false;  // the key of the value that is read is
  JsonReader value_;
};

}  // namespace ridge::chat
