// ParameterWriter: parameters that come one by one as plain text into the JSON object of a call's
// arguments. Strings stream; of the others only whole ones are written.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/tool.h"
#include "chat/typed_value.h"

namespace ridge::chat {

// Whose a line end at the beginning and one at the end of a value's text are.
enum class LineEnds { kOfTags, kOfValues };

class ParameterWriter {
 public:
  ParameterWriter(const Tool* tool, LineEnds line_ends) : tool_(tool), line_ends_(line_ends) {}

  // `said` is what the model itself says of the value's type. The schema knows better.
  void begin(std::string_view name, std::optional<ValueKind> said = std::nullopt);
  // More of the value.
  std::string value(std::string_view text);
  std::string end();    // of the value
  std::string close();  // of the object; a value that is open ends as it would be cut

 private:
  std::string opening();
  std::string escaped(std::string_view text);
  bool of_tags() const { return line_ends_ == LineEnds::kOfTags; }

  const Tool* tool_;
  LineEnds line_ends_;
  bool begun_ = false;  // { is written
  bool in_value_ = false;
  bool quoted_ = false;   // the value's opening quote is written
  bool at_start_ = true;  // of the value: a line end is not its own
  ValueKind kind_ = ValueKind::kText;
  std::string name_;
  std::string text_;  // what is not written yet of the value
};

}  // namespace ridge::chat
